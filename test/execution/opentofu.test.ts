import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { EngineBinary, SavedPlan } from '../../src/execution/contract.ts';
import { executeApply } from '../../src/execution/execute-apply.ts';
import { executePlan } from '../../src/execution/execute-plan.ts';
import { openStage, type Stage } from './stage.ts';

/** What OpenTofu needs and Terraform does not know. A script stands in for it, with Terraform behind. */

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

/** Nothing works without the key, which all commands are to find in the environment; `-var-file` is OpenTofu's. */
const encrypting = `[ "$TF_ENCRYPTION" = of-the-key ] || { echo 'no key' >&2; exit 1; }
[ "$1" = plan ] && exec terraform "$@"
for each; do
  shift
  case $each in -var-file=*) ;; *) set -- "$@" "$each" ;; esac
done
exec terraform "$@"`;

function tofu(version: string): EngineBinary {
  return { ...stage.standIn(encrypting), engine: 'tofu', version };
}

async function commandsOf(version: string, main: string): Promise<string[]> {
  const source = await stage.source({ 'main.tf': main, 'all.tfvars': 'n = 1\n' });
  const more = { engine: tofu(version), varFiles: ['all.tfvars'], environment: { TF_ENCRYPTION: 'of-the-key' } };
  const sink = stage.sink();
  const planned = await executePlan(stage.planSpec(source, more), sink);
  assert.ok(planned.ok, JSON.stringify(planned));
  const applied = await executeApply(stage.applySpec(source, sink.plan as SavedPlan, more), stage.sink());
  assert.ok(applied.ok, JSON.stringify(applied));
  const asked = readFileSync(join(stage.root, 'asked'), 'utf8');
  const lines = [...asked.matchAll(/^(?:init|plan|show|apply|state) .*$/gm)].map(([line]) => line);
  return lines.map((line) => `${line.split(' ')[0]} ${line.includes('-var-file=all.tfvars')}`);
}

const main =
  'variable "n" { type = number }\nresource "terraform_data" "a" { input = var.n }\noutput "n" { value = var.n }\n';

test('every command has the key to an encrypted plan, and the variable files that it may be made from', async () => {
  assert.deepEqual(await commandsOf('1.11.2', `# encryption\n${main}`), [
    'init true',
    'plan true',
    'show true',
    'init true',
    'apply true',
    'state true',
  ]);
});

test('one that refuses variable files beside a saved plan is not given them', async () => {
  assert.deepEqual((await commandsOf('1.8.0', `# encryption\n${main}`)).slice(-3), [
    'init true',
    'apply false',
    'state true',
  ]);
});

test('one that knows no variables so early is not given them but for the plan', async () => {
  assert.deepEqual(await commandsOf('1.7.9', main), [
    'init false',
    'plan true',
    'show false',
    'init false',
    'apply false',
    'state false',
  ]);
});

test('an error of the configuration is looked for with the variables that it was planned with', async () => {
  const source = await stage.source({ 'main.tf': '\nresource "terraform_data" "a" {\n  colour = "red"\n}\n' });
  const environment = { TF_ENCRYPTION: 'of-the-key' };
  const outcome = await executePlan(stage.planSpec(source, { engine: tofu('1.11.2'), environment }), stage.sink());
  assert.ok(!outcome.ok);
  assert.deepEqual(
    outcome.failure.diagnostics.map(({ line, endLine }) => [line, endLine]),
    [[3, 3]],
  );
});
