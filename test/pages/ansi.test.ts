import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAnsiReader } from '../../src/pages/ansi.ts';

const esc = '\u001b[';

function read(...chunks: (string | Uint8Array)[]) {
  const reader = createAnsiReader();
  const lines = chunks.flatMap((chunk) => reader.write(Buffer.from(chunk)));
  return [...lines, ...reader.end()];
}

function text(...chunks: (string | Uint8Array)[]): string[] {
  return read(...chunks).map((line) => line.map((span) => span.text).join(''));
}

test('colours and weights become classes', () => {
  assert.deepEqual(read(`${esc}1m${esc}31mError:${esc}0m plain ${esc}4;3munder${esc}m\n`), [
    [
      { text: 'Error:', classes: 'bold fg1' },
      { text: ' plain ', classes: '' },
      { text: 'under', classes: 'italic underline' },
    ],
  ]);
});

test('colour goes on over lines and over chunks, even when a sequence is split', () => {
  const lines = read(`${esc}3`, '2mgreen\nstill', ` green${esc}39`, 'm not\n');
  assert.deepEqual(lines[0], [{ text: 'green', classes: 'fg2' }]);
  assert.deepEqual(lines[1], [
    { text: 'still green', classes: 'fg2' },
    { text: ' not', classes: '' },
  ]);
});

test('a character that is split over two chunks arrives whole', () => {
  const bytes = Buffer.from('größe ✓ 🚀\n');
  for (let at = 1; at < bytes.length; at += 1) {
    assert.deepEqual(text(bytes.subarray(0, at), bytes.subarray(at)), ['größe ✓ 🚀']);
  }
});

test('256 colours and true colours become the nearest of the sixteen', () => {
  const [line] = read(`${esc}38;5;196ma${esc}38;2;0;200;0mb${esc}38:2::20:20:250mc${esc}48;5;300;1md\n`);
  assert.deepEqual(
    line?.map((span) => span.classes),
    ['fg9', 'fg2', 'fg12', 'bold fg12'],
  );
});

test('the colour of an underline is none of the text, and its numbers are no codes', () => {
  const [line] = read(`${esc}4;58;5;3ma${esc}58;2;255;0;1mb${esc}58:5:9mc${esc}59md\n`);
  assert.deepEqual(line, [{ text: 'abcd', classes: 'underline' }]);
});

test('hyperlinks, titles, clipboard writes, screen clearing and cursor moves are dropped', () => {
  const hostile = [
    '\u001b]8;;https://evil.example/\u001b\\label\u001b]8;;\u001b\\',
    '\u001b]0;title\u0007',
    '\u001b]52;c;cm0gLXJmIC8=\u0007',
    `${esc}2J${esc}H${esc}3A${esc}?25l${esc}>4;1m`,
    '\u001bP+q544e\u001b\\',
    '\u009b31m',
    '\u0007\u0008\u000e',
    'end\n',
  ].join('');
  assert.deepEqual(text(hostile), ['labelend']);
  assert.deepEqual(
    read(hostile)[0]?.map((span) => span.href),
    [undefined, undefined],
  );
});

test('a sequence that is never closed ends with its line', () => {
  assert.deepEqual(text('\u001b]0;never closed\nnext\n', `${esc}31`, '\nlast\n'), ['', 'next', '', 'last']);
});

test('a million parameters cost nothing and change nothing', () => {
  const many = `${esc}${'1;'.repeat(500_000)}31mplain\n`;
  assert.deepEqual(read(many), [[{ text: 'plain', classes: '' }]]);
});

test('a million colour changes in one line stay one bounded line', () => {
  const [line] = read(Array.from({ length: 20_000 }, (_, index) => `${esc}3${index % 8}mx`).join(''));
  assert.ok(line && line.length <= 1_002, `${line?.length} spans`);
});

test('a progress bar shows its last state, and Windows line ends are line ends', () => {
  assert.deepEqual(text('10%\r50%\r100%\ndone\r\nkept\r\n'), ['100%', 'done', 'kept']);
  assert.deepEqual(text('10%', '\r', '20%', '\r\n'), ['20%']);
});

test('a line of a hundred megabytes is cut and says by how much', () => {
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  const reader = createAnsiReader();
  for (let count = 0; count < 100; count += 1) assert.deepEqual(reader.write(chunk), []);
  const [line] = reader.end();
  assert.equal(line?.[0]?.text.length, 10_000);
  assert.equal(line?.[1]?.text, ` … ${100 * 1024 * 1024 - 10_000} more characters, in the downloaded log`);
});

test('NUL, invalid UTF-8 and direction overrides are made visible', () => {
  assert.deepEqual(text(Buffer.from([0x61, 0x00, 0x62, 0xff, 0xc3, 0x28, 0x0a])), ['a\\u0000b\ufffd\ufffd(']);
  assert.deepEqual(text('safe\u202egnp.exe\u2066\n'), ['safe\\u202egnp.exe\\u2066']);
});

test('http and https addresses become links, other schemes never', () => {
  const [line] = read('See https://example.com/a?b=1&c=2. Or javascript:alert(1) ftp://x http://h/"><img>\n');
  assert.deepEqual(
    line?.filter((span) => span.href !== undefined).map((span) => span.href),
    ['https://example.com/a?b=1&c=2', 'http://h/'],
  );
});

test('the text of a log is never lost to the reader', () => {
  const lines = ['plain', '  indented\ttab', 'ünïcödé', '╷ │ ╵', ''];
  assert.deepEqual(text(`${lines.join('\n')}\n`), lines);
});
