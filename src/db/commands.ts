import type { Insertable, Kysely, Selectable, Transaction } from 'kysely';
import type { CommandsTable, Database } from './schema.ts';

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

/** Notes what came of a command together with what is answered, before anything is posted: neither is worked out twice. */
export async function settleCommand(
  db: Db,
  id: string,
  settled: { outcome: NonNullable<Command['outcome']>; reply: string | null },
): Promise<void> {
  await db.updateTable('commands').set(settled).where('id', '=', id).execute();
}
