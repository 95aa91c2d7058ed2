import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, type TestContext, test } from 'node:test';
import { type ApplySpec, LeaseLost, type SavedPlan, SourceAway } from '../../src/execution/contract.ts';
import { isEngineAlive, signalGroup, startEngine } from '../../src/execution/engine-process.ts';
import { readEngineRecord } from '../../src/execution/engine-record.ts';
import { executeApply, resumeApply } from '../../src/execution/execute-apply.ts';
import { executePlan } from '../../src/execution/execute-plan.ts';
import { removeApply } from '../../src/execution/left-apply.ts';
import { type CollectingSink, openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

/** Two resources in a row, the first of which waits for a file `go` to appear. */
const slow = `resource "terraform_data" "first" {
  provisioner "local-exec" {
    command = "echo started >> $LEDGER; while [ ! -e $GO ]; do sleep 0.05; done; echo first >> $LEDGER"
  }
}
resource "terraform_data" "second" {
  depends_on = [terraform_data.first]
  provisioner "local-exec" {
    command = "echo second >> $LEDGER"
  }
}
`;

/** A stand-in's init, with the record that the real one leaves. */
const init =
  'if [ "$1" = init ]; then mkdir .terraform; echo \'{"backend":{"type":"http","config":{}}}\' >.terraform/terraform.tfstate; exit 0; fi';

const ledgerFile = () => join(stage.root, 'ledger');
const ledger = () => (existsSync(ledgerFile()) ? readFileSync(ledgerFile(), 'utf8') : '');

async function planSlow(): Promise<ApplySpec> {
  const source = await stage.source({ 'main.tf': slow });
  const environment = { LEDGER: ledgerFile(), GO: join(stage.root, 'go') };
  const sink = stage.sink();
  await executePlan(stage.planSpec(source, { environment }), sink);
  return stage.applySpec(source, sink.plan as SavedPlan, { environment });
}

/** Runs `act` once when the log says `text`. */
function when(sink: CollectingSink, text: string, act: () => void): void {
  let seen = '';
  sink.onLog = (chunk) => {
    const before = seen.includes(text);
    seen += chunk;
    if (!before && seen.includes(text)) act();
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('a canceled apply is interrupted, and saves and unlocks its state', async () => {
  const spec = await planSlow();
  const sink = stage.sink();
  when(sink, 'first: Creating...', () => void until(() => ledger() !== '').then(() => sink.stop.abort('canceled')));
  const outcome = await executeApply(spec, sink);
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.reason, 'canceled');
  assert.equal(outcome.failure.headline, 'Applying was canceled');
  assert.equal(outcome.failure.outcomeUnknown, undefined, 'it ended by itself');
  assert.match(sink.text('applying'), /Interrupt received/);
  assert.equal(ledger(), 'started\n');
  assert.match(stage.server.state()?.toString() ?? '', /"status": "tainted"/);
  assert.equal(stage.server.lock(), null);
});

test('an apply that does not end when interrupted is killed, and its outcome is unknown', async () => {
  const spec = await planSlow();
  const engine = stage.standIn(`${init}\ntrap : INT TERM\necho busy\nwhile :; do sleep 0.05; done`);
  const sink = stage.sink();
  when(sink, 'busy', () => sink.stop.abort('canceled'));
  const outcome = await executeApply({ ...spec, engine, graceMs: 100, plan: { ...spec.plan, lockFile: null } }, sink);
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.reason, 'canceled');
  assert.equal(outcome.failure.outcomeUnknown, true);
  assert.match(outcome.failure.detail, /was killed/);
});

test('an apply that ends well in spite of a cancel has ended well', async () => {
  const spec = await planSlow();
  const engine = stage.standIn(`${init}\ntrap : INT\necho busy\nsleep 0.3\nexit 0`);
  const sink = stage.sink();
  when(sink, 'busy', () => sink.stop.abort('canceled'));
  assert.equal((await executeApply({ ...spec, engine }, sink)).ok, true);
});

test('a canceled plan ends, and nothing is handed over', async () => {
  const source = await stage.source({ 'main.tf': '' });
  const engine = stage.standIn(`${init}\necho busy\nsleep 30`);
  const sink = stage.sink();
  when(sink, 'busy', () => sink.stop.abort('canceled'));
  const outcome = await executePlan(stage.planSpec(source, { engine }), sink);
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.reason, 'canceled');
  assert.equal(outcome.failure.phase, 'planning');
  assert.equal(sink.plan, null);
});

test('a run that is canceled while its source or its engine is downloaded does not wait for it', async () => {
  for (const what of ['fetchSource', 'engine']) {
    const sink = stage.sink();
    const endless = () => new Promise<never>(() => sink.stop.abort('canceled'));
    const outcome = await executePlan(stage.planSpec(await stage.source({ 'main.tf': '' }), { [what]: endless }), sink);
    assert.ok(!outcome.ok);
    assert.equal(outcome.failure.headline, 'Preparing was canceled');
  }
});

test('a source that cannot be had for a while is asked for again, until the run is stopped', async () => {
  const source = await stage.source({ 'main.tf': '' });
  const sink = stage.sink();
  let asked = 0;
  const fetchSource = async () => {
    asked += 1;
    if (asked !== 2) throw new SourceAway('GitHub is away.', { pauseMs: 1 });
    return source;
  };
  const engine = stage.standIn(`${init}\nexit 1`);
  const outcome = await executePlan(stage.planSpec(source, { engine, fetchSource }), sink);
  assert.ok(!outcome.ok && outcome.failure.phase === 'planning');
  assert.match(sink.text('preparing'), /GitHub is away\. Trying again\.\.\.\n.*Source bundle downloaded/);
  const stopped = stage.sink();
  when(stopped, 'GitHub is away', () => stopped.stop.abort('canceled'));
  const second = await executePlan(stage.planSpec(source, { engine, fetchSource }), stopped);
  assert.ok(!second.ok && second.failure.reason === 'canceled');
  const before = asked;
  await executePlan(stage.planSpec(source, { engine: stage.standIn('exit 1') }), stage.sink());
  assert.equal(asked, before, 'nobody asks on for a run that is stopped');
});

test('a plan is interrupted at its deadline', async () => {
  const engine = stage.standIn(`${init}\nsleep 30`);
  const spec = stage.planSpec(await stage.source({ 'main.tf': '' }), { engine, timeoutMs: 700 });
  const outcome = await executePlan(spec, stage.sink());
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.reason, 'timed_out');
  assert.equal(outcome.failure.headline, 'Planning took too long');
});

test('what an engine leaves running is killed with it', async () => {
  const engine = stage.standIn(`${init}\nsleep 300 & echo "left $!"\nexit 1`);
  const sink = stage.sink();
  await executePlan(stage.planSpec(await stage.source({ 'main.tf': '' }), { engine }), sink);
  const pid = Number(/left (\d+)/.exec(sink.text('planning'))?.[1]);
  await until(() => !isAlive(pid));
});

test('a plan whose lease is lost is killed, and its directory goes with it', async () => {
  const spec = stage.planSpec(await stage.source({ 'main.tf': '' }), {
    engine: stage.standIn(`${init}\necho "busy $$"\nsleep 30`),
  });
  const sink = stage.sink();
  when(sink, 'busy', () => sink.stop.abort('lease_lost'));
  await assert.rejects(executePlan(spec, sink), LeaseLost);
  assert.equal(isAlive(Number(/busy (\d+)/.exec(sink.text('planning'))?.[1])), false);
  assert.equal(existsSync(spec.directory), false);
});

test('an apply whose lease is lost goes on, and nothing else begins in its directory', async () => {
  const spec = await planSlow();
  const first = stage.sink();
  when(first, 'first: Creating...', () => void until(() => ledger() !== '').then(() => first.stop.abort('lease_lost')));
  await assert.rejects(executeApply(spec, first), LeaseLost);
  const record = readEngineRecord(join(spec.directory, 'engine'));
  assert.ok(record !== null && isEngineAlive(record));

  const another = stage.planSpec(await stage.source({ 'main.tf': '' }));
  await assert.rejects(executePlan(another, stage.sink()), /An apply \(process \d+\) still runs/);
  writeFileSync(join(stage.root, 'go'), '');
  await until(() => !isEngineAlive(record));
  assert.equal(ledger(), 'started\nfirst\nsecond\n');
});

test('an apply that another worker began is seen to its end, with every byte of its log once', async () => {
  const spec = await planSlow();
  const first = stage.sink();
  when(first, 'first: Creating...', () => void until(() => ledger() !== '').then(() => first.stop.abort('lease_lost')));
  await assert.rejects(executeApply(spec, first), LeaseLost);

  const second = stage.sink(first.bytes('applying').length);
  writeFileSync(join(stage.root, 'go'), '');
  const outcome = await resumeApply(spec, second);
  assert.ok(outcome?.ok);
  assert.deepEqual(
    outcome.steps.map(({ address, result }) => [address, result]),
    [
      ['terraform_data.first', 'done'],
      ['terraform_data.second', 'done'],
    ],
  );
  assert.equal(ledger(), 'started\nfirst\nsecond\n');
  const whole = first.text('applying') + second.text('applying');
  assert.equal(whole.match(/first: Creating\.\.\./g)?.length, 1);
  assert.equal(whole.match(/Apply complete! Resources: 2 added/g)?.length, 1);
  assert.equal(existsSync(spec.directory), true, 'until the outcome is recorded');
  await removeApply(spec.directory);
  assert.equal(existsSync(spec.directory), false);
});

test('an apply that its worker has interrupted is not interrupted again by the next: it would end without saving', async () => {
  const planned = await planSlow();
  const script = `trap 'n=$((n + 1)); echo "interrupt $n"' INT\ntrap 'echo terminated; exit 1' TERM`;
  const engine = stage.standIn(`${init}\n${script}\necho busy\nwhile :; do sleep 0.05; done`);
  const spec = { ...planned, engine, graceMs: 400, plan: { ...planned.plan, lockFile: null } };
  const first = stage.sink();
  first.onLog = (text) => {
    if (text.includes('busy')) first.stop.abort('canceled');
    if (text.includes('interrupt')) throw new Error('the worker is gone');
  };
  await assert.rejects(executeApply(spec, first), /the worker is gone/);

  const second = stage.sink(first.bytes('applying').length);
  second.stop.abort('canceled');
  const outcome = await resumeApply(spec, second);
  assert.deepEqual((first.text('applying') + second.text('applying')).match(/interrupt \d|terminated/g), [
    'interrupt 1',
    'terminated',
  ]);
  assert.ok(outcome !== null && !outcome.ok);
  assert.deepEqual([outcome.failure.reason, outcome.failure.outcomeUnknown], ['canceled', true]);
});

test('an apply that says it was interrupted twice has an unknown outcome', async () => {
  const planned = await planSlow();
  const says = 'Two interrupts received. Exiting immediately. Note that data loss may have\noccurred.';
  const engine = stage.standIn(`${init}\necho '${says}'\nexit 1`);
  const outcome = await executeApply({ ...planned, engine, plan: { ...planned.plan, lockFile: null } }, stage.sink());
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.outcomeUnknown, true);
});

test('an apply that crashed has an unknown outcome: it has not saved what it had created', async () => {
  const source = await stage.source({
    'main.tf': `resource "terraform_data" "made" {}
resource "terraform_data" "last" {
  depends_on = [terraform_data.made]
  provisioner "local-exec" {
    command = "kill -QUIT $PPID; sleep 30"
  }
}
`,
  });
  const sink = stage.sink();
  assert.ok((await executePlan(stage.planSpec(source), sink)).ok);
  const outcome = await executeApply(stage.applySpec(source, sink.plan as SavedPlan), stage.sink());
  assert.ok(!outcome.ok);
  assert.equal(outcome.steps[0]?.result, 'done');
  assert.equal(stage.server.state(), null);
  assert.deepEqual([outcome.failure.exitCode, outcome.failure.outcomeUnknown], [2, true]);
});

test('an apply that vanished without an exit code has an unknown outcome', async () => {
  const spec = await planSlow();
  const first = stage.sink();
  when(first, 'first: Creating...', () => void until(() => ledger() !== '').then(() => first.stop.abort('lease_lost')));
  await assert.rejects(executeApply(spec, first), LeaseLost);
  process.kill(-(readEngineRecord(join(spec.directory, 'engine'))?.pid ?? 0), 'SIGKILL');
  const outcome = await resumeApply(spec, stage.sink(first.bytes('applying').length));
  assert.ok(outcome !== null && !outcome.ok);
  assert.equal(outcome.failure.outcomeUnknown, true);
});

test('there is nothing to take over where no apply was begun', async () => {
  assert.equal(await resumeApply(await planSlow(), stage.sink()), null);
});

test('a plan takes the place of one that a killed worker left behind', async () => {
  const source = await stage.source({ 'main.tf': '' });
  const sink = stage.sink();
  when(sink, 'busy', () => {
    throw new Error('the worker is gone');
  });
  const left = stage.planSpec(source, { engine: stage.standIn(`${init}\necho busy\nsleep 30`) });
  await assert.rejects(executePlan(left, sink), /the worker is gone/);
  assert.equal((await executePlan(stage.planSpec(source), stage.sink())).ok, true);
});

/** A hook that is still at work when its worker has been killed: it writes to `beats`. */
function leaveHook(t: TestContext, { directory }: { directory: string }, name: string): void {
  const hooks = join(directory, 'hooks');
  mkdirSync(hooks, { recursive: true });
  const argv = ['/bin/sh', '-c', 'trap : INT TERM; while :; do echo beat >>beats; sleep 0.02; done'];
  const { record } = startEngine({ name, argv, cwd: stage.root, env: {}, directory: hooks, loggedBefore: 0 });
  t.after(() => signalGroup(record.pid, 'SIGKILL'));
}

const listen = () => {
  const beats = join(stage.root, 'beats');
  return `before=$(wc -l <${beats}); sleep 0.2; [ $before = $(wc -l <${beats}) ] && echo alone || echo beside it`;
};

test('a hook that a killed worker left at work has ended before the next execution begins', async (t) => {
  const source = await stage.source({ 'main.tf': '' });
  const spec = stage.planSpec(source, { hooks: { before_init: [listen()] } });
  leaveHook(t, spec, 'before_apply-0');
  await until(() => existsSync(join(stage.root, 'beats')));
  const sink = stage.sink();
  assert.equal((await executePlan(spec, sink)).ok, true);
  assert.match(sink.text('initializing'), /^alone$/m);
});

test('a hook after an apply, left by a killed worker, has ended before it is run again', async (t) => {
  const spec = await planSlow();
  const first = stage.sink();
  when(first, 'first: Creating...', () => void until(() => ledger() !== '').then(() => first.stop.abort('lease_lost')));
  await assert.rejects(executeApply(spec, first), LeaseLost);
  writeFileSync(join(stage.root, 'go'), '');
  const record = readEngineRecord(join(spec.directory, 'engine'));
  await until(() => record !== null && !isEngineAlive(record));

  leaveHook(t, spec, 'after_apply-0');
  await until(() => existsSync(join(stage.root, 'beats')));
  const hooks = { after_apply: [listen()] };
  const second = stage.sink(first.bytes('applying').length);
  assert.equal((await resumeApply({ ...spec, hooks }, second))?.ok, true);
  assert.match(second.text('applying'), /^alone$/m);
});
