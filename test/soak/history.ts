import { createHash } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';
import type { Selectable } from 'kysely';
import type { Run } from '../../src/db/runs.ts';
import type { AppliesTable, Database, PlansTable, StateVersionsTable } from '../../src/db/schema.ts';
import type { CheckView, CommentView } from '../../src/sandbox/acts/view.ts';
import type { Delivery } from '../../src/sandbox/webhooks.ts';
import { open, parseMasterKey } from '../../src/secret/envelope.ts';
import { type LedgerLine, readLedger, revisionIn } from './entries.ts';
import type { Approvals } from './people.ts';
import type { SoakWorld } from './soak-world.ts';
import type { Seen } from './watch.ts';

type Rows<T extends keyof Database> = Selectable<Database[T]>[];

export interface Version extends Omit<Selectable<StateVersionsTable>, 'bytes'> {
  /** As it was written; null if it does not open, or is not what its digest says. */
  text: string | null;
}

export interface SeenPull {
  number: number;
  state: 'open' | 'closed' | 'merged';
  head: string;
  comments: CommentView[];
}

/** All that is left of a soak: what Zenfra says, what GitHub shows, and what was really done. */
export interface History {
  stacks: { id: string; name: string }[];
  runs: Run[];
  applies: Selectable<AppliesTable>[];
  plans: Pick<Selectable<PlansTable>, 'id' | 'run_id' | 'stack_id' | 'commit_sha' | 'state_version_id'>[];
  /** The revision that a plan's commit speaks of, by the plan's id. */
  planned: Map<string, string | undefined>;
  events: Rows<'run_events'>;
  phases: Rows<'run_phases'>;
  holds: Rows<'stack_holds'>;
  versions: Version[];
  /** Of each run's apply. */
  logs: Map<string, string>;
  ledger: LedgerLine[];
  deliveries: Pick<Rows<'deliveries'>[number], 'id' | 'handled_at'>[];
  /** Ids of webhooks that were answered well. */
  acknowledged: Set<string>;
  pulls: SeenPull[];
  checks: CheckView[];
  heads: Map<string, string>;
  head: string;
  approvals: Approvals;
  seen: Seen;
  secrets: [string, string][];
}

/** Of the world at rest. */
export async function readHistory(
  world: SoakWorld,
  { approvals, seen, secrets }: Pick<History, 'approvals' | 'seen' | 'secrets'>,
): Promise<History> {
  const { db, story } = world;
  const runs = await db.selectFrom('runs').selectAll().orderBy('number').execute();
  const plans = await db
    .selectFrom('plans')
    .select(['id', 'run_id', 'stack_id', 'commit_sha', 'state_version_id'])
    .execute();
  const stacks = await db.selectFrom('stacks').select(['id', 'name']).execute();
  return {
    ...{ stacks, runs, plans, approvals, seen, secrets },
    applies: await db.selectFrom('applies').selectAll().execute(),
    planned: await readPlanned(world, plans, stacks),
    events: await db.selectFrom('run_events').selectAll().orderBy('id').execute(),
    phases: await db.selectFrom('run_phases').selectAll().execute(),
    holds: await db.selectFrom('stack_holds').selectAll().execute(),
    versions: await readVersions(world),
    logs: await readLogs(world),
    ledger: (await readLedger(world.ledger)).toSorted((a, b) => a.at - b.at),
    deliveries: await db.selectFrom('deliveries').select(['id', 'handled_at']).execute(),
    acknowledged: new Set(story.sandbox.deliveries.filter(isTaken).map(({ guid }) => guid)),
    pulls: listPulls(world),
    checks: [...new Set(runs.map((run) => run.commit_sha))].flatMap((sha) =>
      story.sandbox.checks(story.repository, sha),
    ),
    heads: new Map((await db.selectFrom('branch_heads').selectAll().execute()).map(({ branch, sha }) => [branch, sha])),
    head: await story.sandbox.head(story.repository, 'main'),
  };
}

/** Said to be stored: neither one that nobody wants, nor one that says what another has said. */
function isTaken({ statusCode, response }: Delivery): boolean {
  return statusCode === 202 && response === 'Stored.';
}

async function readPlanned(world: SoakWorld, plans: History['plans'], stacks: History['stacks']) {
  const { sandbox, repository } = world.story;
  const names = new Map(stacks.map(({ id, name }) => [id, name]));
  const planned: History['planned'] = new Map();
  for (const { id, stack_id, commit_sha } of plans)
    planned.set(id, revisionIn(await sandbox.readFile(repository, commit_sha, `${names.get(stack_id)}/main.tf`)));
  return planned;
}

async function readVersions({ db, environment }: SoakWorld): Promise<Version[]> {
  const key = parseMasterKey(environment.ZENFRA_SECRET_KEY ?? '');
  const rows = await db.selectFrom('state_versions').selectAll().orderBy('created_at').execute();
  return rows.map(({ bytes, ...row }) => {
    try {
      const clear = open(key, bytes, `state_versions/${row.id}`);
      const same = createHash('md5').update(clear).digest('hex') === row.md5 && clear.length === row.size;
      return { ...row, text: same ? clear.toString() : null };
    } catch {
      return { ...row, text: null };
    }
  });
}

/** All phases of a run, one after the other. */
async function readLogs({ db }: SoakWorld): Promise<Map<string, string>> {
  const chunks = await db.selectFrom('log_chunks').selectAll().orderBy('phase').orderBy('seq').execute();
  const logs = new Map<string, string>();
  for (const { run_id, bytes } of chunks) logs.set(run_id, (logs.get(run_id) ?? '') + bytes.toString());
  return new Map([...logs].map(([id, log]) => [id, stripVTControlCharacters(log)]));
}

function listPulls({ story }: SoakWorld): SeenPull[] {
  const pulls: SeenPull[] = [];
  for (let number = 1; ; number += 1) {
    try {
      const { state, head, comments } = story.sandbox.conversation(story.repository, number);
      pulls.push({ number, state, head: head.sha, comments });
    } catch {
      return pulls;
    }
  }
}
