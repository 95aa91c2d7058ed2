import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPlan } from '../../src/plan/read-plan.ts';
import type { PlanSummary, ShownValue } from '../../src/plan/summary.ts';
import { planJson } from './real-plan.ts';

const known = (text: string): ShownValue => ({ kind: 'known', text });
const absent: ShownValue = { kind: 'absent' };
const sensitive: ShownValue = { kind: 'sensitive' };
const unknown: ShownValue = { kind: 'unknown' };

function find(plan: PlanSummary, address: string) {
  const found = plan.resources.find((change) => change.address === address);
  assert.ok(found, `${address} is not in the plan: ${plan.resources.map((change) => change.address).join(', ')}`);
  return found;
}

function values(plan: PlanSummary, address: string): Record<string, [ShownValue, ShownValue]> {
  return Object.fromEntries(find(plan, address).attributes.map(({ path, before, after }) => [path, [before, after]]));
}

test('a first plan creates everything, with unknown values, without null ones', () => {
  const plan = readPlan(
    planJson([
      { 'main.tf': 'resource "terraform_data" "a" { input = "x" }\noutput "a" { value = terraform_data.a.output }' },
    ]),
  );
  assert.deepEqual(plan.counts, { add: 1, change: 0, destroy: 0, import: 0, move: 0, forget: 0 });
  assert.equal(plan.hasChanges, true);
  assert.deepEqual(find(plan, 'terraform_data.a'), {
    address: 'terraform_data.a',
    module: '',
    type: 'terraform_data',
    action: 'create',
    attributes: [
      { path: 'input', before: absent, after: known('"x"'), forcesReplacement: false },
      { path: 'id', before: absent, after: unknown, forcesReplacement: false },
      { path: 'output', before: absent, after: unknown, forcesReplacement: false },
    ],
    unchanged: 0,
  });
  assert.deepEqual(plan.outputs, [{ name: 'a', action: 'create', before: absent, after: unknown }]);
});

test('the same configuration again has no changes', () => {
  const configuration = { 'main.tf': 'resource "terraform_data" "a" { input = "x" }\noutput "a" { value = "x" }' };
  const plan = readPlan(planJson([configuration, configuration]));
  assert.deepEqual(plan, {
    counts: { add: 0, change: 0, destroy: 0, import: 0, move: 0, forget: 0 },
    hasChanges: false,
    resources: [],
    outputs: [],
    drift: [],
    failedChecks: [],
  });
});

test('destroys come first, then replacements, updates, creations and the rest', () => {
  const before = `
    resource "terraform_data" "gone" { input = 1 }
    resource "terraform_data" "replaced" { triggers_replace = [1] }
    resource "terraform_data" "reversed" {
      triggers_replace = [1]
      lifecycle { create_before_destroy = true }
    }
    resource "terraform_data" "updated" { input = "a" }
    resource "terraform_data" "old_name" { input = "m" }
    resource "terraform_data" "left" { input = "f" }
    module "child" { source = "./child" }`;
  const after = `
    resource "terraform_data" "replaced" { triggers_replace = [2] }
    resource "terraform_data" "reversed" {
      triggers_replace = [2]
      lifecycle { create_before_destroy = true }
    }
    resource "terraform_data" "updated" { input = "b" }
    resource "terraform_data" "new_name" { input = "m" }
    moved {
      from = terraform_data.old_name
      to   = terraform_data.new_name
    }
    removed {
      from = terraform_data.left
      lifecycle { destroy = false }
    }
    import {
      to = terraform_data.imported
      id = "some-id"
    }
    resource "terraform_data" "imported" {}
    resource "terraform_data" "fresh" { for_each = toset(["a b"]) }
    module "child" { source = "./child" }`;
  const child = { 'child/main.tf': 'resource "terraform_data" "c" { input = "1" }' };
  const changed = { 'child/main.tf': 'resource "terraform_data" "c" { input = "2" }' };
  const plan = readPlan(
    planJson([
      { 'main.tf': before, ...child },
      { 'main.tf': after, ...changed },
    ]),
  );
  assert.deepEqual(
    plan.resources.map(({ address, action }) => `${action} ${address}`),
    [
      'delete terraform_data.gone',
      'replace terraform_data.replaced',
      'replace terraform_data.reversed',
      'update terraform_data.updated',
      'update module.child.terraform_data.c',
      'create terraform_data.fresh["a b"]',
      'no-op terraform_data.imported',
      'forget terraform_data.left',
      'no-op terraform_data.new_name',
    ],
  );
  assert.deepEqual(plan.counts, { add: 3, change: 2, destroy: 3, import: 1, move: 1, forget: 1 });
  assert.equal(find(plan, 'terraform_data.gone').reason, 'not in configuration');
  assert.equal(find(plan, 'terraform_data.replaced').reason, 'cannot be updated in place');
  assert.equal(find(plan, 'terraform_data.replaced').createBeforeDestroy, false);
  assert.equal(find(plan, 'terraform_data.reversed').createBeforeDestroy, true);
  const trigger = find(plan, 'terraform_data.replaced').attributes.find(({ path }) => path === 'triggers_replace');
  assert.deepEqual(trigger, {
    path: 'triggers_replace',
    before: known('[1]'),
    after: known('[2]'),
    forcesReplacement: true,
  });
  assert.equal(find(plan, 'terraform_data.new_name').movedFrom, 'terraform_data.old_name');
  assert.equal(find(plan, 'terraform_data.imported').importedFrom, 'some-id');
  assert.equal(find(plan, 'module.child.terraform_data.c').module, 'module.child');
});

test('a move alone and an output alone are changes', () => {
  const moved = readPlan(
    planJson([
      { 'main.tf': 'resource "terraform_data" "a" {}' },
      { 'main.tf': 'resource "terraform_data" "b" {}\nmoved {\n from = terraform_data.a\n to = terraform_data.b\n}' },
    ]),
  );
  assert.deepEqual([moved.hasChanges, moved.counts.move, moved.counts.add], [true, 1, 0]);
  const output = readPlan(
    planJson([{ 'main.tf': 'output "a" { value = "1" }' }, { 'main.tf': 'output "a" { value = "2" }' }]),
  );
  assert.equal(output.hasChanges, true);
  assert.deepEqual(output.outputs, [{ name: 'a', action: 'update', before: known('"1"'), after: known('"2"') }]);
});

test('nested values are flattened, and what stays is counted', () => {
  const configuration = (port: number, size: string) => ({
    'main.tf': `resource "terraform_data" "a" {
      input = { tags = { Name = "n", "odd key" = "o" }, rules = [{ port = ${port}, from = "any" }], zones = ["a", "b"], size = ${size} }
    }`,
  });
  const plan = readPlan(planJson([configuration(80, '1'), configuration(443, '12345678901234567890')]));
  const input = Object.fromEntries(
    Object.entries(values(plan, 'terraform_data.a')).filter(([path]) => path !== 'output'),
  );
  assert.deepEqual(input, {
    'input.rules[0].port': [known('80'), known('443')],
    'input.size': [known('1'), known('12345678901234567890')],
  });
  // id, both tags, from, zones
  assert.equal(find(plan, 'terraform_data.a').unchanged, 5);
  const first = readPlan(planJson([configuration(80, '1')]));
  assert.deepEqual(values(first, 'terraform_data.a')['input.tags["odd key"]'], [absent, known('"o"')]);
  assert.deepEqual(values(first, 'terraform_data.a')['input.zones'], [absent, known('["a", "b"]')]);
});

test('JSON strings are compared by what they hold', () => {
  const configuration = (action: string) => ({
    'main.tf': `resource "terraform_data" "a" { input = jsonencode({ Statement = [{ Effect = "Allow", Action = "${action}" }] }) }`,
  });
  const plan = readPlan(planJson([configuration('s3:Get'), configuration('s3:*')]));
  assert.deepEqual(values(plan, 'terraform_data.a')['jsondecode(input).Statement[0].Action'], [
    known('"s3:Get"'),
    known('"s3:*"'),
  ]);
  const first = values(readPlan(planJson([configuration('s3:Get')])), 'terraform_data.a');
  assert.deepEqual(first.input, [
    absent,
    known('jsonencode({\n  Statement = [\n    {\n      Action = "s3:Get"\n      Effect = "Allow"\n    },\n  ]\n})'),
  ]);
});

test('sensitive values never appear, not even where the engine forgets to mark their copies', () => {
  const configuration = (value: string) => ({
    'main.tf': `
      variable "secret" {
        type      = string
        sensitive = true
        default   = "${value}"
      }
      resource "terraform_data" "a" { input = { name = "n", deep = { list = ["x", var.secret], text = "user:\${var.secret}" } } }
      resource "terraform_data" "whole" { input = var.secret }
      output "secret" {
        value     = var.secret
        sensitive = true
      }
      output "made" {
        value     = "prefix-\${var.secret}"
        sensitive = true
      }`,
  });
  const plan = readPlan(planJson([configuration('hunter2-hunter2'), configuration('correct-horse')]));
  const shown = JSON.stringify(plan);
  assert.equal(shown.includes('hunter2'), false, shown);
  assert.equal(shown.includes('correct-horse'), false, shown);
  const attributes = values(plan, 'terraform_data.a');
  assert.deepEqual(attributes['input.deep.list'], [
    known('["x", (sensitive value)]'),
    known('["x", (sensitive value)]'),
  ]);
  assert.deepEqual(attributes['input.deep.text'], [sensitive, sensitive]);
  assert.deepEqual(values(plan, 'terraform_data.whole').input, [sensitive, sensitive]);
  // terraform_data.output repeats the input unmarked.
  assert.deepEqual(values(plan, 'terraform_data.whole').output, [sensitive, unknown]);
  assert.deepEqual(
    plan.outputs.map(({ before, after }) => [before, after]),
    [
      [sensitive, sensitive],
      [sensitive, sensitive],
    ],
  );
});

test('blocks that nobody wrote are not shown as empty lists, attributes that are one are', () => {
  const after = { name: 'a', lifecycle_rule: [], tags: {}, rule: [{ port: 1, filter: [] }], any: { of: [] } };
  const expressions = { name: {}, tags: {}, rule: [{ port: {} }], any: {} };
  const of = (more: object) => ({ mode: 'managed', type: 'aws_thing', name: 'a', ...more });
  const inner = { resources: [of({ expressions })] };
  const address = 'module.x["a.b]"].aws_thing.a';
  const entry = of({ address, module_address: 'module.x["a.b]"]' });
  const shownOf = (change: object) => {
    const configuration = { root_module: { module_calls: { x: { module: inner } } } };
    const plan = readPlan({ configuration, resource_changes: [{ ...entry, change }] });
    return Object.keys(values(plan, address));
  };
  const created = shownOf({ actions: ['create'], before: null, after });
  assert.deepEqual(created, ['name', 'tags', 'rule[0].port', 'any.of']);
  const emptied = shownOf({ actions: ['update'], before: { ...after, lifecycle_rule: [{ days: 1 }] }, after });
  assert.deepEqual(emptied, ['lifecycle_rule[0].days']);
  assert.deepEqual(shownOf({ actions: ['update'], before: { rule: null }, after: { rule: [] } }), ['rule']);
});

test('what was changed outside is drift', () => {
  const configuration = {
    'main.tf': 'import {\n to = terraform_data.a\n id = "x"\n}\nresource "terraform_data" "a" { input = "n" }',
  };
  const bytes = planJson([configuration, configuration]);
  const plan = JSON.parse(new TextDecoder().decode(bytes));
  const change = { actions: ['update'], before: { ingress: [{ port: 80 }] }, after: { ingress: [{ port: 443 }] } };
  plan.resource_drift = [
    { address: 'aws_security_group.web', mode: 'managed', change },
    {
      address: 'aws_instance.gone',
      mode: 'managed',
      change: { actions: ['delete'], before: { id: 'i-1' }, after: null },
    },
    { address: 'aws_instance.moved', mode: 'managed', change: { actions: ['no-op'] } },
    // As Terraform 1.11 has it of one that was moved from another type, whose values are the same.
    { address: 'aws_lb.moved', mode: 'managed', change: { actions: ['update'], before: { id: 1 }, after: { id: 1 } } },
  ];
  const summary = readPlan(plan);
  assert.equal(summary.hasChanges, false);
  assert.deepEqual(summary.drift, [
    {
      address: 'aws_security_group.web',
      action: 'update',
      attributes: [{ path: 'ingress[0].port', before: known('80'), after: known('443'), forcesReplacement: false }],
    },
    {
      address: 'aws_instance.gone',
      action: 'delete',
      attributes: [{ path: 'id', before: known('"i-1"'), after: absent, forcesReplacement: false }],
    },
  ]);
});

test('a tainted resource is replaced because it is tainted', () => {
  const configuration = { 'main.tf': 'resource "terraform_data" "a" { input = "x" }' };
  const plan = readPlan(planJson([configuration, configuration], taint));
  assert.deepEqual(
    [find(plan, 'terraform_data.a').action, find(plan, 'terraform_data.a').reason],
    ['replace', 'tainted'],
  );
});

function taint(directory: string): void {
  const path = join(directory, 'terraform.tfstate');
  const state = JSON.parse(readFileSync(path, 'utf8'));
  state.resources[0].instances[0].status = 'tainted';
  state.serial += 1;
  writeFileSync(path, JSON.stringify(state));
}
