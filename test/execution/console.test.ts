import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followApply } from '../../src/execution/apply-progress.ts';
import { collectConsole, readConsole, splitLines } from '../../src/execution/console-text.ts';
import { hasLostChange, readConsoleDiagnostics, readValidateDiagnostics } from '../../src/execution/diagnostics.ts';
import { parseHcl } from '../../src/execution/hcl-parser.ts';
import { chooseOverrideName } from '../../src/execution/override-file.ts';
import { showBytes } from '../../src/execution/phase-log.ts';
import { quarantineState } from '../../src/execution/quarantine.ts';
import { listJsonKeys } from '../../src/execution/tf-json.ts';

function progressOf(...lines: string[]) {
  const progress = followApply();
  for (const line of lines) progress.line(line);
  return progress;
}

test('every kind of step is read, with addresses as odd as they get', () => {
  const { steps } = progressOf(
    'module.a["x: Creating..."].terraform_data.b[0]: Creating...',
    'module.a["x: Creating..."].terraform_data.b[0]: Creation complete after 1m2s [id=1]',
    'terraform_data.c: Modifying... [id=2]',
    'terraform_data.c: Still modifying... [id=2, 10s elapsed]',
    'terraform_data.c: Modifications complete after 11s [id=2]',
    'terraform_data.d (deposed object 0a1b2c3d): Destroying... [id=3]',
    'terraform_data.d (deposed object 0a1b2c3d): Destruction complete after 0s',
    'data.http.e: Reading...',
    'data.http.e: Read complete after 0s [id=4]',
    // Terraform's own lines of a replacement that makes the new one first.
    'terraform_data.e (deposed object 1cb4d432): Destroying... [id=4]',
    'terraform_data.e: Destruction complete after 0s',
    'terraform_data.f: Destroying... [id=5]',
    'module.größe["日"].terraform_data.название: Creating...',
    'module.größe["日"].terraform_data.название: Creation complete after 0s [id=6]',
  );
  assert.deepEqual(steps, [
    { address: 'module.a["x: Creating..."].terraform_data.b[0]', action: 'create', result: 'done', elapsed: '1m2s' },
    { address: 'terraform_data.c', action: 'update', result: 'done', elapsed: '11s' },
    { address: 'terraform_data.d (deposed object 0a1b2c3d)', action: 'delete', result: 'done', elapsed: '0s' },
    { address: 'data.http.e', action: 'read', result: 'done', elapsed: '0s' },
    { address: 'terraform_data.e (deposed object 1cb4d432)', action: 'delete', result: 'done', elapsed: '0s' },
    { address: 'terraform_data.f', action: 'delete', result: 'started' },
    { address: 'module.größe["日"].terraform_data.название', action: 'create', result: 'done', elapsed: '0s' },
  ]);
});

test('what a provisioner prints is no step', () => {
  assert.deepEqual(progressOf('terraform_data.a (local-exec): terraform_data.z: Creating...').steps, []);
});

test('a long line that looks like an address takes no time', () => {
  assert.deepEqual(progressOf(`${'a.'.repeat(8000)}: Creating`, `${'a["'.repeat(5000)}`).steps, []);
});

function linesOf(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const split = splitLines((line) => lines.push(line));
  for (const chunk of chunks) split.add(Buffer.from(chunk));
  split.end();
  return lines;
}

test('lines are put together over chunks, characters too, and lose their control codes', () => {
  const [one, two] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)];
  assert.deepEqual(linesOf('a\u001b[31', 'mb\u001b[0m\r\nc', one, two, '\n\n\u0000x'), ['ab', 'cé', '', 'x']);
});

test('a line without an end keeps only its beginning', () => {
  const [line] = linesOf(...Array.from({ length: 100 }, () => 'x'.repeat(1000)));
  assert.equal(line?.length, 16_384);
});

test('diagnostics are bounded, each once, errors first', () => {
  const console = collectConsole();
  const box = (severity: string, nth = 0) => ['╷', `│ ${severity}: Long ${nth}`, '│ ', `│ ${'x'.repeat(1000)}`, '╵'];
  const errors = Array.from({ length: 60 }, (_, nth) => [...box('Error', nth), ...box('Error', nth)]);
  for (const line of [...box('Warning'), ...errors.flat()]) console.line(line);
  const found = readConsoleDiagnostics(console, '.');
  assert.equal(found.length, 50);
  assert.ok(found.every((each) => each.severity === 'error'));
  assert.equal(new Set(found.map(({ summary }) => summary)).size, 50);
  assert.equal(
    found.reduce((sum, each) => sum + each.detail.length, 0),
    10_000,
  );
});

test('a wrapped summary is one sentence', () => {
  const console = collectConsole();
  for (const line of [
    '╷',
    '│ Error: A summary that is',
    '│ wrapped',
    '│ ',
    '│   on a b.tf line 3:',
    '│    3: x',
    '│ ',
    '│ Why.',
    '╵',
  ]) {
    console.line(line);
  }
  assert.deepEqual(readConsoleDiagnostics(console, 'net'), [
    { severity: 'error', summary: 'A summary that is wrapped', detail: 'Why.', file: 'net/a b.tf', line: 3 },
  ]);
});

test('a change is lost when its provider answers it with an error of the protocol, or not at all', () => {
  const call = (name: string) => `plugin6.(*GRPCProvider).${name}`;
  const lost = (...box: string[]) =>
    hasLostChange(readConsole(['╷', ...box.map((line) => `│ ${line}`), '╵'].join('\n')));
  const error = (name: string) => [
    'Error: Plugin error',
    '',
    'The plugin returned an unexpected error from',
    `${call(name)}: rpc error: code = Internal`,
    'desc = Error: something in there',
  ];
  assert.equal(lost(...error('ApplyResourceChange')), true);
  assert.equal(lost('Error: Request cancelled', '', `The ${call('ApplyResourceChange')} request was cancelled.`), true);
  // Before the change was begun, or by a provider that knows how it ended.
  assert.equal(lost(...error('PlanResourceChange')), false);
  assert.equal(lost('Error: creating it failed', '', `in ${call('ApplyResourceChange')}`), false);
});

test('a place that is not in the repository is none to link to, and the text says it', () => {
  const box = (place: string) => [
    '╷',
    '│ Error: No',
    '│ ',
    `│   on ${place} line 3:`,
    '│    3:   x',
    '│ ',
    '│ Why.',
    '╵',
  ];
  const placesOf = (place: string) => {
    const console = collectConsole();
    box(place).forEach(console.line);
    return readConsoleDiagnostics(console, 'net').map(({ file, line, detail }) => [file, line, detail]);
  };
  assert.deepEqual(placesOf('../m/main.tf'), [['m/main.tf', 3, 'Why.']]);
  for (const place of ['<value for var.a>', '.terraform/modules/m/main.tf'])
    assert.deepEqual(placesOf(place), [[undefined, undefined, `On ${place} line 3:\n\nWhy.`]]);
  const range = { filename: '.terraform/modules/m/a.tf', start: { line: 3 } };
  const report = { valid: false, diagnostics: [{ severity: 'error', summary: 'No', detail: 'Why.', range }] };
  assert.deepEqual(readValidateDiagnostics(JSON.stringify(report), 'net'), [
    { severity: 'error', summary: 'No', detail: 'On .terraform/modules/m/a.tf line 3:\n\nWhy.' },
  ]);
});

test('an answer of validate that is no report is not read', () => {
  for (const text of ['', 'null', '[]', '{"valid":true,"diagnostics":[]}', '{"valid":false}']) {
    assert.equal(readValidateDiagnostics(text, '.'), undefined);
  }
});

test('an answer of validate loses what a console would not show', () => {
  const detail = 'missing closing ) in \u0000(.\nSee the \u001b[1mpattern\u001b[0m.';
  const text = JSON.stringify({ valid: false, diagnostics: [{ summary: 'Invalid\u0000 argument', detail }] });
  assert.deepEqual(readValidateDiagnostics(text, '.'), [
    { severity: 'error', summary: 'Invalid argument', detail: 'missing closing ) in (.\nSee the pattern.' },
  ]);
});

test('our override file sorts after every other, bytewise', () => {
  const cases = [
    [],
    ['override.tf', 'a_override.tf'],
    ['zzz_override.tf'],
    ['~~~_override.tf.json'],
    ['ÿ_override.tf'],
    ['\u{10ffff}_override.tofu'],
  ];
  for (const files of cases) {
    const name = chooseOverrideName([...files, 'zzzz.tf']);
    assert.ok(name !== null && /_override\.tf$/.test(name));
    for (const file of files)
      assert.ok(Buffer.compare(Buffer.from(file), Buffer.from(name)) < 0, `${file} before ${name}`);
  }
  assert.equal(chooseOverrideName([]), 'zenfra_override.tf');
  assert.equal(chooseOverrideName([`${'\u{10ffff}'.repeat(60)}_override.tf`]), null);
});

test('files that kill the parser, or keep it for long, do not harm those that wait for it', async () => {
  const deep = `locals {\n  a = ${'['.repeat(200_000)}${']'.repeat(200_000)}\n}\n`;
  const read = await Promise.all([deep, 'a = 1', deep, 'a = {', 'a = 2'].map(parseHcl));
  assert.deepEqual(read, [undefined, { a: 1 }, undefined, undefined, { a: 2 }]);
});

test('keys of JSON are found with their lines, twins and escapes included', () => {
  const text = '{\n "a": {"b": 1, "b": {"c": 2}},\n "\\u0061": [{"d:": "{"}]\n}';
  assert.deepEqual(
    listJsonKeys(text, 2).map(({ path, line }) => `${path.join('/')} ${line}`),
    ['a 2', 'a/b 2', 'a/b 2', 'a 3', 'a/d: 3'],
  );
  assert.throws(() => listJsonKeys('{"a": 1,}', 2), SyntaxError);
});

test('a printed state is taken out wherever the chunks end', () => {
  const state = '{\n  "version": 4,\n  "terraform_version": "1.11.4",\n  "resources": [\n    {\n    }\n  ]\n}\n';
  const text = `before\n{\n  "other": 1\n}\n${state}after`;
  for (let size = 1; size <= text.length; size += 1) {
    const quarantine = quarantineState();
    let shown = '';
    for (let at = 0; at < text.length; at += size)
      shown += Buffer.from(quarantine.add(Buffer.from(text.slice(at, at + size))));
    shown += Buffer.from(quarantine.end());
    assert.equal(
      shown,
      'before\n{\n  "other": 1\n}\n[Zenfra] The engine printed the state that it could not save. It was kept apart.\nafter',
    );
    assert.equal(Buffer.from(quarantine.state() ?? []).toString(), state);
  }
});

test('so is one that OpenTofu has encrypted, in one line', () => {
  const state =
    '{"serial":3,"lineage":"l","meta":{"key_provider.pbkdf2.a":"e30="},"encrypted_data":"AA==","encryption_version":"v0"}\n';
  for (const size of [1, 7, 1000]) {
    const quarantine = quarantineState();
    const text = Buffer.from(`before\n{"@level":1}\n${state}\nError\n`);
    let shown = '';
    for (let at = 0; at < text.length; at += size) shown += Buffer.from(quarantine.add(text.subarray(at, at + size)));
    shown += Buffer.from(quarantine.end());
    assert.match(shown, /^before\n\{"@level":1\}\n\[Zenfra\] The engine printed the state .*\n\nError\n$/);
    assert.equal(Buffer.from(quarantine.state() ?? []).toString(), state);
  }
});

test('output without a state is left as it is', () => {
  const quarantine = quarantineState();
  assert.equal(
    Buffer.from(quarantine.add(Buffer.from('\n\n{\n'))).toString() + Buffer.from(quarantine.end()).toString(),
    '\n\n{\n',
  );
  assert.equal(quarantine.state(), null);
});

test('sizes are shown with a unit that fits', () => {
  assert.deepEqual([0, 676, 12_400, 3_100_000].map(showBytes), ['0 B', '676 B', '12.4 kB', '3.1 MB']);
});
