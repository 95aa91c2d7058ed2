import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { executePlan } from '../../src/execution/execute-plan.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const init =
  'if [ "$1" = init ]; then mkdir .terraform; echo \'{"backend":{"type":"http","config":{}}}\' >.terraform/terraform.tfstate; exit 0; fi';

async function log(script: string, changes: { logLimitBytes?: number } = {}) {
  const sink = stage.sink();
  const engine = stage.standIn(`${init}\n[ "$1" = plan ] || exit 1\n${script}\nexit 1`);
  const spec = stage.planSpec(await stage.source({ 'main.tf': '' }), { engine, ...changes });
  const outcome = await executePlan(spec, sink);
  return { sink, outcome };
}

test('log bytes are passed on exactly as they came', async () => {
  const { sink } = await log(
    String.raw`printf '\033[31mred\033[0m \000 \377\376 \303'; sleep 0.2; printf '\251 end, no newline'`,
  );
  const expected = Buffer.from('\u001b[31mred\u001b[0m \0 \xff\xfe \xc3\xa9 end, no newline', 'latin1');
  assert.deepEqual(sink.bytes('planning'), expected);
});

test('what goes to stderr stands where it was written', async () => {
  const { sink } = await log('echo one; echo two >&2; echo three');
  assert.equal(sink.text('planning'), 'one\ntwo\nthree\n');
});

test('100,000 lines arrive whole and in order, in pieces of at most 64 KiB', async () => {
  const { sink } = await log('seq 1 100000');
  const expected = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join('');
  assert.ok(sink.text('planning') === expected);
  assert.ok(Math.max(...sink.chunkSizes) <= 65_536);
});

test('a line of 200 MB takes no memory, is cut with a note, and its end is kept', async () => {
  const sink = stage.sink();
  sink.keep = false;
  let last = '';
  let notes = '';
  let most = 0;
  sink.onLog = (text) => {
    last = text;
    if (text.includes('[Zenfra]')) notes += text;
    most = Math.max(most, process.memoryUsage().rss);
  };
  const engine = stage.standIn(
    `${init}\n[ "$1" = plan ] || exit 1\nhead -c 200000000 /dev/zero | tr '\\0' x\necho; echo the end\nexit 1`,
  );
  const before = process.memoryUsage().rss;
  const outcome = await executePlan(stage.planSpec(await stage.source({ 'main.tf': '' }), { engine }), sink);
  assert.equal(outcome.ok, false);
  assert.match(notes, /\n\[Zenfra\] The log is longer than 100\.0 MB; from here on only its end is kept\.\n/);
  assert.match(notes, /\n\[Zenfra\] 99\.9 MB were left out\. The end of the log:\n/);
  assert.match(last, /x\nthe end\n$/);
  assert.ok(most - before < 150_000_000, `memory grew by ${most - before}`);
});

test('a slow log slows nothing but itself, and loses nothing', async () => {
  const sink = stage.sink();
  sink.onLog = () => new Promise((resolve) => setTimeout(resolve, 30));
  const engine = stage.standIn(`${init}\nseq 1 50000\nexit 1`);
  await executePlan(stage.planSpec(await stage.source({ 'main.tf': '' }), { engine }), sink);
  assert.match(sink.text('planning'), /^1\n2\n[\s\S]*\n49999\n50000\n$/);
});

test('a failure without a framed message is explained by the end of the output', async () => {
  const { outcome } = await log('echo "cannot go on"; exit 3');
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.headline, 'terraform plan ended with exit code 3');
  assert.equal(outcome.failure.detail, 'cannot go on');
  assert.equal(outcome.failure.exitCode, 3);
});

test('an engine that crashed ends as one with a plan does, and is told by the plan that is not there', async () => {
  const { outcome } = await log('echo "fatal error: runtime: cannot allocate memory"; seq 5000; exit 2');
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.headline, 'terraform plan ran out of memory');
  const { detail } = outcome.failure;
  assert.match(detail, /ZENFRA_RUN_MEMORY_MB[^\n]*\n\nfatal error: runtime: cannot allocate memory\n1\n2\n3\n/);
});

test('an engine that is killed from outside is said to be', async () => {
  const { outcome } = await log('kill -9 $$');
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.reason, 'exit');
  assert.equal(outcome.failure.headline, 'terraform plan was killed by a signal');
});

test('a framed message of a provisioner is not taken for the engine’s', async () => {
  const { outcome } = await log(
    "echo 'x (local-exec): ╷'; echo 'x (local-exec): │ Error: Fake'; echo 'x (local-exec): ╵'",
  );
  assert.ok(!outcome.ok);
  assert.deepEqual(outcome.failure.diagnostics, []);
});

test('an engine that is not there is a failed phase, with its path', async () => {
  const engine = { ...stage.standIn(''), path: '/nowhere/terraform' };
  const outcome = await executePlan(stage.planSpec(await stage.source({ 'main.tf': '' }), { engine }), stage.sink());
  assert.ok(!outcome.ok);
  assert.match(outcome.failure.detail, /\/nowhere\/terraform could not be started: .*ENOENT/);
});

test('a progress bar of 20 MB in one line, written over again and again, is passed on whole', async () => {
  const { sink } = await log(String.raw`i=0; while [ $i -lt 200 ]; do printf '%*s\r' 100000 done; i=$((i+1)); done`);
  assert.equal(sink.bytes('planning').length, 200 * 100_001);
});

test('a plan that is too large in JSON is a failed phase with a sentence, and is not read', async () => {
  const engine = stage.standIn(
    `${init}\n[ "$1" = show ] && exec head -c 270000000 /dev/zero\n: >"\${5#-out=}"; exit 2`,
  );
  const outcome = await executePlan(stage.planSpec(await stage.source({ 'main.tf': '' }), { engine }), stage.sink());
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.headline, 'The plan in JSON has 270.0 MB, over the 268.4 MB that are taken');
  assert.match(outcome.failure.detail, /Split the stack into smaller ones/);
});
