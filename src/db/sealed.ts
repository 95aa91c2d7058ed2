import { type Kysely, sql } from 'kysely';
import { contexts } from '../secret/contexts.ts';
import { EnvelopeError, keyIdOf, type MasterKey, open, seal } from '../secret/envelope.ts';
import type { Database } from './schema.ts';

/** Where sealed bytes are, and what they are bound to there. A new place has to be listed here, or it is not re-encrypted. */
const places = [
  { table: 'plans', column: 'file', id: 'id', context: contexts.planFile },
  { table: 'plans', column: 'lock_file', id: 'id', context: contexts.planLockFile },
  { table: 'plans', column: 'json', id: 'id', context: contexts.planJson },
  { table: 'state_versions', column: 'bytes', id: 'id', context: contexts.stateVersion },
  { table: 'rejected_states', column: 'bytes', id: 'id', context: contexts.rejectedState },
  { table: 'bundle_versions', column: 'contents', id: 'id', context: contexts.bundleVersion },
  { table: 'sessions', column: 'github_token', id: 'id', context: contexts.sessionToken },
  { table: 'state_credentials', column: 'token', id: 'token_sha256', context: contexts.stateCredential },
] as const;

type Place = (typeof places)[number];

/** Sealed as text, in base64. */
const sealedSettings = ['github_app', 'key_check'];
const keyCheck = 'key_check';
const known = 'Zenfra’s key';

/** How many sealed values there are of each key, by its id. */
export async function countSealed(db: Kysely<Database>): Promise<Map<string, number>> {
  const parts = places.map(
    (place) =>
      sql`select ${keyOf(place)} as key from ${sql.table(place.table)} where ${sql.ref(place.column)} is not null`,
  );
  const { rows } = await sql<{ key: string; count: number }>`
    select key, count(*)::int as count from (${sql.join(parts, sql` union all `)}) sealed group by key`.execute(db);
  return new Map(rows.map(({ key, count }) => [key, count]));
}

function keyOf({ column }: Place) {
  return sql<string>`encode(substring(${sql.ref(column)} from 2 for 8), 'escape')`;
}

/**
 * Makes sure that the key is the one that this database was sealed with, before anything new is sealed. Throws an
 * `EnvelopeError` that names both. The first start notes the key, by a text sealed with it.
 */
export async function checkKey(db: Kysely<Database>, key: MasterKey): Promise<void> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', keyCheck).executeTakeFirst();
  if (row) {
    open(key, Buffer.from(row.value, 'base64'), contexts.setting(keyCheck));
    return;
  }
  const ids = [key, ...key.former].map(({ id }) => id);
  const foreign = [...(await countSealed(db)).keys()].find((id) => !ids.includes(id));
  if (foreign !== undefined) {
    throw new EnvelopeError(
      `This database holds what was sealed with the key ${foreign}, and ZENFRA_SECRET_KEY is ${key.id}. Give back the key it was made with.`,
    );
  }
  const value = seal(key, Buffer.from(known), contexts.setting(keyCheck)).toString('base64');
  await db
    .insertInto('settings')
    .values({ key: keyCheck, value })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/**
 * Seals again, with the key of today, up to so many values of each place that were sealed with a former one. Each is
 * opened first, so what cannot be opened stays as it is and is thrown. Returns how many there were.
 */
export async function resealSome(db: Kysely<Database>, key: MasterKey, most: number): Promise<number> {
  let count = await resealSettings(db, key);
  for (const place of places) {
    const { rows } = await sql<{ id: string }>`
      select ${sql.ref(place.id)}::text as id from ${sql.table(place.table)}
      where ${sql.ref(place.column)} is not null and ${keyOf(place)} <> ${key.id} limit ${most}`.execute(db);
    for (const { id } of rows) await reseal(db, key, { place, id });
    count += rows.length;
  }
  return count;
}

async function reseal(
  db: Kysely<Database>,
  key: MasterKey,
  { place, id }: { place: Place; id: string },
): Promise<void> {
  const [table, column, name] = [sql.table(place.table), sql.ref(place.column), sql.ref(place.id)];
  const { rows } = await sql<{ sealed: Buffer }>`
    select ${column} as sealed from ${table} where ${name}::text = ${id}`.execute(db);
  const sealed = rows[0]?.sealed;
  if (!sealed || keyIdOf(sealed) === key.id) return;
  const again = seal(key, open(key, sealed, place.context(id)), place.context(id));
  // Two servers at it at once would each write the same content.
  await sql`update ${table} set ${column} = ${again} where ${name}::text = ${id} and ${column} is not null`.execute(db);
}

async function resealSettings(db: Kysely<Database>, key: MasterKey): Promise<number> {
  const rows = await db.selectFrom('settings').selectAll().where('key', 'in', sealedSettings).execute();
  const old = rows.filter(({ value }) => keyIdOf(Buffer.from(value, 'base64')) !== key.id);
  for (const { key: name, value } of old) {
    const content = open(key, Buffer.from(value, 'base64'), contexts.setting(name));
    const again = seal(key, content, contexts.setting(name)).toString('base64');
    await db.updateTable('settings').set({ value: again }).where('key', '=', name).where('value', '=', value).execute();
  }
  return old.length;
}
