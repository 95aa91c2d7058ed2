import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { EnvelopeError, generateMasterKey, open, parseMasterKey, seal } from '../../src/secret/envelope.ts';

const key = parseMasterKey(generateMasterKey());

test('what was sealed opens at its own place, whatever its length', () => {
  for (const length of [0, 1, 15, 16, 17, 100_000]) {
    const plaintext = randomBytes(length);
    assert.deepEqual(open(key, seal(key, plaintext, 'plans/1/file'), 'plans/1/file'), plaintext);
  }
});

test('a part of a larger buffer is sealed and opened as that part', () => {
  const sealed = seal(key, Buffer.from('..secret..').subarray(2, 8), 'here');
  const framed = Buffer.concat([Buffer.from('xx'), sealed, Buffer.from('yy')]);
  assert.equal(open(key, framed.subarray(2, -2), 'here').toString(), 'secret');
});

test('the same text is sealed differently each time, and is not seen in the result', () => {
  const [first, second] = [seal(key, Buffer.from('hunter2'), 'here'), seal(key, Buffer.from('hunter2'), 'here')];
  assert.notDeepEqual(first, second);
  assert.ok(!first.includes('hunter2'));
});

test('moved to another row it does not open', () => {
  const sealed = seal(key, Buffer.from('hunter2'), 'state_versions/1');
  assert.throws(() => open(key, sealed, 'state_versions/2'), {
    name: 'EnvelopeError',
    message: 'state_versions/2 does not open: its bytes were changed, or belong to another place',
  });
});

test('with another key the error names both keys', () => {
  const other = parseMasterKey(generateMasterKey());
  assert.throws(() => open(other, seal(key, Buffer.from('hunter2'), 'here'), 'here'), {
    name: 'EnvelopeError',
    message: `here was sealed with the key ${key.id}, and ZENFRA_SECRET_KEY is ${other.id}. Give back the key it was made with.`,
  });
});

test('one changed bit anywhere, or a missing end, does not open', () => {
  const sealed = seal(key, Buffer.from('hunter2'), 'here');
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => open(key, changed, 'here'), EnvelopeError, `byte ${at}`);
    assert.throws(() => open(key, sealed.subarray(0, at), 'here'), EnvelopeError, `length ${at}`);
  }
});

test('a key is read from base64, URL-safe base64 and hex alike', () => {
  const bytes = randomBytes(32);
  const forms = [
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ];
  for (const text of forms)
    assert.deepEqual(parseMasterKey(`${text}\n`), { ...parseMasterKey(bytes.toString('hex')), bytes });
});

test('anything else is refused without repeating it', () => {
  const short = randomBytes(31).toString('base64');
  const bad = [
    '',
    'secret',
    short,
    randomBytes(33).toString('base64'),
    randomBytes(31).toString('hex'),
    `${'é'.repeat(43)}=`,
  ];
  for (const text of bad) {
    assert.throws(
      () => parseMasterKey(text),
      (error: Error) =>
        error instanceof EnvelopeError &&
        /32 bytes in base64 or hex/.test(error.message) &&
        (text === '' || !error.message.includes(text)),
    );
  }
});
