import { defineStack } from './define-stacks.ts';
import type { ZenfraConfig } from './definition.ts';
import { rightsOf } from './rights.ts';

/** What holds in a repository without a zenfra.yml: its root is one stack if there is something to plan, else there is none. */
export function defaultConfig(rootIsStack: boolean, repositoryName: string): ZenfraConfig {
  const root = defineStack(stackNameFrom(repositoryName), { path: '.' });
  return {
    stacks: rootIsStack ? [root] : [],
    comments: { detail: null },
    defaultRights: rightsOf(root),
    discover: null,
  };
}

/** `Acme.Infra` → `acme-infra`; GitHub's names hold letters, digits, `-`, `_` and `.`. */
function stackNameFrom(repositoryName: string): string {
  const name = repositoryName
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '')
    .slice(0, 63);
  return name === '' ? 'root' : name;
}
