import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readStateOutputs } from '../../src/plan/state-outputs.ts';

function read(outputs: string, instances: object[] = []) {
  const resources = JSON.stringify([{ mode: 'managed', type: 'terraform_data', name: 'a', instances }]);
  const text = `{"version":4,"serial":1,"lineage":"l","outputs":${outputs},"resources":${resources}}`;
  return Object.fromEntries(readStateOutputs(Buffer.from(text)).map((output) => [output.name, output.text]));
}

test('outputs keep their values as JSON, numbers as they were written, but for the sensitive ones', () => {
  const outputs =
    '{"a":{"value":{"b":[9007199254740993]}},"c":{"sensitive":true,"value":"x"},"d":{"value":null},"e":1}';
  assert.deepEqual(read(outputs), { a: '{"b":[9007199254740993]}', c: null, d: 'null', e: null });
  assert.deepEqual(readStateOutputs(Buffer.from('null')), []);
});

test('what the state calls sensitive is hidden in every output, where the engine does not mark it', () => {
  const input = { value: { key: 'hunter2-hunter2', pin: 48151623 }, type: 'dynamic' };
  const step = (value: string) => ({ type: 'get_attr', value });
  const paths = [
    [step('input'), step('key')],
    [step('input'), step('pin')],
  ];
  const copies =
    '{"copy":{"value":"hunter2-hunter2"},"within":{"value":{"user:hunter2-hunter2":[48151623,"plain"]}},"made":{"value":"other-secret","sensitive":true},"same":{"value":"other-secret"}}';
  assert.deepEqual(read(copies, [{ attributes: { input, output: input }, sensitive_attributes: paths }]), {
    copy: null,
    within: '{"user:(sensitive value)":["(sensitive value)","plain"]}',
    made: null,
    same: null,
  });
});

test('of an instance that lists nothing sensitive nothing is hidden', () => {
  assert.deepEqual(read('{"a":{"value":"ten.letters"}}', [{ attributes: { id: 'ten.letters' } }]), {
    a: '"ten.letters"',
  });
});
