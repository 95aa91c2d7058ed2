import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { sql } from 'kysely';
import { LeaseLost, type PlanSpec, type SavedPlan } from '../../src/execution/contract.ts';
import { executeApply, resumeApply } from '../../src/execution/execute-apply.ts';
import { executePlan } from '../../src/execution/execute-plan.ts';
import { findIsolation } from '../../src/execution/find-isolation.ts';
import { describeIsolation, type Isolation } from '../../src/execution/isolation.ts';
import { layOutWorkspace } from '../../src/execution/workspace.ts';
import { createTestDatabase } from '../support/database.ts';
import { openStage } from './stage.ts';

const stage = await openStage();
// As ZENFRA_DATA_DIR must be for users of runs: passed through, not looked into.
chmodSync(stage.root, 0o711);
const secret = 'the-canary-of-the-worker-7c1f';
process.env.ZENFRA_CANARY = secret;
writeFileSync(join(stage.root, 'secret-key'), secret, { mode: 0o600 });
const other = layOutWorkspace(join(stage.root, 'work', 'plan-2'), '.');
mkdirSync(other.source, { recursive: true, mode: 0o700 });
writeFileSync(join(other.source, 'terraform.tfvars'), secret, { mode: 0o600 });
/** What runs may write to, in both ways of isolation. */
const shared = join(stage.root, 'shared');
mkdirSync(shared);
chmodSync(shared, 0o777);

/** As the embedded one of an installation is: beside its data there is a file with the password. */
const database = await createTestDatabase();
const cluster = await sql<{ data_directory: string }>`show data_directory`.execute(database.db);
const passwordFile = join(dirname(cluster.rows[0]?.data_directory ?? ''), 'password');
assert.ok(existsSync(passwordFile));
/** Asks it to be let in, and prints the first word of its answer: R and 0 were "come in", 10 is "prove the password". */
const { hostname, port, username } = new URL(database.url);
writeFileSync(
  join(shared, 'knock.cjs'),
  `const said = Buffer.from('\\0\\0\\0\\0\\0\\x03\\0\\0user\\0${username}\\0database\\0postgres\\0\\0', 'latin1');
said.writeInt32BE(said.length);
const socket = require('node:net').connect(${port}, '${hostname}', () => socket.write(said));
socket.on('data', (answer) => {
  console.log('database', answer.toString('latin1', 0, 1), answer.readInt32BE(5));
  socket.destroy();
});`,
);

const limits = { memoryMb: 6000, processes: 900 };
const place = { workDirectory: join(stage.root, 'work'), environment: { PATH: process.env.PATH ?? '' } };
// The probes start this Node, which bubblewrap hides where it is not the system's.
const wanted = { limits, readable: [dirname(process.execPath)], writable: [shared] };

/** Those that this machine has. Where one is lacking, what is tried instead is that it says so. */
const found: Isolation[] = [];
const lacking: { kind: string; says: string }[] = [];
for (const kind of ['bubblewrap', 'user'] as const) {
  await findIsolation({ ...wanted, kind }, place).then(
    (isolation) => found.push(isolation),
    (error: Error) => lacking.push({ kind, says: error.message }),
  );
}

// Not earlier: node:test takes a file that waits after its first hook for one that has ended.
after(async () => {
  await stage.close();
  await database.drop();
});

for (const { kind, says } of lacking) {
  test(`without ${kind} a worker that is told to use it does not start, and says why`, () => {
    assert.match(says, new RegExp(`^ZENFRA_ISOLATION is ${kind}, which does not work here: .{5,}\\.$`));
  });
}

function specOf(isolation: Isolation): Pick<PlanSpec, 'directory' | 'environment'> & { isolation: Isolation } {
  const directory = join(stage.root, 'work', 'runs', isolation.kind);
  return { isolation, directory, environment: { TF_VAR_given: 'what-the-run-was-given' } };
}

const probes = `
variable "given" {}
output "environ" { value = filebase64("/proc/self/environ") }
output "stolen" {
  value = [for path in [
    "/proc/${process.pid}/environ", "/proc/${process.ppid}/environ", "${stage.root}/secret-key",
    "${other.source}/terraform.tfvars", "/etc/shadow", "${passwordFile}",
  ] : try(filebase64(path), "refused")]
}
output "listed" { value = try(fileset("${stage.root}", "*"), []) }
`;

for (const isolation of found) {
  const { kind } = isolation;

  test(`the copy of the source that a plan under ${kind} had is the worker's again, and the next one's`, async () => {
    const source = await stage.source({ 'net/main.tf': 'locals {}\n', 'a.sh': '' });
    const engine = stage.standIn('stat -c %i main.tf; echo changed >../a.sh; mkdir -m 0 ../closed; exit 1');
    const plan = async () => {
      const sink = stage.sink();
      await executePlan({ ...stage.planSpec(source, { engine, rootModule: 'net' }), ...specOf(isolation) }, sink);
      return /^\d+$/m.exec(sink.text('initializing'))?.[0];
    };
    const first = await plan();
    const copies = `${source.directory}-copies`;
    const [copy = ''] = readdirSync(copies);
    for (const name of readdirSync(join(copies, copy), { recursive: true }) as string[]) {
      assert.equal(statSync(join(copies, copy, name)).uid, process.getuid?.(), name);
    }
    assert.deepEqual(readdirSync(join(copies, copy)).sort(), ['a.sh', 'net']);
    assert.equal(readFileSync(join(copies, copy, 'a.sh'), 'utf8'), '');
    assert.ok(first);
    assert.equal(await plan(), first, 'the same file');
  });

  test(`a plan under ${kind} can print what its run was given, and nothing else`, async () => {
    const sink = stage.sink();
    const source = await stage.source({ 'main.tf': probes });
    const outcome = await executePlan(stage.planSpec(source, specOf(isolation)), sink);
    assert.ok(outcome.ok, JSON.stringify(outcome));
    const plan = JSON.parse(Buffer.from(sink.plan?.json ?? '').toString());
    const { environ, stolen, listed } = plan.planned_values.outputs;
    const names = Buffer.from(environ.value, 'base64')
      .toString()
      .split('\0')
      .map((line) => line.split('=')[0]);
    assert.ok(names.includes('TF_VAR_given'));
    assert.ok(!names.includes('ZENFRA_CANARY'));
    assert.deepEqual(stolen.value, Array(6).fill('refused'));
    assert.deepEqual(
      listed.value.filter((name: string) => name === 'secret-key'),
      [],
    );
    assert.ok(!JSON.stringify(plan).includes(Buffer.from(secret).toString('base64').slice(0, 20)));
  });

  test(`what a plan under ${kind} starts finds the certificates that count, and has no rights on the machine`, async () => {
    const { path, ...script } = stage.standIn(`
mount -o remount,bind,rw /usr && echo remounted
[ -w /proc/sys/kernel/core_pattern ] && echo writable
[ -w /tmp ] && [ -w /dev/shm ] || echo closed
grep CapPrm /proc/self/status
getent passwd "$(id -u)" || echo nobody
cat "$SSL_CERT_FILE" "$SSL_CERT_DIR"/*.0
(for each in $(seq 90); do sleep 9 & done; echo all ran)
exit 1`);
    mkdirSync(join(stage.root, 'bin'), { recursive: true });
    const engine = { ...script, path: join(stage.root, 'bin', kind) };
    renameSync(path, engine.path);
    const limited = { ...isolation, limits: { memoryMb: 0, processes: 60 } };
    const [house, neighbours] = [join(stage.root, 'pki', 'house.pem'), join(stage.root, 'pki', 'neighbours')];
    mkdirSync(neighbours, { recursive: true });
    writeFileSync(house, 'the house\n');
    writeFileSync(join(neighbours, '1.0'), 'its neighbour\n');
    const inherited = { SSL_CERT_FILE: house, SSL_CERT_DIR: neighbours };
    const spec = { ...specOf(isolation), isolation: limited, inherited: { PATH: process.env.PATH, ...inherited } };
    const sink = stage.sink();
    await executePlan({ ...stage.planSpec(await stage.source({ 'main.tf': '' }), { engine }), ...spec }, sink);
    const log = sink.text('initializing');
    assert.doesNotMatch(log, /^(remounted|writable|closed|all ran)$/m);
    assert.match(log, /^the house\nits neighbour$/m);
    assert.match(log, /^CapPrm:\t0+$/m);
    const home = join(spec.directory, 'home');
    assert.match(log, kind === 'user' ? /^nobody$/m : new RegExp(`^run:x:\\d+:\\d+::${home}:/bin/sh$`, 'm'));
  });

  test(`a plan under ${kind} of a worker that keeps what it writes to itself finds its engine all the same`, async () => {
    const before = process.umask(0o077);
    try {
      const again = await findIsolation({ ...wanted, kind }, place);
      // As one that is downloaded.
      const path = join(stage.root, 'engines', kind, 'terraform');
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
      writeFileSync(path, '#!/bin/sh\necho started\nexit 1\n', { mode: 0o755 });
      const engine = { ...stage.standIn(''), path };
      const sink = stage.sink();
      const spec = { ...specOf(isolation), isolation: again };
      await executePlan({ ...stage.planSpec(await stage.source({ 'main.tf': '' }), { engine }), ...spec }, sink);
      assert.match(sink.text('initializing'), /^started$/m);
    } finally {
      process.umask(before);
    }
  });

  test(`what an apply under ${kind} starts is limited, and ends with it`, async () => {
    const marker = `98765.${kind === 'user' ? 1 : 2}`;
    const script = [
      'id -u',
      `cat ${stage.root}/secret-key ${other.source}/terraform.tfvars || echo kept`,
      'echo "memory $(ulimit -d)"',
      'grep "Max processes" /proc/self/limits',
      `cat ${passwordFile} || echo no password`,
      `'${process.execPath}' ${shared}/knock.cjs`,
      `(setsid sleep ${marker} >/dev/null 2>&1 &)`,
      `echo done > ${shared}/${kind}`,
    ].join('; ');
    const { sink, outcome } = await apply(isolation, script);
    assert.ok(outcome.ok, JSON.stringify(outcome));
    const log = stripVTControlCharacters(sink.text('applying'));
    assert.match(log, /\(local-exec\): kept/);
    assert.match(log, /\(local-exec\): memory 6144000/);
    assert.match(log, /\(local-exec\): Max processes +900 +900 /);
    assert.match(log, /\(local-exec\): no password/);
    assert.match(log, /\(local-exec\): database R 10\n/);
    assert.ok(!log.includes(secret));
    assert.equal(existsSync(join(shared, kind)), true);
    assert.deepEqual(processesWith(marker), []);
    if (kind === 'user') assert.match(log, /\(local-exec\): [12]\d{9}\n/, 'a number of its own');
  });

  test(`an apply under ${kind} that is canceled saves and unlocks its state`, async () => {
    const { sink, outcome } = await apply(isolation, 'echo busy; sleep 60', (log, stop) => {
      if (log.includes('busy')) stop.abort('canceled');
    });
    assert.ok(!outcome.ok);
    assert.equal(outcome.failure.reason, 'canceled');
    assert.equal(outcome.failure.outcomeUnknown, undefined, 'it ended by itself');
    assert.match(sink.text('applying'), /Interrupt received/);
    assert.equal(stage.server.lock(), null);
  });

  test(`an apply under ${kind} outlives its worker and is taken over`, async () => {
    const go = join(shared, `go-${kind}`);
    const script = `echo waiting; while [ ! -e ${go} ]; do sleep 0.05; done; echo went`;
    const spec = await planned(isolation, script);
    const first = stage.sink();
    first.onLog = (log) => {
      if (log.includes('waiting')) first.stop.abort('lease_lost');
    };
    await assert.rejects(executeApply(spec, first), LeaseLost);
    const second = stage.sink(first.bytes('applying').length);
    const resumed = resumeApply(spec, second);
    writeFileSync(go, '');
    const outcome = await resumed;
    assert.ok(outcome?.ok, JSON.stringify(outcome));
    const log = stripVTControlCharacters(first.text('applying') + second.text('applying'));
    assert.match(log, /\(local-exec\): went/);
  });
}

test('where nothing isolates runs, a worker starts with a warning that says what is not protected', async () => {
  const nowhere = { ...place, environment: { PATH: '/nowhere' } };
  const isolation = await findIsolation({ ...wanted, kind: 'auto' }, nowhere);
  assert.equal(isolation.kind, 'none');
  const { protected: safe, says } = describeIsolation(isolation);
  assert.equal(safe, false);
  assert.match(says, /^Runs are not isolated: .+\. A plan can read what the worker can: its environment and files/);
});

test('an operator can switch isolation off, and is told what that means', async () => {
  const isolation = await findIsolation({ ...wanted, kind: 'none' }, place);
  assert.match(describeIsolation(isolation).says, /it is switched off \(ZENFRA_ISOLATION\)/);
});

let count = 0;

/** A resource of its own each time: what is there already would not be made again. */
async function planned(isolation: Isolation, script: string) {
  const command = JSON.stringify(script).replaceAll('$' + '{', '$$' + '{');
  count += 1;
  const resource = `resource "terraform_data" "it_${count}" {\n  provisioner "local-exec" {\n    command = ${command}\n  }\n}\n`;
  const source = await stage.source({ 'main.tf': resource });
  const sink = stage.sink();
  const outcome = await executePlan(stage.planSpec(source, specOf(isolation)), sink);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return stage.applySpec(source, sink.plan as SavedPlan, specOf(isolation));
}

async function apply(
  isolation: Isolation,
  script: string,
  onLog: (text: string, stop: AbortController) => void = () => {},
) {
  const spec = await planned(isolation, script);
  const sink = stage.sink();
  sink.onLog = (text) => onLog(text, sink.stop);
  return { sink, outcome: await executeApply(spec, sink) };
}

function processesWith(argument: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(argument);
    } catch {
      return false;
    }
  });
}
