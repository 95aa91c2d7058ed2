import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Stage } from '../../src/sandbox/stage.ts';
import { affectedStacks } from '../../src/stack/affected.ts';
import { readModuleFile } from '../../src/stack/module-file.ts';
import { gatherModules } from '../../src/stack/modules.ts';
import { readConfig } from '../../src/stack/read-config.ts';
import { offerProvider } from '../support/provider/offer.ts';
import { planBare, writeTree } from './bare.ts';
import { quiet } from './pull-request.ts';
import { type Report, reportOf } from './report.ts';
import { interleave, medians, timed } from './statistics.ts';
import { untilTrue } from './wait.ts';
import { openWorld, type World } from './world.ts';

const count = 300;
const slots = 2;
/** Two hundred plans take a minute and more, on both sides: more rounds would take an hour. */
const mostRounds = 3;
const author = 'kim';

const names = Array.from({ length: count }, (_, n) => `stack-${String(n + 1).padStart(3, '0')}`);

/**
 * A repository of 300 stacks: pushes to the tracked branch that touch one of them, and 200. Each has a provider, as stacks
 * have: a process that every command of the engine starts.
 */
export async function benchMonorepo(rounds: number): Promise<Report> {
  return bench(rounds, { name: 'monorepo', what: '', hasProvider: true });
}

/** The same where the engine starts nothing and has nothing to do, so that all the rest shows. */
export async function benchMonorepoEmpty(rounds: number): Promise<Report> {
  return bench(rounds, { name: 'monorepo-empty', what: ' without any provider', hasProvider: false });
}

interface Variant {
  name: string;
  what: string;
  hasProvider: boolean;
}

/** Where it is played, and what is planned. */
interface Setting {
  world: World;
  environment: Record<string, string>;
  configurationOf(n: number): string;
}

async function bench(rounds: number, { name, what, hasProvider }: Variant): Promise<Report> {
  const root = await mkdtemp(join(tmpdir(), 'zenfra-providers-'));
  const offered = hasProvider ? await offerProvider(root, { packed: false }) : null;
  const environment: Record<string, string> = offered === null ? {} : { TF_CLI_CONFIG_FILE: offered.config };
  const world = await openWorld({ slots, environment });
  const configurationOf = (n: number) =>
    offered === null
      ? `resource "terraform_data" "it" {\n  input = ${n}\n}\n`
      : `${offered.module}resource "files_file" "it" {\n  name    = "it"\n  content = "${n}"\n}\n`;
  const setting = { world, environment, configurationOf };
  try {
    const measured = await interleave(Math.min(rounds, mostRounds), {
      ours: (round) => measureOurs(setting, round),
      baseline: (round) => measureBare(setting, round),
    });
    const [one, bareOne] = [medians(measured.ours.map((ours) => ours.one)), measured.baseline.map(({ one }) => one)];
    return reportOf({
      ...{ name, aim: 1.2, what: `a push that touches 200 of ${count} stacks${what}, to its last plan, 2 slots` },
      against: 'terraform init, plan -out and show -json for each, in two shells at once',
      ours: measured.ours.map(({ many }) => many.last),
      baseline: measured.baseline.map(({ many }) => many),
      detail: {
        many: medians(measured.ours.map(({ many }) => many)),
        one,
        bareOne: medians(bareOne.map((ms) => ({ ms }))),
        detectionMs: medians(measured.ours.map(({ detection }) => ({ of300: detection }))),
        // All of them are this process.
        memoryOfSandboxZenfraAndBench: medians(measured.ours.map(({ megabytes }) => ({ megabytes }))),
      },
    });
  } finally {
    await world.close();
    await rm(root, { recursive: true, force: true });
  }
}

async function measureOurs(setting: Setting, round: number) {
  const {
    world: { stage },
    configurationOf,
  } = setting;
  const owner = `mono-${round}`;
  for (const login of [owner, author]) stage.sandbox.createUser(login);
  const yml = names.map((name) => `  ${name}:\n    path: ${name}\n`).join('');
  const files = Object.fromEntries(names.map((name) => [`${name}/main.tf`, configurationOf(0)]));
  const repository = await stage.sandbox.createRepository({
    ...{ owner, name: 'infra', private: true },
    files: { 'zenfra.yml': `stacks:\n${yml}`, ...files },
  });
  stage.sandbox.setPermission(repository, author, 'write');
  // What a repository costs once: its row, its token, its stacks.
  await stage.sandbox.commit(repository, { branch: 'main', files: { 'README.md': 'x' }, message: 'Begin', author });
  await quiet(stage);
  const one = await push(setting, repository, 1);
  await quietRuns(stage);
  const many = await push(setting, repository, 200);
  return {
    one,
    many,
    detection: medians(Array.from({ length: 5 }, () => ({ ms: measureDetection() }))).ms ?? 0,
    megabytes: process.memoryUsage().rss / 2 ** 20,
  };
}

/** Milliseconds from the webhook to the first and to the last plan, and what was asked of GitHub until then. */
async function push(setting: Setting, repository: { id: number; owner: string; name: string }, stacks: number) {
  const { configurationOf } = setting;
  const { sandbox, app } = setting.world.stage;
  sandbox.faults.onDelivery({ when: ({ event }) => event === 'push', does: 'drop' });
  const files = Object.fromEntries(names.slice(0, stacks).map((name) => [`${name}/main.tf`, configurationOf(stacks)]));
  const sha = await sandbox.commit(repository, { branch: 'main', files, message: 'Change', author });
  const delivery = sandbox.deliveries.findLast((one) => one.event === 'push');
  if (!delivery) throw new Error('The sandbox made no webhook for the push');
  const before = sandbox.calls.length;
  const sentAt = Date.now();
  sandbox.redeliver(delivery.id);
  const read = () =>
    sql<{ planned: number; first: number; last: number }>`
      select count(*)::int as planned, extract(epoch from min(plans.created_at))::float8 * 1000 as first,
        extract(epoch from max(plans.created_at))::float8 * 1000 as last
      from plans join runs on runs.id = plans.run_id where runs.commit_sha = ${sha}`.execute(app.db);
  await untilTrue(`${stacks} stacks are planned`, async () => (await read()).rows[0]?.planned === stacks, 250);
  const { first = 0, last = 0 } = (await read()).rows[0] ?? {};
  const calls = sandbox.calls.slice(before);
  const downloads = calls.filter(({ path }) => path.includes('/tarball/')).length;
  return { first: first - sentAt, last: last - sentAt, githubCalls: calls.length, sourceDownloads: downloads };
}

/** What GitHub is still to be told of so many runs is put off by its limits, and does not matter here. */
async function quietRuns({ app }: Stage): Promise<void> {
  const busy = sql<{ busy: boolean }>`select exists (select from runs where lease_expires_at is not null) as busy`;
  await untilTrue('no run is under way', async () => (await busy.execute(app.db)).rows[0]?.busy === false, 20);
}

const sharedModules = 30;
const shared = (n: number) => `modules/shared-${n % sharedModules}`;
const use = (source: string) => `module "it" {\n  source = "${source}"\n}\n`;

/**
 * What is computed for a push, without what is asked of GitHub: half of the stacks have a name and depend on another,
 * the others are discovered; all use a module that others use too, and by way of it one that all use.
 */
function measureDetection(): number {
  const texts = {
    ...Object.fromEntries(names.map((name, n) => [`live/${name}/main.tf`, use(`../../${shared(n)}`)])),
    ...Object.fromEntries(names.slice(0, sharedModules).map((_, n) => [`${shared(n)}/main.tf`, use('../base')])),
    'modules/base/main.tf': 'resource "terraform_data" "it" {}\n',
  };
  const files = Object.entries(texts).map(([path, text]) => ({ path, file: readModuleFile(path, text) }));
  const named = names.slice(0, count / 2).map((name, n) => {
    const dependsOn = n % 10 === 0 ? [] : [names[n - (n % 10)]];
    return `  ${name}: { path: live/${name}, depends_on: [${dependsOn}] }\n`;
  });
  const text = `discover: { paths: ["live/**"] }\nstacks:\n${named.join('')}`;
  const paths = Array.from({ length: 20 }, (_, n) => `${shared(n)}/main.tf`);
  const started = performance.now();
  const reading = readConfig(text, gatherModules(files));
  const affected = reading.ok ? affectedStacks(reading.config.stacks, paths) : null;
  const took = performance.now() - started;
  if (affected?.length !== 200) throw new Error(`${affected?.length} stacks are affected, and not 200`);
  return took;
}

async function measureBare(setting: Setting, round: number): Promise<{ one: number; many: number }> {
  const { environment, configurationOf } = setting;
  const { directory } = setting.world;
  const written = (name: string, index: number) =>
    writeTree(join(directory, `bare-${round}`, name), { 'main.tf': configurationOf(index) });
  const directories = await Promise.all(names.slice(0, 200).map(written));
  const one = await timed(() => planBare(directories.slice(0, 1), environment));
  const again = await Promise.all(names.slice(0, 200).map(written));
  const shells = Array.from({ length: slots }, (_, slot) => again.filter((_, n) => n % slots === slot));
  return { one, many: await timed(() => Promise.all(shells.map((each) => planBare(each, environment)))) };
}
