import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { ApplySpec, SavedPlan } from '../../src/execution/contract.ts';
import { diskFailure } from '../../src/execution/disk-full.ts';
import { executeApply } from '../../src/execution/execute-apply.ts';
import { executePlan } from '../../src/execution/execute-plan.ts';
import { openStage, type Stage } from '../execution/stage.ts';

let stage: Stage;
let unmount = () => {};
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  unmount();
  unmount = () => {};
  await stage.close();
});

const headline = 'The disk of the worker’s work directory is full';
const secretive = 'resource "terraform_data" "a" {\n  input = sensitive("very-secret-value")\n';

/** Makes the work directory a disk of its own; false where one may not. */
function limitDisk(megabytes: number): boolean {
  const directory = join(stage.root, 'work');
  mkdirSync(directory);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    return false;
  }
  unmount = () => execFileSync('umount', ['-l', directory]);
  return true;
}

test('a source that does not fit on the disk is a failed phase with a sentence', async () => {
  if (!limitDisk(1)) return await assertRealError();
  const source = await stage.source({ 'main.tf': `${secretive}}\n`, 'large.bin': 'x'.repeat(3_000_000) });
  const sink = stage.sink();
  const outcome = await executePlan(stage.planSpec(source), sink);
  assert.ok(!outcome.ok);
  assert.deepEqual([outcome.failure.headline, outcome.failure.phase], [headline, 'preparing']);
  assert.match(outcome.failure.detail, /set ZENFRA_WORK_DIR to a directory on a larger disk; then re-run/);
});

test('a disk that fills up while the engine plans is a failed phase with a sentence, and the log says no secret', async () => {
  if (!limitDisk(4)) return await assertRealError();
  const source = await stage.source({ 'main.tf': `${secretive}}\n` });
  const engine = stage.standIn(
    `if [ "$1" = init ]; then mkdir .terraform; echo '{"backend":{"type":"http","config":{}}}' >.terraform/terraform.tfstate; exit 0; fi
     cat /dev/zero >"$TMPDIR/fill"; echo very-secret-value; exit 1`,
  );
  const sink = stage.sink();
  const outcome = await executePlan(stage.planSpec(source, { engine }), sink);
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.headline, headline);
  assert.doesNotMatch(sink.text('planning'), /very-secret-value/);
});

test('an apply that would have no room for what it cannot save does not begin', async () => {
  if (!limitDisk(6)) return await assertRealError();
  const spec = await planned('echo applied');
  const sink = stage.sink();
  const outcome = await executeApply(spec, sink);
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.headline, headline);
  assert.ok(!sink.calls.includes('beginApply'));
});

test('a disk that fills up in an apply whose saves fail: the state is rescued all the same', async () => {
  if (!limitDisk(40)) return await assertRealError();
  const spec = await planned('cat /dev/zero > $TMPDIR/fill 2>/dev/null; sleep 2');
  stage.server.failSaves(409);
  const sink = stage.sink();
  const outcome = await executeApply(spec, sink);
  assert.ok(!outcome.ok);
  const state = Buffer.from(outcome.unsavedState ?? []).toString();
  assert.match(state, /very-secret-value/);
  assert.doesNotMatch(sink.text('applying'), /very-secret-value/);
});

async function planned(command: string): Promise<ApplySpec> {
  const source = await stage.source({
    'main.tf': `${secretive}  provisioner "local-exec" {\n    command = "${command}"\n  }\n}\n`,
  });
  const sink = stage.sink();
  assert.equal((await executePlan(stage.planSpec(source), sink)).ok, true);
  return stage.applySpec(source, sink.plan as SavedPlan);
}

/** Where no disk may be made: what the kernel says of a full device is told for what it is. */
async function assertRealError(): Promise<void> {
  const error = await writeFile('/dev/full', 'x').catch((reason: unknown) => reason);
  const failure = await diskFailure(error, { phase: 'preparing', directory: stage.root });
  assert.equal(failure?.headline, headline);
}
