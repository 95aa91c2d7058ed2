import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPlan } from '../../src/plan/read-plan.ts';
import type { AttributeChange } from '../../src/plan/summary.ts';
import { planNotes } from '../../src/reports/plan-notes.ts';
import { pullRequest, run, stack } from '../reports/example-facts.ts';

/** Plans that `terraform_data` cannot make, or that no engine should. */

function planOf(change: Record<string, unknown>, entry: Record<string, unknown> = {}): unknown {
  return {
    resource_changes: [{ address: 'aws_instance.web', mode: 'managed', type: 'aws_instance', change, ...entry }],
  };
}

function attributesOf(change: Record<string, unknown>): AttributeChange[] {
  return readPlan(planOf({ actions: ['update'], ...change })).resources[0]?.attributes ?? [];
}

function texts(attributes: AttributeChange[]): string[] {
  const text = (value: AttributeChange['before']) => (value.kind === 'known' ? value.text : value.kind);
  return attributes.map(({ path, before, after }) => `${path}: ${text(before)} -> ${text(after)}`);
}

test('data sources that are read during the apply are left out', () => {
  const plan = readPlan(planOf({ actions: ['read'] }, { mode: 'data', address: 'data.aws_ami.a' }));
  assert.deepEqual([plan.resources, plan.hasChanges], [[], false]);
});

test('actions are told with what sets them off', () => {
  const trigger = { triggering_resource_address: 'aws_instance.web', action_trigger_event: 'AfterCreate' };
  const plan = readPlan({
    action_invocations: [
      { address: 'action.aws_lambda_invoke.warm', type: 'aws_lambda_invoke', lifecycle_action_trigger: trigger },
      { address: 'action.aws_ec2_stop_instance.a\n[0]', invoke_action_trigger: {} },
    ],
  });
  assert.deepEqual(plan.actions, [
    { address: 'action.aws_lambda_invoke.warm', when: 'after create', resource: 'aws_instance.web' },
    { address: 'action.aws_ec2_stop_instance.a\\n[0]', when: '', resource: '' },
  ]);
  const one = stack('network');
  assert.equal(
    planNotes(plan, { run: run(1), stack: one, facts: pullRequest([one]) }),
    '**Actions** `action.aws_lambda_invoke.warm` (after create of `aws_instance.web`) · `action.aws_ec2_stop_instance.a\\n[0]`',
  );
});

test('a deposed object is told from the object in use', () => {
  const plan = readPlan(planOf({ actions: ['delete'], before: { id: 'i-1' }, after: null }, { deposed: '0a1b2c3d' }));
  assert.equal(plan.resources[0]?.address, 'aws_instance.web (deposed 0a1b2c3d)');
});

test('a replacement that leaves the old object alone creates one and forgets one', () => {
  for (const actions of [
    ['create', 'forget'],
    ['forget', 'create'],
  ]) {
    const { counts, hasChanges } = readPlan(planOf({ actions, before: {}, after: {} }));
    assert.deepEqual(counts, { add: 1, change: 0, destroy: 0, import: 0, move: 0, forget: 1 }, actions.join());
    assert.equal(hasChanges, true, actions.join());
  }
});

test('an engine that says there is something to apply is believed', () => {
  assert.equal(readPlan({ resource_changes: [], applyable: true }).hasChanges, true);
  const read = { mode: 'data', action_reason: 'read_because_check_nested', change: { actions: ['read'] } };
  const unheardOf = { mode: 'managed', change: { actions: ['improve'] } };
  const hasChanges = (...entries: unknown[]) => readPlan({ resource_changes: entries, applyable: true }).hasChanges;
  assert.equal(hasChanges(read, unheardOf), true);
  assert.equal(hasChanges({ ...read, action_reason: 'read_because_config_unknown' }), true);
});

test('an unknown reason is repeated in words, a known one in ours', () => {
  const reason = (text: unknown) =>
    readPlan(planOf({ actions: ['delete'] }, { action_reason: text })).resources[0]?.reason;
  assert.equal(reason('delete_because_count_index'), 'index is beyond count');
  assert.equal(reason('delete_because_of_the_weather'), 'delete because of the weather');
  assert.equal(reason('constructor'), 'constructor');
  assert.equal(reason('<img src=x>'), undefined);
});

test('only the attributes on the path that forces it force a replacement', () => {
  const change = {
    actions: ['delete', 'create'],
    before: { ami: 'a', size: 1, disk: [{ type: 'a', gb: 1 }] },
    after: { ami: 'b', size: 2, disk: [{ type: 'b', gb: 2 }] },
    replace_paths: [['ami'], ['disk', 0, 'type']],
  };
  const forced = attributesOf(change).flatMap(({ path, forcesReplacement }) => (forcesReplacement ? [path] : []));
  assert.deepEqual(forced, ['ami', 'disk[0].type']);
});

test('a mask that does not fit its value hides all of it', () => {
  const change = {
    before: { a: 'old-secret' },
    after: { a: 'new-secret' },
    before_sensitive: {},
    after_sensitive: { a: { b: true } },
  };
  assert.deepEqual(texts(attributesOf(change)), ['a: sensitive -> sensitive']);
});

test('what was sensitive before stays hidden when the mark is taken away', () => {
  const change = { before: { a: 'abc' }, after: { a: 'abcd' }, before_sensitive: { a: true }, after_sensitive: {} };
  assert.deepEqual(texts(attributesOf(change)), ['a: sensitive -> sensitive']);
});

test('a sensitive value inside of JSON in a string is hidden', () => {
  const change = {
    before: { p: '{"key":"1"}', k: null },
    after: { p: '{"key":"top-secret-key"}', k: 'top-secret-key' },
    after_sensitive: { k: true },
  };
  assert.deepEqual(texts(attributesOf(change)), ['jsondecode(p).key: "1" -> sensitive', 'k: absent -> sensitive']);
});

test('two values that would read the same are told apart', () => {
  const change = {
    before: { text: 'a\nb\n', json: '{"a":1}', list: '[1]', token: 'top-secret', kept: 'x=top-secret\n' },
    after: { text: 'a\nb', json: '{\n  "a": 1\n}\n', list: '[1.0]', token: 'top-secret-2', kept: 'x=top-secret\n\n' },
    before_sensitive: { token: true },
    after_sensitive: { token: true },
  };
  assert.deepEqual(texts(attributesOf(change)), [
    'text: "a\\nb\\n" -> "a\\nb"',
    'json: jsonencode(…) -> the same, written otherwise',
    'list: jsonencode(…) -> the same, written otherwise',
    'token: sensitive -> sensitive',
    'kept: <<-EOT\nx=(sensitive value)\nEOT -> <<-EOT\nx=(sensitive value)\n\nEOT',
  ]);
});

test('a copy of a sensitive JSON document is not taken apart, and keys are hidden like values', () => {
  const before = { doc: '{"key":"first-half"}', copy: '{"key":"first-half"}', within: ['{"key":"first-half"}', {}] };
  const after = { doc: '{"key":"other-half"}', copy: '{"key":"other-half"}', within: ['{"key":"other-half"}', {}] };
  const whole = { before, after, before_sensitive: { doc: true }, after_sensitive: { doc: true } };
  const hidden = ['doc', 'copy', 'within[0]'].map((path) => `${path}: sensitive -> sensitive`);
  assert.deepEqual(texts(attributesOf(whole)), hidden);
  const keys = { before: { key: 'secret-key', copy: '{"secret-key":1}' }, before_sensitive: { key: true } };
  assert.deepEqual(texts(attributesOf(keys)), [
    'key: sensitive -> absent',
    'copy: jsonencode({\n  "(sensitive value)" = 1\n}) -> absent',
  ]);
});

test('a value inside a list can be unknown', () => {
  const change = { before: { l: ['a'] }, after: { l: ['a', null] }, after_unknown: { l: [false, true] } };
  assert.deepEqual(texts(attributesOf(change)), ['l: ["a"] -> ["a", (known after apply)]']);
  const whole = { before: { l: ['a'] }, after: {}, after_unknown: { l: true } };
  assert.deepEqual(texts(attributesOf(whole)), ['l: ["a"] -> unknown']);
});

test('keys named like parts of a prototype are keys', () => {
  const json =
    '{"resource_changes":[{"address":"a.b","change":{"actions":["update"],"before":{"__proto__":{"x":1},"constructor":"c"},"after":{"__proto__":{"x":2},"toString":"t"}}}]}';
  const plan = readPlan(new TextEncoder().encode(json));
  assert.deepEqual(texts(plan.resources[0]?.attributes ?? []), [
    '__proto__.x: 1 -> 2',
    'constructor: "c" -> absent',
    'toString: absent -> "t"',
  ]);
  assert.equal(({} as Record<string, unknown>).x, undefined);
});

test('numbers are shown as they were written', () => {
  const json =
    '{"resource_changes":[{"address":"a.b","change":{"actions":["update"],"before":{"n":9007199254740993,"f":0.1},"after":{"n":9007199254740995,"f":0.12345678901234567891}}}]}';
  const plan = readPlan(new TextEncoder().encode(json));
  assert.deepEqual(texts(plan.resources[0]?.attributes ?? []), [
    'n: 9007199254740993 -> 9007199254740995',
    'f: 0.1 -> 0.12345678901234567891',
  ]);
});

test('an identity to import by is shown with its numbers as they were written', () => {
  const json =
    '{"resource_changes":[{"address":"a.b","change":{"actions":["no-op"],"importing":{"identity":{"account":9007199254740993}}}}]}';
  assert.equal(readPlan(new TextEncoder().encode(json)).resources[0]?.importedFrom, '{"account":9007199254740993}');
});

test('control characters, overrides and half characters are shown as escapes', () => {
  const [change] = attributesOf({ before: { a: 'x' }, after: { a: '\u0000\u202egpj.exe\u200b\ud800' } });
  assert.deepEqual(change?.after, { kind: 'known', text: '"\\u0000\\u202egpj.exe\\u200b\\ud800"' });
  const [lines] = attributesOf({ before: { a: 'x' }, after: { a: 'one\r\ntwo\u0007' } });
  assert.deepEqual(lines?.after, { kind: 'known', text: '<<-EOT\none\\r\ntwo\\u0007\nEOT' });
});

test('a long value is cut, and the place where it differs stays in sight', () => {
  const long = 'x'.repeat(50_000);
  const [added] = attributesOf({ before: {}, after: { a: long } });
  assert.deepEqual(added?.after, { kind: 'known', text: `"${'x'.repeat(1_999)}… (48,002 more characters)` });
  const [changed] = attributesOf({ before: { a: `${long}1` }, after: { a: `${long}2` } });
  const tail = 'x'.repeat(200);
  assert.deepEqual(changed?.before, { kind: 'known', text: `(49,801 characters the same) …${tail}1"` });
  assert.deepEqual(changed?.after, { kind: 'known', text: `(49,801 characters the same) …${tail}2"` });
});

test('a secret is masked before a value is cut', () => {
  const secret = 's3cr3t-'.repeat(10);
  const text = `${'x'.repeat(1_990)}${secret}`;
  const change = { before: {}, after: { a: secret, b: text }, after_sensitive: { a: true } };
  assert.equal(JSON.stringify(attributesOf(change)).includes('s3cr3t'), false);
});

test('secrets too long for a pattern are hidden like others, also within a text', () => {
  const [file, token] = ['-----BEGIN\n.*'.repeat(5_000), 'sensitive-token'];
  const after = { file, token, copy: `a ${file} b ${token} c`, plain: 'x' };
  const [, , copy, plain] = attributesOf({ before: null, after, after_sensitive: { file: true, token: true } });
  assert.deepEqual(copy?.after, { kind: 'known', text: '"a (sensitive value) b (sensitive value) c"' });
  assert.deepEqual(plain?.after, { kind: 'known', text: '"x"' });
});

test('values nested a thousand levels deep are shown as far as it makes sense', () => {
  let deep: unknown = 'end';
  for (let level = 0; level < 1_000; level += 1) deep = { a: deep };
  const [change] = attributesOf({ before: {}, after: { deep } });
  assert.match(change?.path ?? '', /^deep(\.a){7}$/);
  assert.match(JSON.stringify(change?.after), /…/);
});

test('more attributes than a person can read are counted', () => {
  const after = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`a${index}`, index]));
  const [change] = readPlan(planOf({ actions: ['create'], before: null, after })).resources;
  assert.deepEqual([change?.attributes.length, change?.omitted], [500, 100]);
});

test('a plan of 20,000 large changes gives a summary of bounded size', () => {
  const text = 'y'.repeat(1_000);
  const entries = Array.from({ length: 20_000 }, (_, index) => ({
    address: `aws_instance.web[${index}]`,
    mode: 'managed',
    change: { actions: ['update'], before: { a: `${text}1`, b: 1 }, after: { a: `${text}2`, b: 2 } },
  }));
  const plan = readPlan({ resource_changes: entries });
  assert.equal(plan.counts.change, 20_000);
  assert.equal(plan.resources.length, 20_000);
  const size = JSON.stringify(plan).length;
  assert.ok(size < 16_000_000, `${size} characters`);
  const told = plan.resources.reduce((sum, { attributes, omitted = 0 }) => sum + attributes.length + omitted, 0);
  assert.equal(told, 40_000);
});

test('what is no plan is an error that says what it is', () => {
  assert.throws(() => readPlan(null), { message: "A plan's JSON is an object, but this is null" });
  assert.throws(() => readPlan([]), { message: "A plan's JSON is an object, but this is a list" });
  assert.throws(() => readPlan(new TextEncoder().encode('{"a"')), {
    message: "The plan's 4 bytes of JSON cannot be parsed",
  });
});

test('no JSON makes the reader fail, whatever stands where a field is expected', () => {
  const names = [
    'resource_changes',
    'output_changes',
    'resource_drift',
    'checks',
    'variables',
    'configuration',
    'applyable',
  ];
  const entry = fc.record(
    {
      address: fc.jsonValue(),
      mode: fc.constantFrom('managed', 'data', 1),
      change: fc.jsonValue(),
      deposed: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const change = fc.record({
    actions: fc.constantFrom(['create'], ['update'], ['delete'], ['delete', 'create'], 'update'),
    before: fc.jsonValue(),
    after: fc.jsonValue(),
    after_unknown: fc.jsonValue(),
    before_sensitive: fc.jsonValue(),
    after_sensitive: fc.jsonValue(),
    replace_paths: fc.jsonValue(),
  });
  const value = fc.oneof(fc.jsonValue(), fc.array(entry), fc.array(fc.record({ address: fc.string(), change })));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value), (plan) => {
      assert.ok(Array.isArray(readPlan(plan).resources));
    }),
    { numRuns: 300 },
  );
});

test('a value under a mask is in no summary, whatever shape it has', () => {
  const secret = fc.string({ minLength: 10 }).map((text) => `SECRET${text.replace(/[^a-z]/g, 'q')}`);
  const shape = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      secret,
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b'), tie('node')),
    ),
  })).node;
  fc.assert(
    fc.property(shape, shape, fc.constantFrom('create', 'update', 'delete'), (before, after, action) => {
      const change = {
        actions: [action],
        before: { v: before, n: 1 },
        after: { v: after, n: 2 },
        before_sensitive: { v: true },
        after_sensitive: { v: true },
      };
      assert.equal(JSON.stringify(readPlan(planOf(change))).includes('SECRET'), false);
    }),
  );
});
