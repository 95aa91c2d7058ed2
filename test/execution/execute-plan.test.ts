import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { executePlan } from '../../src/execution/execute-plan.ts';
import { openStage, runId, type Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

const resource = 'resource "terraform_data" "a" {\n  input = "x"\n}\n';

/** Durations differ from run to run; all else is compared as it is. */
function withoutDuration(text: string): string {
  return text.replace(/(preparation complete \()\d+ms/, '$1860ms');
}

test('a plan goes through its three phases and is handed over with its summary', async () => {
  const sink = stage.sink();
  const source = await stage.source({ 'main.tf': resource });
  const outcome = await executePlan(stage.planSpec(source), sink);
  assert.deepEqual(outcome, { ok: true, warnings: [] });
  assert.deepEqual(sink.calls, ['preparing', 'initializing', 'planning', 'savePlan']);
  assert.equal(sink.plan?.summary.counts.add, 1);
  assert.equal(sink.plan?.sourceDigest, source.digest);
  assert.equal(JSON.parse(Buffer.from(sink.plan?.json ?? []).toString()).terraform_version, '1.11.4');
  assert.match(sink.text('initializing'), /Terraform has been successfully initialized!/);
  assert.ok(sink.text('planning').includes('\u001b[1mPlan:\u001b[0m 1 to add'), 'colour codes are kept');
  assert.equal(existsSync(join(stage.root, 'work', 'plan-1')), false);
});

test('the preparing log has the lines and figures that people know', async () => {
  const sink = stage.sink();
  const source = await stage.source({ 'main.tf': resource });
  await executePlan(stage.planSpec(source), sink);
  assert.equal(
    withoutDuration(sink.text('preparing')),
    `[Zenfra] Preparing workspace for run ${runId}
[Zenfra] Downloading source bundle...
[Zenfra] Source bundle downloaded (676 B, 824ms)
[Zenfra] Downloading configuration bundle...
[Zenfra] Configuration bundle downloaded (0 B)
[Zenfra] Applied 0 environment variables
[Zenfra] Configuring managed state backend...
[Zenfra] Backend configuration complete
[Zenfra] Workspace preparation complete (860ms)
`,
  );
});

test('a source that another stack of the commit fetched is said to be there already', async () => {
  const sink = stage.sink();
  const source = await stage.source({ 'main.tf': resource });
  const spec = stage.planSpec(
    { ...source, downloadMs: 0 },
    { environment: { TF_VAR_a: '1' }, configurationBytes: 2048 },
  );
  await executePlan(spec, sink);
  assert.match(sink.text('preparing'), /Source bundle downloaded \(676 B, already on this worker\)/);
  assert.match(sink.text('preparing'), /Configuration bundle downloaded \(2\.0 kB\)/);
  assert.match(sink.text('preparing'), /Applied 1 environment variable\n/);
});

test('what the run was given in secret is nowhere to be seen, whatever its configuration prints of it', async () => {
  const secret = 'tr0ub4dor&3 "quoted"';
  const main = `variable "password" {}
resource "terraform_data" "a" {
  input = { plain = var.password, base64 = base64encode("x:\${var.password}"), json = jsonencode(var.password), url = urlencode(var.password) }
}
`;
  const sink = stage.sink();
  const { password } = stage.server.access('planner');
  const secrets = [secret, password];
  const spec = stage.planSpec(await stage.source({ 'main.tf': main }), {
    environment: { TF_VAR_password: secret },
    secrets,
  });
  const outcome = await executePlan(spec, sink);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  const seen = [sink.text('planning'), JSON.stringify(sink.plan?.summary)];
  seen.push(Buffer.from(sink.plan?.json ?? []).toString());
  for (const text of seen) {
    assert.match(text, /\*\*\*/);
    for (const one of [
      secret,
      'tr0ub4dor',
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').slice(4, 20),
    ])
      assert.ok(!text.includes(one), `${one} in ${text}`);
  }
});

test('a plan takes no lock and writes no state', async () => {
  const from = stage.server.requests.length;
  await executePlan(stage.planSpec(await stage.source({ 'main.tf': resource })), stage.sink());
  const asked = new Set(stage.server.requests.slice(from));
  assert.deepEqual([...asked], ['GET planner']);
});

test('a plan without changes is a plan', async () => {
  const sink = stage.sink();
  const outcome = await executePlan(stage.planSpec(await stage.source({ 'main.tf': 'locals {\n  a = 1\n}\n' })), sink);
  assert.equal(outcome.ok, true);
  assert.equal(sink.plan?.summary.hasChanges, false);
});

test('variable files are read, relative to the root module', async () => {
  const sink = stage.sink();
  const source = await stage.source({
    'stacks/net/main.tf': 'variable "name" {}\nresource "terraform_data" "a" {\n  input = var.name\n}\n',
    'stacks/net/env/prod.tfvars': 'name = "from the file"\n',
  });
  await executePlan(stage.planSpec(source, { rootModule: 'stacks/net', varFiles: ['env/prod.tfvars'] }), sink);
  assert.match(sink.text('planning'), /from the file/);
});

test('an error in the configuration comes with file and line from the root of the repository', async () => {
  const sink = stage.sink();
  const source = await stage.source({
    'stacks/net/main.tf': 'module "m" {\n  source = "../../modules/m"\n}\n',
    'modules/m/main.tf': 'resource "terraform_data" "a" {\n  colour = "red"\n}\n',
  });
  const outcome = await executePlan(stage.planSpec(source, { rootModule: 'stacks/net' }), sink);
  assert.ok(!outcome.ok);
  const { phase, reason, headline, exitCode, diagnostics, detail } = outcome.failure;
  assert.deepEqual(
    { phase, reason, headline, exitCode },
    { phase: 'planning', reason: 'exit', headline: 'Unsupported argument', exitCode: 1 },
  );
  assert.deepEqual(diagnostics, [
    {
      severity: 'error',
      summary: 'Unsupported argument',
      detail: 'An argument named "colour" is not expected here.',
      file: 'modules/m/main.tf',
      line: 2,
      endLine: 2,
    },
  ]);
  assert.match(detail, /^Error: Unsupported argument\n/);
  assert.ok(!detail.includes('\u001b'));
});

test('an error that only the plan shows is read from the console', async () => {
  const source = await stage.source({
    'main.tf': 'variable "size" {}\n\nresource "terraform_data" "a" {\n  input = tonumber(var.size)\n}\n',
  });
  const outcome = await executePlan(stage.planSpec(source, { environment: { TF_VAR_size: 'large' } }), stage.sink());
  assert.ok(!outcome.ok);
  const [first, ...others] = outcome.failure.diagnostics;
  assert.equal(first?.summary, 'Invalid function argument');
  assert.deepEqual([first?.file, first?.line], ['main.tf', 4]);
  assert.match(first?.detail ?? '', /^Invalid value for "v" parameter: cannot convert "large" to number/);
  assert.deepEqual(others, []);
});

test('a failing precondition names its resource', async () => {
  const source = await stage.source({
    'main.tf': `locals {
  size = 3
}
resource "terraform_data" "b" {
  lifecycle {
    precondition {
      condition     = local.size < 3
      error_message = "Too large."
    }
  }
}
`,
  });
  const outcome = await executePlan(stage.planSpec(source), stage.sink());
  assert.ok(!outcome.ok);
  assert.deepEqual(outcome.failure.diagnostics, [
    {
      severity: 'error',
      summary: 'Resource precondition failed',
      detail: 'Too large.',
      file: 'main.tf',
      line: 7,
      address: 'terraform_data.b',
    },
  ]);
});

test('the value of a sensitive variable is not told with an error about it', async () => {
  const variable = 'variable "pin" {\n  type = number\n  sensitive = true\n  validation {\n    condition = var.pin < 5';
  const files = { 'main.tf': `${variable}\n    error_message = "Too large."\n  }\n}\n` };
  const detailOf = async (
    more: Record<string, string>,
    environment: Record<string, string>,
    varFiles: string[] = [],
  ) => {
    const source = await stage.source({ ...files, ...more });
    const outcome = await executePlan(stage.planSpec(source, { environment, varFiles }), stage.sink());
    assert.ok(!outcome.ok);
    assert.doesNotMatch(JSON.stringify(outcome), /31337/);
    return outcome.failure.detail;
  };
  const refused =
    /^Error: Invalid value for variable\n\n {2}on main\.tf line 1:\n {3}1: variable "pin" \{\n\nToo large\.\n/;
  assert.match(await detailOf({}, { TF_VAR_pin: '31337' }), refused);
  const ofFile = await detailOf({ 'made.auto.tfvars': 'pin = 31337\n' }, {});
  assert.match(ofFile, /^Error: Invalid value for variable\n\n {2}on made\.auto\.tfvars line 1:\n\nToo large\.\n/);
  const broken = await detailOf({ 'made.auto.tfvars': 'pin = "31337\n' }, {});
  assert.match(broken, /^Error: Invalid multi-line string\n\n {2}on made\.auto\.tfvars line 1:\n\n/);
  const named = await detailOf({ 'out/secrets.env': 'pin = "31337\n' }, {}, ['out/secrets.env']);
  assert.match(named, /^Error: Invalid multi-line string\n\n {2}on out\/secrets\.env line 1:\n\n/);
});

test('warnings of a good plan are handed over', async () => {
  const source = await stage.source({
    'main.tf': `locals {
  size = 3
}
check "size" {
  assert {
    condition     = local.size < 3
    error_message = "Look here."
  }
}
`,
  });
  const outcome = await executePlan(stage.planSpec(source), stage.sink());
  assert.ok(outcome.ok);
  assert.deepEqual(outcome.warnings, [
    { severity: 'warning', summary: 'Check block assertion failed', detail: 'Look here.', file: 'main.tf', line: 6 },
  ]);
});

test('a value that the plan calls sensitive is in none of its warnings and failed checks, whoever has lost the mark', async () => {
  const source = await stage.source({
    'main.tf': `variable "key" {
  sensitive = true
  default   = "hunter2-hunter2"
}
check "key" {
  assert {
    condition     = nonsensitive(var.key) == "x"
    error_message = "It is \${nonsensitive(var.key)}."
  }
}
`,
  });
  const sink = stage.sink();
  const outcome = await executePlan(stage.planSpec(source), sink);
  assert.ok(outcome.ok);
  const told = [
    outcome.warnings.map(({ detail }) => detail),
    sink.plan?.summary.failedChecks.map((one) => one.problems),
  ];
  assert.deepEqual(told, [['It is (sensitive value).'], [['It is (sensitive value).']]]);
});

test('a syntax error is an error of Initializing, with its place', async () => {
  const source = await stage.source({ 'main.tf': 'resource "terraform_data" "a" {\n  input = \n}\n' });
  const outcome = await executePlan(stage.planSpec(source), stage.sink());
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.phase, 'initializing');
  assert.equal(outcome.failure.headline, 'Invalid expression');
  assert.deepEqual(
    outcome.failure.diagnostics.map(({ file, line }) => [file, line]),
    [['main.tf', 2]],
  );
});

test('a module that init cannot find is an error of Initializing', async () => {
  const source = await stage.source({ 'main.tf': '\n\nmodule "m" {\n  source = "./missing"\n}\n' });
  const outcome = await executePlan(stage.planSpec(source), stage.sink());
  assert.ok(!outcome.ok);
  assert.equal(outcome.failure.phase, 'initializing');
  assert.equal(outcome.failure.headline, 'Unreadable module directory');
  assert.equal(outcome.failure.exitCode, 1);
});

test('a destroy run plans the destruction', async () => {
  const spec = stage.planSpec(await stage.source({ 'main.tf': resource }), {
    run: { id: runId, number: 1, type: 'destroy' },
  });
  const recorder = stage.standIn(
    'case $1 in init) mkdir .terraform; echo \'{"backend":{"type":"http","config":{"address":null}}}\' >.terraform/terraform.tfstate;; *) exit 3;; esac',
  );
  await executePlan({ ...spec, engine: recorder }, stage.sink());
  const asked = readFileSync(join(stage.root, 'asked'), 'utf8');
  assert.match(asked, /^plan -input=false -lock=false -detailed-exitcode -out=\S+ -destroy $/m);
});
