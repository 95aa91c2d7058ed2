import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareStates } from '../../src/plan/compare-states.ts';

interface Instance {
  attributes?: Record<string, unknown>;
  sensitive_attributes?: unknown;
  index_key?: string | number;
  status?: string;
  deposed?: string;
}

const aws = 'provider["registry.terraform.io/hashicorp/aws"]';
const tofuAws = 'provider["registry.opentofu.org/hashicorp/aws"]';
const builtIn = 'provider["terraform.io/builtin/terraform"]';

function resource(type: string, instances: Instance[], more: Record<string, unknown> = {}) {
  const told = instances.map((instance) => ({ sensitive_attributes: [], ...instance }));
  return { mode: 'managed', type, name: 'a', provider: aws, instances: told, ...more };
}

function state(resources: unknown[], outputs: Record<string, unknown> = {}, version = '1.11.4') {
  const text = JSON.stringify({ version: 4, terraform_version: version, serial: 1, lineage: 'l', outputs, resources });
  return { bytes: Buffer.from(text), engine: 'terraform' as const };
}

const attribute = (...names: string[]) => names.map((value) => ({ type: 'get_attr', value }));
const index = (value: string | number) => ({ type: 'index', value: { value, type: typeof value } });

function linesOf({ changes }: ReturnType<typeof compareStates>): string[] {
  return changes.resources.flatMap((one) => [
    `${one.action} ${one.address}`,
    ...one.attributes.map(({ path, before, after }) => `  ${path}: ${shown(before)} → ${shown(after)}`),
  ]);
}

function shown(value: { kind: string; text?: string }): string {
  return value.text ?? value.kind;
}

test('resources come, go and change, by address, those that go first', () => {
  const before = state([
    resource('aws_vpc', [{ attributes: { cidr: '10.0.0.0/16', tags: { Name: 'a' } } }]),
    resource('aws_subnet', [
      { index_key: 0, attributes: { cidr: '10.0.0.0/24' } },
      { index_key: 1, attributes: { cidr: '10.0.1.0/24' } },
    ]),
  ]);
  const after = state([
    resource('aws_vpc', [{ attributes: { cidr: '10.0.0.0/16', tags: { Name: 'b' } } }]),
    resource('aws_subnet', [{ index_key: 0, attributes: { cidr: '10.0.0.0/24' } }]),
    resource('aws_eip', [{ index_key: 'x"y', attributes: { ip: '1.2.3.4' } }], { module: 'module.dns["z"]' }),
  ]);
  const compared = compareStates(before, after);
  assert.deepEqual(linesOf(compared), [
    'delete aws_subnet.a[1]',
    '  cidr: "10.0.1.0/24" → absent',
    'update aws_vpc.a',
    '  tags.Name: "a" → "b"',
    'create module.dns["z"].aws_eip.a["x\\"y"]',
    '  ip: absent → "1.2.3.4"',
  ]);
  assert.deepEqual([compared.hidesValues, compared.changes.counts.add, compared.changes.counts.destroy], [false, 1, 1]);
});

test('from no state at all everything is added, and two equal states do not differ', () => {
  const one = state([resource('aws_vpc', [{ attributes: { cidr: 'x' } }])]);
  assert.deepEqual(linesOf(compareStates(null, one)), ['create aws_vpc.a', '  cidr: absent → "x"']);
  assert.equal(compareStates(one, one).changes.hasChanges, false);
});

test('what sensitive_attributes covers is hidden on both sides, at any depth', () => {
  const paths = [
    attribute('password'),
    [...attribute('login'), index(0), ...attribute('token')],
    [...attribute('keys'), index('b')],
  ];
  const values = (n: number) => ({
    password: `hunter-${n}`,
    login: [{ token: `token-of-${n}`, name: `name-${n}` }],
    keys: { a: `open-${n}`, b: `secret-b-${n}` },
  });
  const before = state([resource('aws_db_instance', [{ attributes: values(1) }])]);
  const after = state([resource('aws_db_instance', [{ attributes: values(2), sensitive_attributes: paths }])]);
  const lines = linesOf(compareStates(before, after));
  assert.deepEqual(lines, [
    'update aws_db_instance.a',
    '  password: sensitive → sensitive',
    '  login[0].token: sensitive → sensitive',
    '  login[0].name: "name-1" → "name-2"',
    '  keys.a: "open-1" → "open-2"',
    '  keys.b: sensitive → sensitive',
  ]);
  assert.doesNotMatch(JSON.stringify(compareStates(before, after)), /hunter-|token-of-|secret-b-/);
});

test('the paths into a value of any type, which a state writes with its type, cover what they mean', () => {
  const typed = (value: unknown) => ({ value, type: 'dynamic' });
  for (const [path, attributes, line] of [
    [attribute('input', 'key'), { input: typed({ key: 'secret-one', n: 1 }) }, 'input.value.n: absent → 1'],
    [[...attribute('input'), index(1)], { input: typed(['a', 'secret-one']) }, '["a", (sensitive value)]'],
    [attribute('input', 'type'), { input: typed({ type: 'secret-one', n: 1 }) }, 'input.value.n: absent → 1'],
    [attribute('input', 'value'), { input: typed({ value: 'secret-one' }) }, 'input.value: absent → sensitive'],
    [attribute('input', 'gone'), { input: { key: 'secret-one' } }, 'input: absent → sensitive'],
    [attribute('record', 'value'), { record: { type: 'A', value: 'secret-one' } }, 'record.type: absent → "A"'],
  ] as const) {
    const after = state([resource('terraform_data', [{ attributes, sensitive_attributes: [path] }])]);
    const text = linesOf(compareStates(null, after)).join('\n');
    assert.ok(text.includes(line) && !text.includes('secret-one'), text);
  }
});

test('a value that equals a sensitive one is hidden wherever it stands, also where the sensitive one stays', () => {
  const secret = resource('aws_db_instance', [
    { attributes: { password: 'correct horse' }, sensitive_attributes: [attribute('password')] },
  ]);
  const outputs = { dsn: { value: 'db://correct horse@host', type: 'string' } };
  const before = state([secret]);
  const after = state([secret, resource('aws_ssm', [{ attributes: { value: 'correct horse' } }])], outputs);
  const compared = compareStates(before, after);
  assert.deepEqual(linesOf(compared), ['create aws_ssm.a', '  value: absent → sensitive']);
  assert.doesNotMatch(JSON.stringify(compared), /correct horse/);
});

test('sensitive outputs are hidden, and so is one whose shape does not tell', () => {
  const outputs = (n: number) => ({
    open: { value: `open-${n}`, type: 'string' },
    secret: { value: `hunter-${n}`, type: 'string', sensitive: true },
    odd: `bare-${n}`,
    strange: { value: `maybe-${n}`, sensitive: 'yes' },
  });
  const { changes } = compareStates(state([], outputs(1)), state([], outputs(2)));
  assert.deepEqual(
    changes.outputs.map(({ name, before, after }) => `${name}: ${shown(before)} → ${shown(after)}`),
    [
      'open: "open-1" → "open-2"',
      'secret: sensitive → sensitive',
      'odd: sensitive → sensitive',
      'strange: sensitive → sensitive',
    ],
  );
});

test('a state that does not say what its providers call sensitive shows the names of attributes alone', () => {
  const of = (input: string, provider: string) => [
    resource('aws_db_instance', [{ attributes: { password: input, size: 'db.m7g' } }], { provider }),
  ];
  const hidden: Record<string, [ReturnType<typeof state>, ReturnType<typeof state>]> = {
    'an old Terraform': [state(of('one-secret', aws), {}, '1.5.7'), state(of('other-secret', aws))],
    'a version that cannot be read': [state(of('one-secret', aws), {}, 'dev'), state(of('other-secret', aws))],
    'OpenTofu by its registry': [state(of('one-secret', tofuAws)), state(of('other-secret', tofuAws))],
    'OpenTofu by its run': [
      { ...state(of('one-secret', aws)), engine: 'tofu' as const } as never,
      state(of('other-secret', aws)),
    ],
    'an import': [{ ...state(of('one-secret', aws)), engine: null } as never, state(of('other-secret', aws))],
  };
  for (const [name, [before, after]] of Object.entries(hidden)) {
    const compared = compareStates(before, after);
    assert.deepEqual(linesOf(compared), ['update aws_db_instance.a', '  password: sensitive → sensitive'], name);
    assert.equal(compared.hidesValues, true, name);
  }
  const own = [state(of('one', builtIn), {}, '1.5.7'), state(of('two', builtIn), {}, '1.5.7')] as const;
  assert.deepEqual(linesOf(compareStates(...own)), ['update aws_db_instance.a', '  password: "one" → "two"']);
});

test('an instance without the list, or with paths that cannot be understood, hides what it cannot tell', () => {
  const before = state([resource('aws_x', [{ attributes: { a: 'one-secret', b: { c: 'kept' } } }])]);
  const changed = { a: 'other-secret', b: { c: 'moved' } };
  for (const [paths, lines] of [
    [null, ['  a: sensitive → sensitive', '  b: sensitive → sensitive']],
    ['nonsense', ['  a: sensitive → sensitive', '  b: sensitive → sensitive']],
    [[[{ type: 'new_kind' }]], ['  : sensitive → sensitive']],
    [
      [[...attribute('b'), { type: 'index', value: { value: 1e9, type: 'number' } }]],
      ['  a: "one-secret" → "other-secret"', '  b: sensitive → sensitive'],
    ],
  ] as const) {
    const after = state([resource('aws_x', [{ attributes: changed, sensitive_attributes: paths }])]);
    assert.deepEqual(linesOf(compareStates(before, after)).slice(1), lines, JSON.stringify(paths));
  }
});

test('a resource that became tainted differs, and a deposed object is one of its own', () => {
  const attributes = { id: 'i-1' };
  const before = state([resource('aws_x', [{ attributes }])]);
  const after = state([
    resource('aws_x', [
      { attributes, status: 'tainted' },
      { attributes, deposed: '0a1b2c3d' },
    ]),
  ]);
  const { changes } = compareStates(before, after);
  assert.deepEqual(
    changes.resources.map(({ address, action, reason }) => [address, action, reason]),
    [
      ['aws_x.a', 'update', 'tainted'],
      ['aws_x.a (deposed 0a1b2c3d)', 'create', undefined],
    ],
  );
});

test('data sources are left out, but what they call sensitive is hidden', () => {
  const data = (value: string) =>
    resource('aws_secret', [{ attributes: { value }, sensitive_attributes: [attribute('value')] }], { mode: 'data' });
  const before = state([data('first secret')]);
  const after = state([data('second secret'), resource('aws_x', [{ attributes: { copy: 'second secret' } }])]);
  assert.deepEqual(linesOf(compareStates(before, after)), ['create aws_x.a', '  copy: absent → sensitive']);
});

test('hostile states cost no more than their size and break nothing', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const text = `{"version":4,"terraform_version":"1.11.4","outputs":{"deep":{"value":${deep}}},"resources":[{"instances":[null,{"attributes":{"__proto__":{"a":1},"deep":${deep}},"sensitive_attributes":[[{"type":"get_attr","value":"__proto__"}]]}]},7,null]}`;
  const hostile = { bytes: Buffer.from(text), engine: null };
  assert.deepEqual(linesOf(compareStates(null, hostile))[0], 'create (no type).(no name)');
  assert.equal(compareStates(hostile, hostile).changes.outputs.length, 1);
  for (const odd of ['null', '[]', '7', '{"resources":{},"outputs":[]}']) {
    assert.equal(compareStates({ bytes: Buffer.from(odd), engine: null }, null).changes.hasChanges, false, odd);
  }
  assert.throws(() => compareStates({ bytes: Buffer.from('{'), engine: null }, null), SyntaxError);
});
