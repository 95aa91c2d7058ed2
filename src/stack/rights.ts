import { isDeepStrictEqual } from 'node:util';
import { policyOf } from '../run/policy.ts';
import type { StackDefinition } from './definition.ts';

const rightNames = [
  'approval',
  'autoApply',
  'protectDestroy',
  'timeouts',
  'hooks',
  'labels',
  'environment',
  'planDrafts',
  'state',
] as const;

/** What of a definition grants something: who may apply and when, which credentials a run gets, what else it runs. */
export type Rights = Pick<StackDefinition, (typeof rightNames)[number]>;

/** The rights in a definition as it is stored; one that an older version stored lacks what came later. */
export function rightsOf(definition: unknown): Rights {
  const stored = (definition ?? {}) as Partial<StackDefinition>;
  return {
    ...policyOf(stored),
    hooks: stored.hooks ?? {},
    labels: stored.labels ?? [],
    environment: stored.environment ?? null,
    planDrafts: stored.planDrafts ?? false,
    state: stored.state ?? 'managed',
  };
}

/** Names of settings, as zenfra.yml spells them, that a definition has otherwise than it is granted. */
export function differingRights(definition: Rights, granted: Rights): string[] {
  const wanted = rightsOf(definition);
  return rightNames.filter((name) => !isDeepStrictEqual(wanted[name], granted[name])).map((name) => spelled[name]);
}

const spelled: Record<keyof Rights, string> = {
  approval: 'approval',
  autoApply: 'auto_apply',
  protectDestroy: 'protect',
  timeouts: 'timeouts',
  hooks: 'hooks',
  labels: 'labels',
  environment: 'environment',
  planDrafts: 'triggers.on_pull_request',
  state: 'state',
};
