import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { ApplySpec, SavedPlan } from '../../src/execution/contract.ts';
import { executeApply } from '../../src/execution/execute-apply.ts';
import { executePlan } from '../../src/execution/execute-plan.ts';
import { type CollectingSink, openStage, runId, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const configuration = `resource "terraform_data" "a" {
  input = abspath(path.module)
  provisioner "local-exec" {
    command = "echo applied >> $LEDGER"
  }
}
output "where" {
  value = terraform_data.a.output
}
output "secret" {
  value     = "hidden"
  sensitive = true
}
`;

/** Plans a configuration and gives what an apply of that plan needs. */
async function planned(files: Record<string, string>, changes: Partial<ApplySpec> = {}): Promise<ApplySpec> {
  const source = await stage.source(files);
  const environment = { LEDGER: join(stage.root, 'ledger') };
  const sink = stage.sink();
  const outcome = await executePlan(stage.planSpec(source, { environment }), sink);
  assert.deepEqual(outcome, { ok: true, warnings: [] });
  return stage.applySpec(source, sink.plan as SavedPlan, { environment, ...changes });
}

function ledger(): string {
  return existsSync(join(stage.root, 'ledger')) ? readFileSync(join(stage.root, 'ledger'), 'utf8') : '';
}

function withoutFigures(text: string): string {
  return text
    .replace(/(preparation complete \()\d+ms/, '$1860ms')
    .replace(/(Saved plan restored \()[\d.]+ kB, sha256 [0-9a-f]{12}/, '$12.9 kB, sha256 0123456789ab');
}

test('what an apply warns of is told, such as of a check that could not be made before', async () => {
  const condition =
    '  assert {\n    condition     = terraform_data.a.id == ""\n    error_message = "It has an id."\n  }\n';
  const source = await stage.source({ 'main.tf': `resource "terraform_data" "a" {}\ncheck "late" {\n${condition}}\n` });
  const sink = stage.sink();
  assert.ok((await executePlan(stage.planSpec(source), sink)).ok);
  const outcome = await executeApply(stage.applySpec(source, sink.plan as SavedPlan), stage.sink());
  const detail = 'It has an id.';
  const warning = { severity: 'warning', summary: 'Check block assertion failed', detail, file: 'main.tf', line: 4 };
  assert.deepEqual(outcome.ok && outcome.warnings, [warning]);
});

test('ephemeral variables, which no plan file holds, come from the variable files once more', async () => {
  const ephemeral = 'variable "token" {\n  type      = string\n  ephemeral = true\n}\nvariable "n" { type = number }\n';
  const files = {
    'main.tf': `${configuration}${ephemeral}`,
    'values/all.tfvars': 'token = "once"\nn = "5"\nundeclared = {}\n',
  };
  const source = await stage.source(files);
  const more = { varFiles: ['values/all.tfvars'], environment: { LEDGER: join(stage.root, 'ledger') } };
  const sink = stage.sink();
  assert.ok((await executePlan(stage.planSpec(source, more), sink)).ok);
  const outcome = await executeApply(stage.applySpec(source, sink.plan as SavedPlan, more), stage.sink());
  assert.ok(outcome.ok, JSON.stringify(outcome));
  assert.equal(ledger(), 'applied\n');
});

test('an engine that knows no ephemeral variables, and refuses variable files for a plan, is given none', async () => {
  const files = { 'main.tf': `${configuration}# ephemeral = true\n`, 'all.tfvars': '' };
  const source = await stage.source(files);
  const more = { varFiles: ['all.tfvars'], environment: { LEDGER: join(stage.root, 'ledger') } };
  const sink = stage.sink();
  assert.ok((await executePlan(stage.planSpec(source, more), sink)).ok);
  const engine = { ...stage.standIn('exec terraform "$@"'), version: '1.9.8' };
  const outcome = await executeApply(
    stage.applySpec(source, sink.plan as SavedPlan, { ...more, engine }),
    stage.sink(),
  );
  assert.ok(outcome.ok, JSON.stringify(outcome));
  assert.match(readFileSync(join(stage.root, 'asked'), 'utf8'), /^apply -input=false \S+\.tfplan *$/m);
});

test('the saved plan is applied, with the credential of the apply', async () => {
  const spec = await planned({ 'main.tf': configuration });
  const from = stage.server.requests.length;
  const sink = stage.sink();
  const outcome = await executeApply(spec, sink);
  assert.ok(outcome.ok);
  assert.equal(ledger(), 'applied\n');
  const [step, ...others] = outcome.steps;
  assert.match(step?.elapsed ?? '', /^\d+s$/);
  assert.deepEqual(
    { ...step, elapsed: '0s' },
    { address: 'terraform_data.a', action: 'create', result: 'done', elapsed: '0s' },
  );
  assert.deepEqual(others, []);
  assert.deepEqual(
    sink.steps.map((steps) => steps.map((one) => one.result)),
    [['started'], ['done']],
    'each step is told as it happens',
  );
  assert.deepEqual(outcome.outputs, [
    { name: 'secret', text: null },
    { name: 'where', text: JSON.stringify(join(spec.directory, 'source')) },
  ]);
  assert.deepEqual(
    new Set(stage.server.requests.slice(from)),
    new Set(['GET applier', 'LOCK applier', 'POST applier', 'UNLOCK applier']),
  );
  assert.equal(stage.server.lock(), null);
  assert.match(stage.server.state()?.toString() ?? '', /terraform_data/);
  assert.equal(existsSync(spec.directory), true, 'its files stay until the outcome is recorded');
});

test('a confirmed run applies in one phase, whose log opens with what was restored', async () => {
  const sink = stage.sink();
  await executeApply(await planned({ 'main.tf': configuration }), sink);
  assert.deepEqual(sink.calls, ['applying', 'beginApply']);
  const [preamble, rest] = sink.text('applying').split('\u001b[0m\u001b[1mInitializing the backend...');
  assert.equal(
    withoutFigures(preamble ?? ''),
    `[Zenfra] Preparing workspace for run ${runId}
[Zenfra] Downloading source bundle...
[Zenfra] Source bundle downloaded (676 B, 824ms)
[Zenfra] Downloading configuration bundle...
[Zenfra] Configuration bundle downloaded (0 B)
[Zenfra] Applied 1 environment variable
[Zenfra] Saved plan restored (2.9 kB, sha256 0123456789ab)
[Zenfra] Configuring managed state backend...
[Zenfra] Backend configuration complete
[Zenfra] Workspace preparation complete (860ms)
`,
  );
  assert.match(rest ?? '', /terraform_data\.a: Creating\.\.\./);
});

test('an adopted run shows every phase, and whose plan it is', async () => {
  const sink = stage.sink();
  const outcome = await executeApply(await planned({ 'main.tf': configuration }, { adoptedFrom: 127 }), sink);
  assert.ok(outcome.ok);
  assert.deepEqual(sink.calls, ['preparing', 'initializing', 'planning', 'beginApply', 'applying']);
  assert.match(
    sink.text('preparing'),
    /^\[Zenfra\] Preparing workspace.*\[Zenfra\] Workspace preparation complete \(\d+ms\)\n$/s,
  );
  assert.match(sink.text('initializing'), /successfully initialized/);
  assert.equal(sink.text('planning'), '[Zenfra] Adopted the plan of run #127; nothing is planned again\n');
  assert.match(sink.text('applying'), /^\S*terraform_data\.a: Creating/);
});

async function assertNothingApplied(spec: ApplySpec, sink: CollectingSink, headline: string): Promise<void> {
  const outcome = await executeApply(spec, sink);
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.reason, 'refused');
  assert.equal(outcome.failure.headline, headline);
  assert.equal(outcome.failure.outcomeUnknown, undefined);
  assert.equal(ledger(), '');
  assert.ok(!stage.server.requests.includes('LOCK applier'));
}

test('when the facts have changed nothing is applied', async () => {
  const sink = stage.sink();
  sink.refuseApply = 'The head of the pull request is another commit now.';
  await assertNothingApplied(await planned({ 'main.tf': configuration }), sink, sink.refuseApply);
});

test('an answer that comes too late starts nothing, and that is known and told', async () => {
  const sink = stage.sink();
  sink.answerTook = 6_000;
  const outcome = await executeApply(await planned({ 'main.tf': configuration }), sink);
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.headline, 'The apply was begun too late; nothing was applied');
  assert.equal(outcome.nothingBegun, true);
  assert.equal(outcome.failure.outcomeUnknown, undefined);
  assert.equal(ledger(), '');
});

test('an engine that cannot be started has applied nothing, and that is known and told', async () => {
  const spec = await planned({ 'main.tf': configuration });
  const sink = stage.sink();
  const begin = sink.beginApply;
  sink.beginApply = async (external) => {
    rmSync(join(spec.directory, 'source'), { recursive: true });
    return begin(external);
  };
  const outcome = await executeApply(spec, sink);
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.headline, 'The engine could not be started; nothing was applied');
  assert.match(outcome.failure.detail, /could not be started: spawn \/bin\/sh ENOENT\. Look at the limits/);
  assert.equal(outcome.nothingBegun, true);
  assert.equal(outcome.failure.outcomeUnknown, undefined);
  assert.equal(ledger(), '');
});

test('a source other than the planned one is refused before init', async () => {
  const spec = await planned({ 'main.tf': configuration });
  const other = await stage.source({ 'main.tf': `${configuration}# changed\n` });
  const sink = stage.sink();
  await assertNothingApplied(
    { ...spec, fetchSource: async () => other },
    sink,
    'The source is not the one that was planned',
  );
  assert.ok(!sink.text('applying').includes('Initializing'));
});

test('a plan file other than the approved one is refused', async () => {
  const spec = await planned({ 'main.tf': configuration });
  const file = Uint8Array.from([...spec.plan.file, 0]);
  const changed = { ...spec, plan: { ...spec.plan, file } };
  await assertNothingApplied(changed, stage.sink(), 'The saved plan is not the one that was approved');
});

test('a source that was altered where it lies is an error, not an apply', async () => {
  const spec = await planned({ 'main.tf': configuration });
  const source = await spec.fetchSource();
  const copies = { take: async () => false, keep: async () => {} };
  const altered = {
    ...spec,
    fetchSource: async () => ({ ...source, copies, directory: join(stage.root, 'source-9') }),
  };
  cpSync(source.directory, join(stage.root, 'source-9'), { recursive: true });
  writeFileSync(join(stage.root, 'source-9', 'evil.sh'), 'id\n');
  await assert.rejects(executeApply(altered, stage.sink()), /is not what was unpacked there/);
  assert.equal(ledger(), '');
});

test('a step that fails is told with its error, and the others with theirs', async () => {
  const spec = await planned({
    'main.tf': `resource "terraform_data" "good" {}
resource "terraform_data" "bad" {
  provisioner "local-exec" {
    command = "exit 7"
  }
}
`,
  });
  const outcome = await executeApply(spec, stage.sink());
  assert.ok(!outcome.ok);
  const { phase, reason, headline, exitCode, outcomeUnknown, diagnostics } = outcome.failure;
  assert.deepEqual(
    { phase, reason, headline, exitCode },
    { phase: 'applying', reason: 'exit', headline: 'local-exec provisioner error', exitCode: 1 },
  );
  assert.equal(outcomeUnknown, undefined);
  assert.deepEqual(
    [diagnostics[0]?.file, diagnostics[0]?.line, diagnostics[0]?.address],
    ['main.tf', 3, 'terraform_data.bad'],
  );
  const results = outcome.steps.map(({ address, result, error }) => ({ address, result, error }));
  assert.deepEqual(
    results.sort((a, b) => a.address.localeCompare(b.address)),
    [
      { address: 'terraform_data.bad', result: 'failed', error: 'local-exec provisioner error' },
      { address: 'terraform_data.good', result: 'done', error: undefined },
    ],
  );
});

test('of each step that an engine could not end is told that it failed, however many, and with which error if one names it', async () => {
  const spec = await planned({ 'main.tf': configuration });
  const say = (text: string) => `printf '${text}\\n'`;
  const creating = Array.from({ length: 70 }, (_, n) => say(`null_resource.a[${n}]: Creating...`));
  const errors = Array.from({ length: 70 }, (_, n) =>
    say(`╷\\n│ Error: Expired\\n│ \\n│   with null_resource.a[${n}],\\n╵`),
  );
  // As the engines tell of a provider that cannot delete something: no resource is named.
  const deletion = [say('null_resource.b: Destroying... [id=1]'), say('╷\\n│ Error: bucket is not empty\\n╵')];
  const applying = (code: number) => {
    const lines = [...creating, ...deletion, ...errors, `exit ${code}`].join('\n');
    return stage.standIn(`[ "$1" = apply ] || exec terraform "$@"\n${lines}`);
  };
  const resultsOf = async (code: number) => {
    const { steps } = await executeApply({ ...spec, engine: applying(code) }, stage.sink());
    const deleted = steps.find(({ action }) => action === 'delete')?.result;
    return { deleted, named: steps.filter(({ error }) => error === 'Expired').length };
  };
  assert.deepEqual(await resultsOf(1), { deleted: 'failed', named: 70 });
  assert.deepEqual(await resultsOf(2), { deleted: 'started', named: 70 }, 'after a crash nobody knows');
});

test('a state that cannot be saved is rescued byte for byte', async () => {
  const spec = await planned({ 'main.tf': configuration });
  stage.server.failSaves(409);
  const outcome = await executeApply(spec, stage.sink());
  assert.ok(!outcome.ok);
  const state = JSON.parse(Buffer.from(outcome.unsavedState ?? []).toString());
  assert.equal(state.resources[0].type, 'terraform_data');
});

test('a state that the engine can only print is kept out of the log, and rescued', async () => {
  const spec = await planned({
    'main.tf': `resource "terraform_data" "a" {
  input = sensitive("very-secret-value")
  provisioner "local-exec" {
    command = "mkdir errored.tfstate"
  }
}
`,
  });
  stage.server.failSaves(409);
  const sink = stage.sink();
  const outcome = await executeApply(spec, sink);
  assert.ok(!outcome.ok);
  const state = Buffer.from(outcome.unsavedState ?? []).toString();
  assert.equal(JSON.parse(state).resources[0].instances[0].attributes.input.value, 'very-secret-value');
  assert.ok(!sink.text('applying').includes('very-secret-value'));
  assert.ok(!JSON.stringify(outcome.failure).includes('very-secret-value'));
  assert.match(
    sink.text('applying'),
    /\n\[Zenfra\] The engine printed the state that it could not save\. It was kept apart\.\n/,
  );
});
