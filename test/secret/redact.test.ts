import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { mostBytes } from '../../src/bundle/check.ts';
import { buildAutomaton } from '../../src/secret/redact/automaton.ts';
import { formsOf, piecesOf } from '../../src/secret/redact/forms.ts';
import { mask, redactionOf } from '../../src/secret/redact.ts';

const secret = "p@ss w0rd's/+&<é>";
const hide = (text: string, secrets = [secret]) => redactionOf(secrets).text(text);

/** How a secret can look in an engine's output. */
const encodings: Record<string, (text: string) => string> = {
  'as it is': (text) => text,
  'in base64': (text) => Buffer.from(text).toString('base64'),
  'in base64 without padding': (text) => Buffer.from(text).toString('base64').replace(/=+$/, ''),
  'in URL-safe base64': (text) => Buffer.from(text).toString('base64url'),
  'in base64 one byte on': (text) => Buffer.from(`:${text}`).toString('base64'),
  'in base64 two bytes on': (text) => Buffer.from(`u:${text}!`).toString('base64'),
  'in base64 cut to lines of 76': (text) => wrapped(Buffer.from(text).toString('base64'), 76),
  'in base64 and escaped for a URL': (text) => encodeURIComponent(Buffer.from(text).toString('base64')),
  'escaped as a part of a URL': (text) => encodeURIComponent(text),
  'escaped as a part of a URL in lower case': (text) =>
    encodeURIComponent(text).replace(/%[0-9A-F]{2}/g, (one) => one.toLowerCase()),
  'with each byte escaped for a URL': (text) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  'as a form sends it': (text) => new URLSearchParams({ q: text }).toString().slice(2),
  'in JSON': (text) => JSON.stringify(text),
  'in JSON within JSON': (text) => JSON.stringify(JSON.stringify(text)),
  'in JSON of ASCII alone': (text) => ascii(JSON.stringify(text)),
  'in JSON with <, > and & escaped, as Go does': (text) =>
    JSON.stringify(text).replace(/[<>&]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`),
  'in JSON as Go writes it, quoted by Go again': (text) =>
    JSON.stringify(JSON.stringify(text).replace(/[<>&]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`)),
  'in single quotes of a shell': (text) => `'${text.replaceAll("'", `'\\''`)}'`,
  'with backslashes of a shell': (text) => text.replace(/[^A-Za-z0-9\u0080-\uffff]/g, (one) => `\\${one}`),
  "in $'…' of a shell": (text) =>
    `$'${text.replace(/[\\'\n\t]/g, (one) => ({ '\n': '\\n', '\t': '\\t' })[one] ?? `\\${one}`)}'`,
  "in $'…' with octal numbers": (text) =>
    `$'${[...Buffer.from(text)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}'`,
  'with colour codes inside': (text) => [...text].join('\u001b[1;31m'),
  'with colour codes inside of its escapes': (text) => [...encodeURIComponent(text)].join('\u001b[0m'),
};

function wrapped(text: string, width: number): string {
  return text.replace(new RegExp(`.{${width}}`, 'g'), '$&\n');
}

function ascii(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

for (const [name, encode] of Object.entries(encodings)) {
  test(`a secret ${name} is masked`, () => {
    const shown = hide(`before ${encode(secret)} after`);
    assert.match(shown, /^before .*\*\*\*.* after$/s);
    assert.ok(!shown.includes('w0rd') && !shown.includes(encode(secret)), shown);
  });
}

test('a secret with accents by themselves is masked as the engines compose it, and as it is', () => {
  const given = 'pa\u0308ssw\u00f6rd-of-e\u0301ole';
  for (const shown of [given, given.normalize('NFC'), JSON.stringify({ a: given.normalize('NFC') })])
    assert.ok(!hide(shown, [given]).includes('rd-of'), shown);
});

test('what is no secret stays byte for byte, colours included', () => {
  const log =
    '\u001b[1mterraform_data.a\u001b[0m: Creating... 100%\n%4 \\u00 \\x \\7 \u001b[ \ud83d\ude00 │ p@ss w0rd\n';
  assert.equal(hide(log), log);
});

test('a secret is replaced by the mask, and colours that begin within it still hold after it', () => {
  assert.equal(hide(`key = "${secret}"`), 'key = "***"');
  assert.equal(hide('to\u001b[31mp-secr\u001b[0met!', ['top-secret']), `${mask}\u001b[31m\u001b[0m!`);
});

test('a text that ends within a colour code or an escape leaves nothing behind for the next', () => {
  const { text } = redactionOf([secret]);
  for (const begun of ['\u001b[1', '\u001b', '%7', '\\u00', secret.slice(0, 4)]) {
    assert.equal(text(begun), begun);
    assert.equal(text(encodeURIComponent(secret)), mask);
  }
});

test('of secrets that overlap nothing is left', () => {
  assert.equal(hide('abcdefgh', ['abcde', 'defgh']), mask);
  assert.equal(hide('abcdefgh', ['abcdefgh', 'cdef']), mask);
  assert.equal(hide('abcdefgX', ['abcdefgh', 'cdef']), 'ab***gX');
});

test('a secret of less than four bytes is not masked', () => {
  assert.equal(hide('a secret of 3: abc', ['a', 'abc', '']), 'a secret of 3: abc');
});

test('a private key is masked line by line, whichever lines are printed, indented or framed', () => {
  const lines = Array.from({ length: 5 }, (_, index) => Buffer.alloc(48, index + 7).toString('base64'));
  const pem = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
  const shown = hide(`│   ${lines[3]}\n  + key = <<-EOT\n${lines.map((line) => `        ${line}`).join('\n')}\n`, [
    pem,
  ]);
  for (const line of lines) assert.ok(!shown.includes(line), shown);
});

test('what three full bundles may hold takes bounded memory, and each line of it is masked', () => {
  const files = Array.from({ length: 15 }, (_, index) => keyFile(index, mostBytes / 5));
  const { depth } = buildAutomaton(formsOf(piecesOf(files)));
  assert.ok(depth.length < 8_000_000, `${depth.length} states`);
  const { text } = redactionOf(files);
  const lines = files.flatMap((file) => file.split('\n').filter((_, index) => index % 100 === 50));
  for (const line of lines) {
    for (const shape of [line, Buffer.from(`x${line}y`).toString('base64'), JSON.stringify(`${line}\n${line}`)])
      assert.ok(!text(`provisioner: ${shape}`).includes(shape.slice(3, -4)), shape);
  }
});

/** Lines of 64 characters, none like another. */
function keyFile(number: number, length: number): string {
  const lines = Array.from({ length: Math.floor(length / 65) }, (_, index) =>
    createHash('sha384').update(`${number} ${index}`).digest('base64'),
  );
  return lines.join('\n');
}

test('of a key file in JSON, and of settings one a line, each longer value is masked by itself', () => {
  const json = JSON.stringify({ type: 'service_account', keys: [{ private: 'abcdefgh12345' }], id: 'x' });
  assert.equal(hide('got abcdefgh12345 and x', [json]), 'got *** and x');
  assert.equal(hide('got hunter2hunter2', ['[default]\naws_secret_access_key = "hunter2hunter2"\n']), 'got ***');
  for (const line of ['export KEY="hunter2hunter2"', '- key: hunter2hunter2', '- hunter2hunter2'])
    assert.equal(hide('got hunter2hunter2', [`# some\n${line}\n`]), 'got ***', line);
  assert.equal(hide('got hunter2hunter2', ['KEY=hunter2hunter2']), 'got ***');
});

test('of an object given as HCL and of a file of variables each longer value is masked by itself, and no name', () => {
  const object = '{ "environment" = "x", password = "sup3r \\"s3cret\\" %%{x}", pin = ["12345678", "abcdefgh"] }';
  assert.equal(hide('environment sup3r "s3cret" %{x} 12345678 abcdefgh', [object]), 'environment *** *** ***');
  assert.equal(hide('"sup3r \\"s3cret\\" %{x}"', [object]), '"***"');
  const file = 'tokens = ["token-of-one", "token-of-two"]\ndb = { user = "x", password = "hunter2hunter2" }\n';
  assert.equal(hide('token-of-one token-of-two hunter2hunter2', [file]), '*** *** ***');
});

test('a private key within a key file in JSON is masked line by line', () => {
  const lines = Array.from({ length: 3 }, (_, index) => Buffer.alloc(48, index + 7).toString('base64'));
  const pem = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
  const printed = lines.map((line) => `terraform_data.key (local-exec): ${line}`).join('\n');
  const masked = lines.map(() => `terraform_data.key (local-exec): ${mask}`).join('\n');
  assert.equal(hide(printed, [JSON.stringify({ type: 'service_account', private_key: pem })]), masked);
});

test('text that an engine wraps and frames is masked over the line ends', () => {
  assert.equal(hide('│ correct horse\n│ battery staple!', ['correct horse battery staple']), '│ ***!');
});

test('base64 in lines of which each has a name before it is masked line by line', () => {
  const one = 'correct-horse-battery-staple-correct-horse';
  const lines = wrapped(Buffer.from(`KEY=x\nPASSWORD=${one}\nPATH=/usr/bin\n`).toString('base64'), 30).split('\n');
  const shown = hide(lines.map((line) => `terraform_data.a (local-exec): ${line}`).join('\n'), [one]);
  const rest = shown.replaceAll('terraform_data.a (local-exec): ', '').replaceAll('\n', '');
  for (let at = 24; at + 16 < 72; at += 1) assert.ok(!rest.includes(lines.join('').slice(at, at + 16)), shown);
});

test('JSON stays JSON, numbers and names included', () => {
  const { json } = redactionOf(['12345678', secret]);
  const given = { [secret]: [12345678, 1, secret, `\n"${secret}"`], big: 0.5 };
  const shown = JSON.parse(Buffer.from(json(Buffer.from(JSON.stringify(given)))).toString());
  assert.deepEqual(shown, { [mask]: [mask, 1, mask, `\n"${mask}"`], big: 0.5 });
  const harmless = Buffer.from('{"a": 12345678901234567890}');
  assert.equal(redactionOf(['hunter22']).json(harmless), harmless);
});

test('words that the engines’ JSON is made of stay: hidden, a destruction would be none', () => {
  const { json } = redactionOf(['delete', 'resource', 'change']);
  const change = { actions: ['delete'], before: { note: 'change it', resource: 1 } };
  const given = { resource_changes: [{ address: 'my_resource.a', mode: 'managed', change }] };
  const shown = JSON.parse(Buffer.from(json(Buffer.from(JSON.stringify(given)))).toString());
  const masked = { actions: ['delete'], before: { note: `${mask} it`, [mask]: 1 } };
  assert.deepEqual(shown, { resource_changes: [{ address: `my_${mask}.a`, mode: 'managed', change: masked }] });
});

const secrets = fc.array(
  fc
    .oneof(
      fc.string({ minLength: 4, maxLength: 40, unit: 'grapheme' }),
      fc.string({ minLength: 4, maxLength: 100, unit: 'binary' }),
    )
    .filter(isUsable),
  { minLength: 1, maxLength: 4 },
);

/** The mask itself could stand for such a one. */
function isUsable(text: string): boolean {
  return !text.includes('*') && text.isWellFormed() && !text.includes('\u001b');
}

function chunked(bytes: Buffer, cuts: number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
}

test('a random secret, in any encoding, in any chunks, never comes out', () => {
  const pieces = fc.array(
    fc.tuple(fc.nat(3), fc.constantFrom(...Object.values(encodings)), fc.string({ maxLength: 8 })),
    {
      minLength: 1,
      maxLength: 5,
    },
  );
  fc.assert(
    fc.property(secrets, pieces, fc.array(fc.nat(), { maxLength: 12 }), (known, parts, cuts) => {
      const redaction = redactionOf(known);
      const encoded = parts.map(([index, encode]) => encode(known[index % known.length] ?? ''));
      const text = Buffer.from(parts.map(([, , noise], index) => `${noise}|${encoded[index]}`).join('\n'));
      const stream = redaction.stream();
      const shown = Buffer.concat([...chunked(text, cuts).map((chunk) => stream.add(chunk)), stream.end()]).toString();
      assert.equal(shown, redaction.text(text.toString()), 'however it was cut, the same comes out');
      for (const one of known) assert.ok(!shown.includes(one), 'as it is');
      for (const one of encoded) assert.ok(!shown.includes(one), 'encoded');
    }),
    { numRuns: 500 },
  );
});

test('a log that tries to be slow is read at a steady speed, and no more is held back than could be a secret', () => {
  const { stream } = redactionOf(['a'.repeat(2000), `${'a'.repeat(1000)}b`]);
  const hostile = Buffer.from(`${'a'.repeat(999)}%61\\u0061\u001b[0m`.repeat(60));
  const redacted = stream();
  let out = 0;
  for (let round = 0; round < 20; round += 1) out += redacted.add(hostile).length;
  assert.ok(out > 0);
  redacted.add(Buffer.from('aaaa'));
  const colours = Buffer.from('\u001b[1m'.repeat(50_000));
  const held = redacted.add(colours).length + redacted.add(colours).length;
  assert.ok(held > colours.length, 'colour codes without end are let go of');
});
