import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { openStage, type Stage, type StageOptions } from '../../src/sandbox/stage.ts';
import { type SetUp, type StoryStage, setUpStory, writer } from '../../src/sandbox/story/story-stage.ts';
import { until } from '../../src/sandbox/story/until.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';

/** Zenfra, a sandbox GitHub and a repository with two people, on a database of their own. */
export interface Scene extends StoryStage {
  stage: Stage;
  /** A connection of the test's own, which outlives the stage's. */
  database: TestDatabase;
}

interface SceneOptions
  extends SetUp,
    Pick<StageOptions, 'slots' | 'logLevel' | 'engines' | 'environment' | 'isolation'> {
  /** Whoever opens the pages must sign in, as they must outside of a demo. */
  mustSignIn?: boolean;
}

/** For one test or, called at the top of a file with node:test's `after`, for all tests of the file. */
export async function openScene(
  t: { after(end: () => Promise<void>): void },
  options: SceneOptions = {},
): Promise<Scene> {
  const database = await createTestDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'zenfra-scene-'));
  // A run that has a user of its own passes through.
  await chmod(directory, 0o711);
  const { slots = 2, logLevel = 'fatal', mustSignIn = false, environment = process.env, ...others } = options;
  const { engines, isolation, ...setUp } = others;
  const local = mustSignIn ? {} : { localUser: writer };
  // A test that is about catching up calls it when it wants.
  const quiet = { logLevel, catchUp: false, ...(engines && { engines }), ...(isolation && { isolation }) };
  const stage = await openStage({ databaseUrl: database.url, directory, slots, environment, ...quiet, ...local });
  t.after(async () => {
    await stage.stop();
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  });
  return { ...(await setUpStory(stage, setUp)), stage, database };
}

/** Waits until nothing is under way: every webhook handled, every job done, no run with a worker. */
export async function settle(scene: StoryStage): Promise<void> {
  await until(scene.signal, {
    expected: 'everything to be done',
    look: async () => {
      await scene.sandbox.idle();
      return (await countOpen(scene)).length === 0 || undefined;
    },
    seen: async () => (await countOpen(scene)).join(', '),
  });
}

async function countOpen(scene: StoryStage): Promise<string[]> {
  const { rows } = await sql<{ what: string }>`
    select 'a job ' || task_identifier || ' ' || coalesce(last_error, '') as what from graphile_worker.jobs
      where attempts < max_attempts and task_identifier <> 'second_look'
    union all select 'a delivery ' || event from deliveries where handled_at is null
    union all select 'run #' || number || ' ' || status from runs where lease_expires_at is not null
  `.execute(scene.db);
  return rows.map(({ what }) => what);
}

/** A repository of stacks with one resource each. */
export function stacksOf(...names: string[]): Record<string, string> {
  const stacks = names.map((name) => `  ${name}:\n    path: ${name}\n`);
  return {
    'zenfra.yml': `stacks:\n${stacks.join('')}`,
    ...Object.fromEntries(names.map((name) => [`${name}/main.tf`, thing(1)])),
  };
}

/** A resource whose plan differs with the number. */
export function thing(number: number): string {
  return `resource "terraform_data" "thing" {\n  input = ${number}\n}\n`;
}
