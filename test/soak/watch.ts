import { setTimeout as sleep } from 'node:timers/promises';
import { canary } from './entries.ts';
import type { SoakWorld } from './soak-world.ts';

/** What was there at some time, and so must be there for good; and what should never have been seen. */
export interface Seen {
  /** The md5 of each state version, by its id. */
  versions: Map<string, string>;
  events: Set<number>;
  /** Names of processes that have printed a secret, with the secret's name. */
  leaks: Set<string>;
}

/** Looks about once a second at what the database has committed, and at what the processes print. */
export function watch(world: SoakWorld): { stop(): Promise<Seen> } {
  const seen: Seen = { versions: new Map(), events: new Set(), leaks: new Set() };
  let stopping = false;
  const go = async () => {
    while (!stopping) {
      await look(world, seen).catch(() => undefined);
      await sleep(1_000);
    }
  };
  const gone = go();
  return {
    async stop() {
      stopping = true;
      await gone;
      await look(world, seen);
      return seen;
    },
  };
}

async function look(world: SoakWorld, seen: Seen): Promise<void> {
  for (const { name, process } of world.services) {
    const printed = process.output();
    for (const [what, secret] of secretsOf(world))
      if (printed.includes(secret)) seen.leaks.add(`${name} has ${what} in it`);
  }
  const [versions, events] = await Promise.all([
    world.db.selectFrom('state_versions').select(['id', 'md5']).execute(),
    world.db.selectFrom('run_events').select('id').execute(),
  ]);
  for (const { id, md5 } of versions) if (!seen.versions.has(id)) seen.versions.set(id, md5);
  for (const { id } of events) seen.events.add(id);
}

/** By name. A private key's second line is enough of it. */
export function secretsOf({ environment }: Pick<SoakWorld, 'environment'>): [string, string][] {
  const { ZENFRA_SECRET_KEY, WEBHOOK_SECRET, PRIVATE_KEY, DATABASE_URL } = environment;
  const password = new URL(DATABASE_URL ?? '').password;
  return [
    ['a sensitive value', canary],
    ['ZENFRA_SECRET_KEY', ZENFRA_SECRET_KEY ?? canary],
    ['WEBHOOK_SECRET', WEBHOOK_SECRET ?? canary],
    ['PRIVATE_KEY', PRIVATE_KEY?.split('\n')[1] ?? canary],
    ['the password of the database', password],
  ];
}
