import assert from 'node:assert/strict';
import type { Run } from '../../src/db/runs.ts';
import { listHolds } from '../../src/db/stack-holds.ts';
import { readVersionBytes } from '../../src/db/state-versions.ts';
import { isFinal } from '../../src/run/transition.ts';
import { open } from '../../src/secret/envelope.ts';
import type { Play } from './play.ts';

/** Compares what Zenfra says with what the world saw. */
export class Oracle {
  readonly #play: Play;
  /** The runs that have ended, as they ended. */
  readonly #ended = new Map<string, string>();
  /** The plan that people saw when they approved, by the run that applies it. */
  readonly #approved = new Map<string, string>();
  #looked = 0;

  constructor(play: Play) {
    this.#play = play;
  }

  /** Notes which plan was shown for the head when an approval that made a run was handled. */
  async aroundApproval(handle: () => Promise<void>): Promise<void> {
    const before = new Set((await this.runs()).map(({ id }) => id));
    const shown = await this.#planOfHead();
    await handle();
    for (const run of await this.runs()) {
      if (before.has(run.id) || run.adopted_plan_id === null) continue;
      assert.equal(run.adopted_plan_id, shown, `run #${run.number} adopts a plan that was not the head's`);
      this.#approved.set(run.id, run.adopted_plan_id);
    }
  }

  /** A run of the tracked branch was approved, which plan is its own. */
  async noteApproval(runId: string): Promise<void> {
    const plan = await this.#db.selectFrom('plans').select('id').where('run_id', '=', runId).executeTakeFirst();
    if (plan) this.#approved.set(runId, plan.id);
  }

  /** What must hold at any time. */
  async look(): Promise<void> {
    const runs = await this.runs();
    const { ledger } = this.#play;
    assert.equal(
      new Set(ledger.applied.map(({ planId }) => planId)).size,
      ledger.applied.length,
      'a plan was applied twice',
    );
    assert.ok(ledger.findLive().length <= 1, 'two applies overlap');
    for (const line of ledger.applied.slice(this.#looked)) await this.#lookAtApply(line, runs);
    this.#looked = ledger.applied.length;
    this.#lookAtEnded(runs);
    await this.#lookAtUnknown(runs);
    await this.#lookAtApplies();
  }

  runs(): Promise<Run[]> {
    const { stackId } = this.#play;
    return this.#db.selectFrom('runs').selectAll().where('stack_id', '=', stackId).orderBy('number').execute();
  }

  /** Every state that was acknowledged is there, byte for byte. */
  async lookAtStates(): Promise<void> {
    const { stackId, ledger } = this.#play;
    const { masterKey } = this.#play.house.common;
    const rows = await this.#db.selectFrom('state_versions').select('id').where('stack_id', '=', stackId).execute();
    const texts = await Promise.all(
      rows.map(async ({ id }) =>
        open(masterKey, await readVersionBytes(this.#db, id), `state_versions/${id}`).toString(),
      ),
    );
    for (const { text } of ledger.acknowledged) assert.ok(texts.includes(text), `the state ${text} is lost`);
  }

  get #db() {
    return this.#play.house.database.db;
  }

  async #planOfHead(): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('plans')
      .innerJoin('runs', 'runs.id', 'plans.run_id')
      .select('plans.id')
      .where('runs.stack_id', '=', this.#play.stackId)
      .where('runs.type', '=', 'plan_only')
      .where('runs.commit_sha', '=', await this.#play.head())
      .orderBy('runs.number', 'desc')
      .executeTakeFirst();
    return row?.id;
  }

  async #lookAtApply(line: Play['ledger']['applied'][number], runs: Run[]): Promise<void> {
    const run = runs.find(({ id }) => id === line.runId);
    assert.equal(line.planId, this.#approved.get(line.runId), `run #${run?.number} applies what nobody approved`);
    assert.equal(line.file, this.#play.plans.get(line.planId), `run #${run?.number} applies another file`);
    const begun = this.#play.begun.get(line.runId);
    assert.ok(begun?.permitted, `run #${run?.number} applies on the word of somebody who may not`);
    assert.ok(line.file.endsWith(` from ${begun.state}`), `run #${run?.number} applies to another state`);
    if (line.adopted) assert.ok(line.file.startsWith(`plan_only of ${begun.head} `), 'the head moved');
    const before = this.#ended.get(line.runId);
    assert.ok(before === undefined || before === 'failed', `run #${run?.number} was ${before}, and applies`);
  }

  #lookAtEnded(runs: Run[]): void {
    for (const run of runs) {
      const before = this.#ended.get(run.id);
      assert.ok(before === undefined || before === run.status, `run #${run.number} was ${before} and is ${run.status}`);
      if (isFinal(run.status)) this.#ended.set(run.id, run.status);
    }
  }

  /** An engine that lives is under way, or its outcome is stated as unknown and holds the stack. */
  async #lookAtUnknown(runs: Run[]): Promise<void> {
    const held = (await listHolds(this.#db, [this.#play.stackId])).some(({ reason }) => reason === 'outcome_unknown');
    for (const { runId } of this.#play.ledger.findLive()) {
      const run = runs.find(({ id }) => id === runId);
      if (!run || run.status === 'applying') continue;
      assert.deepEqual([run.status, run.failure?.outcomeUnknown, held], ['failed', true, true], `run #${run.number}`);
    }
  }

  /** What Zenfra takes for a use of a plan happened at most once, and nothing happened that it does not know of. */
  async #lookAtApplies(): Promise<void> {
    const rows = await this.#db
      .selectFrom('applies')
      .innerJoin('runs', 'runs.id', 'applies.run_id')
      .select(['applies.plan_id', 'applies.run_id'])
      .where('runs.stack_id', '=', this.#play.stackId)
      .execute();
    const known = new Set(rows.map((row) => `${row.plan_id} ${row.run_id}`));
    for (const { planId, runId } of this.#play.ledger.applied)
      assert.ok(known.has(`${planId} ${runId}`), 'an apply is not known');
  }
}
