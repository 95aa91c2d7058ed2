import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { commandVerbs, parseComment } from '../../src/commands/parse.ts';

for (const [body, verb, args] of [
  ['/approve', 'approve', []],
  ['/zenfra approve', 'approve', []],
  ['/zenfra', 'help', []],
  ['/approve network-prod', 'approve', ['network-prod']],
  ['/approve 4f2c9d1', 'approve', ['4f2c9d1']],
  ['/approve 4F2C9D1', 'approve', ['4f2c9d1']],
  ['/plan a b\ta', 'plan', ['a', 'b']],
  ['  /plan  ', 'plan', []],
  ['/plan\u00a0a\u3000b\u00a0', 'plan', ['a', 'b']],
  ['/zenfra\u00a0approve', 'approve', []],
  ['/Approve', 'approve', []],
  ['/discard\r\nbecause it is wrong', 'discard', []],
  ['/cancel\n/approve', 'cancel', []],
  ['/unlock net_1', 'unlock', ['net_1']],
  ['/help', 'help', []],
] as const) {
  test(`${JSON.stringify(body)} is the command ${verb}`, () => {
    assert.deepEqual(parseComment(body), { kind: 'command', verb, args });
  });
}

for (const body of [
  '',
  'looks good',
  'please /approve',
  '\n/approve',
  '> /approve',
  '`/approve`',
  '```\n/approve\n```',
  '    /approve',
  '\t/approve',
  '\u00a0/approve',
  '<!-- /approve -->',
  '<!--\n/approve\n-->',
  '／approve',
  '/appro\u200bve',
  '\u200b/approve',
  '\ufeff/approve',
  '/арprove',
  '/unloc\u212a',
  '/lgtm',
  '/retest',
  '/hold',
  '/lock',
  '/help-wanted',
  '/plan-b',
  '/usr/bin/env',
  '/approve/me',
  '//approve',
  '/',
  '/ approve',
  'zenfra approve',
]) {
  test(`${JSON.stringify(body)} is not for us`, () => assert.deepEqual(parseComment(body), { kind: 'none' }));
}

for (const [body, problem, suggestion] of [
  ['/approve prod;id', 'argument', 'approve'],
  ['/approve $(id)', 'argument', 'approve'],
  ['/approve -var x=y', 'argument', 'approve'],
  ['/approve x=y', 'argument', 'approve'],
  ['/approve ../x', 'argument', 'approve'],
  ['/approve pro\u200bd', 'argument', 'approve'],
  ['/plan Network', 'argument', 'plan'],
  [`/plan ${'x'.repeat(64)}`, 'argument', 'plan'],
  ['/APPROVE!', 'verb', 'approve'],
  ['/approve;id', 'verb', 'approve'],
  ['/aprove', 'verb', 'approve'],
  ['/paln', 'verb', 'plan'],
  ['/zenfra foo', 'verb', null],
  ['/zenfra aprove', 'verb', 'approve'],
  ['/zenfra $(id)', 'verb', null],
  ['/zenfra appro\u200bve', 'verb', null],
] as const) {
  test(`${JSON.stringify(body.slice(0, 40))} is answered with help`, () => {
    assert.deepEqual(parseComment(body), { kind: 'unknown', text: body, problem, suggestion });
  });
}

test('what is shown of a mistake is cut', () => {
  const parsed = parseComment(`/plan ${'A'.repeat(65_000)}`);
  assert.equal(parsed.kind === 'unknown' && parsed.text.length, 101);
});

test('no comment gets anything through but a verb of ours, stack names and commits', () => {
  const body = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .tuple(fc.constantFrom('/', '/zenfra ', ' /'), fc.constantFrom(...commandVerbs), fc.string())
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(body, (text) => {
      const parsed = parseComment(text);
      if (parsed.kind !== 'command') return;
      assert.ok(commandVerbs.includes(parsed.verb));
      for (const arg of parsed.args) assert.match(arg, /^[a-z0-9][a-z0-9_-]{0,62}$/);
    }),
    { numRuns: 2000 },
  );
});

for (const line of [
  '/'.repeat(65_536),
  ' '.repeat(65_536),
  `/plan ${'a '.repeat(32_000)}`,
  `/${'approve'.repeat(9000)}`,
  `/plan${' \t'.repeat(32_000)}x`,
]) {
  test(`65,536 characters of ${JSON.stringify(line.slice(0, 12))} are read`, () => {
    assert.notEqual(parseComment(line).kind, undefined);
  });
}
