import type { Insertable, Kysely, Selectable, Transaction } from 'kysely';
import type { CommandsTable, Database } from './schema.ts';

export type Command = Selectable<CommandsTable>;
type Db = Kysely<Database> | Transaction<Database>;

/** Notes a command when it is first seen. False when it was obeyed already; one whose handling broke off is taken again. */
export async function takeCommand(db: Db, command: Insertable<CommandsTable>): Promise<boolean> {
  await db
    .insertInto('commands')
    .values(command)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  const row = await findCommand(db, command.id);
  return row?.outcome === null;
}

export async function findCommand(db: Db, id: string): Promise<Command | undefined> {
  return db.selectFrom('commands').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function setCommandOutcome(db: Db, id: string, outcome: NonNullable<Command['outcome']>): Promise<void> {
  await db.updateTable('commands').set({ outcome }).where('id', '=', id).execute();
}
