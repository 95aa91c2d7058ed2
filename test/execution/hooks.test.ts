import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { SavedPlan } from '../../src/execution/contract.ts';
import { executeApply } from '../../src/execution/execute-apply.ts';
import { executePlan } from '../../src/execution/execute-plan.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const resource = 'resource "terraform_data" "a" {\n  input = "x"\n}\n';

test('hooks run in order around init, plan and apply, in the root module, with the engine’s environment', async () => {
  const note = (name: string) => [`echo "${name} $(basename "$PWD") $TF_IN_AUTOMATION $LEDGER_NAME" >> "$LEDGER"`];
  const names = ['before_init', 'after_init', 'before_plan', 'after_plan', 'before_apply', 'after_apply'] as const;
  const hooks = Object.fromEntries(names.map((name) => [name, note(name)]));
  const ledger = join(stage.root, 'ledger');
  const environment = { LEDGER: ledger, LEDGER_NAME: 'x' };
  const source = await stage.source({ 'infra/main.tf': resource });
  const sink = stage.sink();
  const common = { rootModule: 'infra', hooks, environment };
  assert.ok((await executePlan(stage.planSpec(source, common), sink)).ok);
  assert.deepEqual(sink.calls, ['preparing', 'initializing', 'planning', 'savePlan']);
  assert.match(sink.text('planning'), /^\[Zenfra\] Hook before_plan: echo "before_plan/);
  const applying = stage.sink();
  assert.ok((await executeApply(stage.applySpec(source, sink.plan as SavedPlan, common), applying)).ok);
  const ran = readFileSync(ledger, 'utf8').trim().split('\n');
  const around = (...hook: string[]) => hook.map((name) => `${name} infra 1 x`);
  assert.deepEqual(ran, [
    ...around('before_init', 'after_init', 'before_plan', 'after_plan'),
    ...around('before_init', 'after_init', 'before_apply', 'after_apply'),
  ]);
});

test('after_plan reads the plan as JSON without secrets, by rules of a bundle, and what it refuses is no plan', async () => {
  const judge = 'grep -o -f "$rules" "$ZENFRA_PLAN_JSON" | sort -u; echo "no such resources here" >&2; exit 3';
  const policy = `rules="$PWD/house-rules" && cd "$(mktemp -d)" && ${judge}`;
  const source = await stage.source({ 'main.tf': resource.replace('x', 'a-secret') });
  const sink = stage.sink();
  const files = [{ path: 'house-rules', content: 'terraform_data\\.a\na-secret\n' }];
  const given = { files, secrets: ['a-secret'], hooks: { after_plan: [policy] } };
  const outcome = await executePlan(stage.planSpec(source, given), sink);
  assert.ok(!outcome.ok);
  assert.deepEqual(
    [outcome.failure.phase, outcome.failure.reason, outcome.failure.exitCode, outcome.failure.headline],
    ['planning', 'exit', 3, 'Hook after_plan ended with exit code 3'],
  );
  assert.match(outcome.failure.detail, /terraform_data\.a\nno such resources here/);
  assert.match(
    sink.text('planning'),
    /\[Zenfra\] Hook after_plan: rules=.*\nterraform_data\.a\nno such resources here/,
  );
  assert.equal(sink.plan, null);
});

test('a hook that fails ends the run before what comes after it', async () => {
  const source = await stage.source({ 'main.tf': resource });
  const sink = stage.sink();
  const hooks = { before_init: ['true', 'false', 'touch "$LEDGER"'] };
  const ledger = join(stage.root, 'never');
  const outcome = await executePlan(stage.planSpec(source, { hooks, environment: { LEDGER: ledger } }), sink);
  assert.ok(!outcome.ok);
  assert.deepEqual(
    [outcome.failure.phase, outcome.failure.headline],
    ['initializing', 'Hook before_init ended with exit code 1'],
  );
  assert.equal(existsSync(ledger), false);
  assert.doesNotMatch(sink.text('initializing'), /Initializing/);
});

test('a hook’s own exit code is not taken for a signal, however high', async () => {
  const source = await stage.source({ 'main.tf': resource });
  const ends = async (command: string) => {
    const outcome = await executePlan(stage.planSpec(source, { hooks: { before_init: [command] } }), stage.sink());
    assert.ok(!outcome.ok);
    return outcome.failure.headline;
  };
  assert.equal(await ends('exit 255'), 'Hook before_init ended with exit code 255');
  assert.equal(await ends('kill -KILL $$'), 'Hook before_init was killed by a signal');
});

test('a hook that takes Zenfra’s backend away ends the run: the state would be gone with the work directory', async () => {
  const source = await stage.source({ 'main.tf': resource });
  const clean = 'rm -rf .terraform *_override.tf';
  for (const hooks of [{ after_init: [`${clean}; terraform init -input=false`] }, { before_plan: [clean] }]) {
    const sink = stage.sink();
    const outcome = await executePlan(stage.planSpec(source, { hooks }), sink);
    assert.ok(!outcome.ok);
    assert.match(outcome.failure.headline, /^After init no backend was recorded/);
    assert.deepEqual([outcome.failure.phase, sink.plan], [sink.phases.at(-1), null]);
  }
  const again = { before_plan: ['terraform init -input=false -upgrade'] };
  assert.ok((await executePlan(stage.planSpec(source, { hooks: again }), stage.sink())).ok);
});

test('a before_apply that fails leaves the plan unused; an after_apply that fails says that the plan is applied', async () => {
  const source = await stage.source({ 'main.tf': resource });
  const planned = stage.sink();
  assert.ok((await executePlan(stage.planSpec(source), planned)).ok);
  const apply = async (hooks: object) => {
    const sink = stage.sink();
    const outcome = await executeApply(stage.applySpec(source, planned.plan as SavedPlan, { hooks }), sink);
    assert.ok(!outcome.ok);
    return { sink, outcome };
  };
  const early = await apply({ before_apply: ['exit 4'] });
  assert.ok(!early.sink.calls.includes('beginApply'));
  assert.equal(early.outcome.failure.headline, 'Hook before_apply ended with exit code 4');
  const late = await apply({ after_apply: ['exit 5'] });
  assert.equal(late.outcome.failure.headline, 'Hook after_apply ended with exit code 5; the plan has been applied');
  assert.equal(late.outcome.failure.applied, true);
  assert.equal(late.outcome.steps.length, 1);
  assert.equal(late.outcome.failure.outcomeUnknown, undefined);
});

test('the plan that is kept is the one that was shown, and the one that is applied the one that was kept', async () => {
  const variable = 'variable "n" {\n  default = "shown"\n}\nresource "terraform_data" "a" {\n  input = var.n\n}\n';
  const source = await stage.source({ 'main.tf': variable });
  const other = 'terraform plan -input=false -lock=false -var n=other -out=../plan/plan.tfplan > /dev/null';
  const planned = stage.sink();
  assert.ok((await executePlan(stage.planSpec(source, { hooks: { after_plan: [other] } }), planned)).ok);
  const applying = stage.sink();
  const spec = stage.applySpec(source, planned.plan as SavedPlan);
  const refused = await executeApply({ ...spec, hooks: { before_apply: [other] } }, applying);
  assert.ok(!refused.ok);
  assert.equal(refused.failure.headline, 'The saved plan is not the one that was approved');
  assert.ok(!applying.calls.includes('beginApply'));
  assert.ok((await executeApply(spec, stage.sink())).ok);
  assert.match(stage.server.state()?.toString() ?? '', /"shown"/);
});

test('a module of a private repository is fetched with a token that only a hook’s credential helper says', async (t) => {
  const token = 'token-of-the-modules';
  const bare = join(stage.root, 'modules.git');
  const git = (...args: string[]) => execFileSync('git', args, { cwd: stage.root, stdio: 'ignore' });
  const { directory } = await stage.source({ 'net/main.tf': resource });
  for (const args of [
    ['init', '-b', 'main'],
    ['add', '.'],
    [...author, 'commit', '-m', 'a'],
    ['tag', 'v1'],
  ])
    git('-C', directory, ...args);
  git('clone', '--bare', directory, bare);
  git('-C', bare, 'update-server-info');
  const wanted = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  const server = createServer(({ url = '', headers }, answer) => {
    const file = join(bare, new URL(url, 'http://a').pathname.replace('/acme/modules.git', ''));
    const status = headers.authorization !== wanted ? 401 : existsSync(file) ? 200 : 404;
    answer.writeHead(status, { 'www-authenticate': 'Basic realm="git"' });
    answer.end(status === 200 ? readFileSync(file) : '');
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}/acme/modules.git`;
  const main = (host: string) => `module "net" {\n  source = "git::http://${host}//net?ref=v1"\n}\n`;
  const helper = '!f() { echo username=x-access-token; echo password="$MODULES_TOKEN"; }; f';
  const hooks = { before_init: [`git config --global credential.helper '${helper}'`] };
  const given = { hooks, environment: { MODULES_TOKEN: token }, secrets: [token] };
  const sink = stage.sink();
  const source = await stage.source({ 'main.tf': main(address) });
  assert.deepEqual(await executePlan(stage.planSpec(source, given), sink), { ok: true, warnings: [] });
  assert.equal(sink.plan?.summary.resources[0]?.address, 'module.net.terraform_data.a');
  // In the address it is nobody's secret but the repository's own; what a bundle has is hidden there too.
  const failing = stage.sink();
  const shown = await stage.source({ 'main.tf': main(`oauth2:${token}@${address}`) });
  const outcome = await executePlan(stage.planSpec(shown, given), failing);
  assert.ok(!outcome.ok);
  assert.match(outcome.failure.detail, /Authentication failed/);
  for (const text of [JSON.stringify(outcome), failing.text('initializing')]) assert.doesNotMatch(text, /token-of-the/);
});

const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
