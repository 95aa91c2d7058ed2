import type { Kysely } from 'kysely';
import { getRepository } from '../db/repositories.ts';
import type { Database } from '../db/schema.ts';
import type { GitHub } from '../github/github.ts';
import { refOf } from '../github/github.ts';
import { readPermission } from '../github/people.ts';
import type { Permission } from '../run/checks.ts';
import type { MasterKey } from '../secret/envelope.ts';
import { formTokenFor } from './form-token.ts';
import { RightsCache } from './rights-cache.ts';
import type { Access, Viewer } from './viewer.ts';

/** The name of whoever sits at a server without sign-in. A login cannot contain a blank. */
const localName = 'local user';

interface LocalDeps {
  db: Kysely<Database>;
  github: GitHub;
  masterKey: MasterKey;
}

/**
 * For a server that listens on loopback and has no sign-in: whoever reaches it is the local user. With a login (in the
 * demo) they may do what that person may; without one they see everything and change nothing, because an approval
 * needs a name that GitHub knows.
 */
export function localAccess(deps: LocalDeps, login: string | null): Access {
  const viewer: Viewer = {
    login: login ?? localName,
    session: null,
    formToken: formTokenFor(deps.masterKey, `local ${login ?? ''}`),
  };
  const cache = new RightsCache(() => readAll(deps, login));
  return {
    signIn: false,
    findViewer: async () => viewer,
    listRights: () => cache.get('local'),
    readRight: (_, repositoryId) => readOne(deps, login, repositoryId),
  };
}

async function readAll(deps: LocalDeps, login: string | null): Promise<Map<number, Permission>> {
  const repositories = await deps.db.selectFrom('repositories').selectAll().where('removed_at', 'is', null).execute();
  return new Map(
    await Promise.all(
      repositories.map(async ({ id }): Promise<[number, Permission]> => [id, await readOne(deps, login, id)]),
    ),
  );
}

async function readOne(deps: LocalDeps, login: string | null, repositoryId: number): Promise<Permission> {
  if (login === null) return 'read';
  return readPermission(deps.github, refOf(await getRepository(deps.db, repositoryId)), login);
}
