import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scanObject } from '../../src/state/scan-object.ts';

function scan(text: string): Record<string, string> | undefined {
  const found = scanObject(Buffer.from(text), ['a', 'b']);
  return found && Object.fromEntries(found);
}

test('the wanted members of the outermost level, as they are written', () => {
  assert.deepEqual(scan('{"a": 12345678901234567890, "c": 1, "b": "x\\u0041"}'), {
    a: '12345678901234567890',
    b: '"x\\u0041"',
  });
  assert.deepEqual(scan(' {"c": {"a": 1}, "d": [{"a": 2}]} '), {});
  assert.deepEqual(scan('{}'), {});
});

test('an empty container is told from one that holds something', () => {
  assert.deepEqual(scan('{"a": [], "b": { }}'), { a: '[]', b: '{ }' });
  assert.deepEqual(scan('{"a": [{}], "b": {"c": []}}'), { a: '', b: '' });
});

test('the last of several members of one name counts, also when it is no plain value', () => {
  assert.deepEqual(scan('{"a": 1, "a": 2}'), { a: '2' });
  assert.deepEqual(scan('{"a": 1, "a": {"a": 3}}'), { a: '' });
  assert.deepEqual(scan('{"a": 1, "\\u0061": 4}'), { a: '4' });
});

test('an object is told from what is none, exactly as JSON.parse does', () => {
  const texts = [
    '',
    ' ',
    '[]',
    '1',
    '"a"',
    '{',
    '}',
    '{]',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '{"a":[1,]}',
    '{"a":[,1]}',
  ];
  texts.push(
    '{"a":01}',
    '{"a":+1}',
    '{"a":.5}',
    '{"a":1.}',
    '{"a":1e}',
    '{"a":tru}',
    '{"a":nulll}',
    '{"a":"\n"}',
    '{"a":"\\x"}',
  );
  texts.push(
    '{"a":"\\u12G4"}',
    '{"a":"',
    '{"a":"\\',
    '{"a":[1}',
    '{"a":{"b":1]}',
    '{"a":1}{}',
    '{"a":1} x',
    '{"a" 1}',
    "{'a':1}",
  );
  texts.push('{"a":1e5}', '{"a":[[],{}]}', '{"a":[1,[2,{"b":[]}],3]}', '{"a":-0.0E-1}', '{"a":"\\ud800"}', '\ufeff{}');
  for (const text of texts) assert.equal(scan(text) !== undefined, isObject(text), text);
});

test('whatever JSON.stringify writes, whole or damaged, is judged as JSON.parse judges it', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.nat(),
      fc.constantFrom(...'{}[]",:\\0e-.x '),
      (value, at, put) => {
        const text = JSON.stringify(value, null, at % 3);
        assert.ok(scan(text));
        const place = at % text.length;
        for (const damaged of [
          text.slice(0, place) + put + text.slice(place),
          text.slice(0, place) + text.slice(place + 1),
        ]) {
          assert.equal(scan(damaged) !== undefined, isObject(damaged), damaged);
        }
      },
    ),
    { numRuns: 500 },
  );
});

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
