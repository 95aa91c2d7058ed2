import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { SavedPlan } from '../../src/execution/contract.ts';
import { executeApply } from '../../src/execution/execute-apply.ts';
import { executePlan } from '../../src/execution/execute-plan.ts';
import { findIsolation } from '../../src/execution/find-isolation.ts';
import { type Isolation, noIsolation } from '../../src/execution/isolation.ts';
import { removeApply } from '../../src/execution/left-apply.ts';
import { offerProvider } from '../support/provider/offer.ts';
import { openStage, runId } from './stage.ts';

const stage = await openStage();
chmodSync(stage.root, 0o711);
const offered = await offerProvider(stage.root);
const PATH = process.env.PATH ?? '';

/** All that this machine has: a provider is a process of its own, which has to be found, started and talked to. */
const limits = { memoryMb: 6000, processes: 900 };
const wanted = { limits, readable: [dirname(process.execPath)], writable: [offered.files] };
const place = { workDirectory: join(stage.root, 'work'), environment: { PATH } };
const ways: Isolation[] = [noIsolation];
for (const kind of ['bubblewrap', 'user'] as const)
  await findIsolation({ ...wanted, kind }, place).then(
    (isolation) => ways.push(isolation),
    () => undefined,
  );
after(() => stage.close());

for (const isolation of ways) {
  test(`a provider is started from the kept ones, however long the paths are (${isolation.kind})`, async () => {
    const file = join(offered.files, 'it');
    const main = `resource "files_file" "it" {\n  name    = "it"\n  content = "${isolation.kind}"\n}\n`;
    const source = await stage.source({ 'main.tf': offered.module + main });
    const spec = {
      isolation,
      // A socket in there would have more bytes than a socket's path can.
      directory: join(stage.root, 'of-a-data-directory-whose-name-is-long', 'work', 'runs', runId),
      inherited: { PATH, TF_CLI_CONFIG_FILE: offered.config },
    };
    for (const drifted of [0, 1]) {
      const planned = stage.sink();
      assert.deepEqual(await executePlan(stage.planSpec(source, spec), planned), { ok: true, warnings: [] });
      const saved = planned.plan as SavedPlan;
      assert.equal(saved.summary.drift.length, drifted);
      assert.deepEqual(saved.providers, [{ source: 'registry.terraform.io/acme/files', version: '1.0.0' }]);
      const applied = stage.sink();
      const outcome = await executeApply(stage.applySpec(source, saved, spec), applied);
      assert.ok(outcome.ok, applied.text('applying'));
      assert.match(applied.text('applying'), /Using acme\/files v1\.0\.0 from the shared cache directory/);
      assert.equal(readFileSync(file, 'utf8'), isolation.kind);
      if (drifted === 0) writeFileSync(file, 'changed behind its back');
    }
    await removeApply(spec.directory);
    assert.deepEqual(linksInto(stage.root), []);
  });
}

/** How the apply of one file with these arguments fails. */
async function failingApply(file: string) {
  const source = await stage.source({ 'main.tf': `${offered.module}resource "files_file" "it" {\n${file}}\n` });
  const spec = { inherited: { PATH, TF_CLI_CONFIG_FILE: offered.config } };
  const planned = stage.sink();
  assert.deepEqual(await executePlan(stage.planSpec(source, spec), planned), { ok: true, warnings: [] });
  const outcome = await executeApply(stage.applySpec(source, planned.plan as SavedPlan, spec), stage.sink());
  assert.ok(!outcome.ok);
  return outcome;
}

test('a provider that ends in the middle of a change leaves an outcome that nobody knows', async () => {
  const { failure, steps } = await failingApply('  name = "crashed"\n  fail = "crash"\n');
  assert.equal(failure.outcomeUnknown, true);
  assert.equal(failure.headline, 'Plugin did not respond');
  const { address, action, result } = steps.at(-1) ?? {};
  assert.deepEqual([address, action, result], ['files_file.it', 'create', 'started']);
});

test('what a plan calls sensitive is hidden in the errors of its apply', async () => {
  const file = '  name     = "leak"\n  password = "hunter-2-of-it"\n  fail     = "no: hunter-2-of-it"\n';
  const outcome = await failingApply(file);
  assert.equal(outcome.failure.headline, 'no: (sensitive value)');
  assert.doesNotMatch(JSON.stringify(outcome), /hunter-2/);
});

function linksInto(directory: string): string[] {
  const entries = readdirSync(tmpdir(), { withFileTypes: true }).filter((entry) => entry.isSymbolicLink());
  return entries.map(({ name }) => readlinkSync(join(tmpdir(), name))).filter((target) => target.startsWith(directory));
}
