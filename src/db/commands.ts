import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { addJob } from './jobs.ts';
import type { CommandsTable, Database } from './schema.ts';
import { transact } from './transact.ts';

export type Command = Selectable<CommandsTable>;
type Db = Kysely<Database> | Transaction<Database>;

/**
 * Notes a command when it is first seen, and returns it as it stands: with an outcome, it was obeyed already. One whose
 * handling broke off has none and is obeyed again.
 */
export async function takeCommand(db: Db, command: Insertable<CommandsTable>): Promise<Command> {
  await db
    .insertInto('commands')
    .values(command)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  return db.selectFrom('commands').selectAll().where('id', '=', command.id).executeTakeFirstOrThrow();
}

export async function findCommand(db: Db, id: string): Promise<Command | undefined> {
  return db.selectFrom('commands').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function setCommandOutcome(db: Db, id: string, outcome: NonNullable<Command['outcome']>): Promise<void> {
  await db.updateTable('commands').set({ outcome }).where('id', '=', id).execute();
}

/**
 * Notes what came of a command together with what is answered, and has it told on GitHub, in one transaction: neither
 * is worked out twice, and GitHub being away changes nothing of it.
 */
export async function settleCommand(
  db: Kysely<Database>,
  id: string,
  settled: { outcome: NonNullable<Command['outcome']>; reply?: string | null },
): Promise<void> {
  await transact(db, async (trx) => {
    await trx.updateTable('commands').set(settled).where('id', '=', id).execute();
    await addJob(trx, 'report_command', { commandId: id }, { key: `report:command:${id}` });
  });
}

/** Whether a command has made runs, whose end is told on its comment. */
export async function hasRuns(db: Db, commandId: string): Promise<boolean> {
  const run = await db.selectFrom('runs').select('id').where('command_id', '=', commandId).executeTakeFirst();
  return run !== undefined;
}

export async function noteReaction(db: Db, id: string, reaction: string): Promise<void> {
  await db
    .updateTable('commands')
    .set({ reacted: sql`array_append(reacted, ${reaction})` })
    .where('id', '=', id)
    .execute();
}
