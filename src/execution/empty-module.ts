import { readdirSync } from 'node:fs';
import { compareVersions, parseVersion } from '../run/engine-version.ts';
import { engineLabels } from '../run/status.ts';
import type { EngineBinary } from './contract.ts';
import { type Execution, engineOf } from './execution.ts';
import type { Refusal } from './failure.ts';
import { isConfiguration } from './find-backend.ts';

/**
 * The engines refuse to plan without configuration, since that would destroy all there is; but they would take the file
 * that we add for some. A plan to destroy needs none.
 */
export function refuseEmptyModule({ spec: { rootModule, run }, workspace }: Execution): Refusal | null {
  if (run.type === 'destroy' || listConfiguration(workspace.module).length > 0) return null;
  return {
    headline: `The directory ${rootModule} holds no configuration`,
    detail:
      `At this commit no file of "${rootModule}" ends in .tf, .tofu, .tf.json or .tofu.json in the source archive that GitHub makes; it ` +
      'leaves out what .gitattributes marks with export-ignore. Correct the stack’s path, or add the configuration; what ' +
      'Terragrunt, CDKTF or another tool generates has to be committed. To destroy what the stack manages, start a destroy ' +
      'run on its page.',
  };
}

/** The same for a directory that is empty to this engine alone. */
export function refuseForeignModule(execution: Execution): Refusal | null {
  const { rootModule, run } = execution.spec;
  const engine = engineOf(execution);
  const files = listConfiguration(execution.workspace.module);
  if (run.type === 'destroy' || readsTofu(engine) || !files.every((file) => ofTofu.test(file))) return null;
  const name = `${engineLabels[engine.engine]} ${engine.version}`;
  return {
    headline: `${name} reads none of the files in ${rootModule}`,
    detail:
      `They end in .tofu, which is read by OpenTofu since 1.8 alone: ${name} would plan to destroy all that this stack ` +
      'manages. Say which engine it is for in zenfra.yml (iac.engine: tofu), or rename the files. To destroy what the ' +
      'stack manages, start a destroy run on its page.',
  };
}

function listConfiguration(module: string): string[] {
  return readdirSync(module, { withFileTypes: true }).flatMap((found) =>
    isConfiguration(found.name) && !found.isDirectory() ? [found.name] : [],
  );
}

const ofTofu = /\.tofu(\.json)?$/;

/** Its prereleases too. */
function readsTofu({ engine, version }: EngineBinary): boolean {
  const [own, first] = [parseVersion(version), parseVersion('1.8.0')];
  return (
    engine === 'tofu' && (own === null || first === null || compareVersions({ ...own, prerelease: '' }, first) >= 0)
  );
}
