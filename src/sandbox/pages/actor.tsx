import { type Account, type Permission, permissionOf, type Repository } from '../store.ts';
import type { World } from '../world.ts';

/** Someone in whose name the pages can act. */
export interface Actor {
  account: Account;
  role: Permission;
}

/** Everybody who has a role in a repository, the mightiest first. */
export function actorsOf(world: World, repository: Repository): Actor[] {
  const order: Permission[] = ['admin', 'maintain', 'write', 'triage', 'read'];
  return [...repository.permissions.keys()]
    .map((login) => world.store.accounts.get(login))
    .filter((account) => account !== undefined)
    .map((account) => ({ account, role: permissionOf(repository, account.login) }))
    .filter((actor) => actor.role !== 'none')
    .toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
}

/** Whether a role may merge, push and press buttons. */
export function mayWrite(role: Permission): boolean {
  return role === 'write' || role === 'maintain' || role === 'admin';
}

/** The choice of who acts: it counts for every button of the page, since all belong to the one form. */
export function ActorSelect({ actors, as }: { actors: Actor[]; as: string | undefined }) {
  return (
    <label class="actor">
      Act as{' '}
      <select name="as">
        {actors.map(({ account, role }) => (
          <option value={account.login} selected={account.login === as}>
            {account.login} ({role})
          </option>
        ))}
      </select>
    </label>
  );
}

const NOTICES: Record<string, string> = {
  write: 'That needs write permission.',
  blank: 'A comment needs some text.',
  long: 'A comment has at most 65,536 characters.',
  conflict: 'This pull request is in conflict with its base, or is a draft: it cannot be merged.',
  state: 'The pull request is not in a state that allows this.',
  file: 'The pull request has no file that another commit could change.',
};

/** What an act could not do, by its short name in the address. */
export function Notice({ code }: { code: string | undefined }) {
  const text = code !== undefined && Object.hasOwn(NOTICES, code) ? NOTICES[code] : undefined;
  return text ? (
    <p class="notice" role="alert">
      {text}
    </p>
  ) : null;
}
