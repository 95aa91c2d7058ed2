import type { Permission } from '../run/checks.ts';

/** Who looks at the pages. */
export interface Viewer {
  /** A GitHub login; `local` for whoever sits at a server without sign-in. */
  login: string;
  /** The session's id; null for the local user. */
  session: string | null;
  /** Goes into every form: a page of another site cannot know it. */
  formToken: string;
}

/**
 * Who may see and do what on the pages. Everything follows a person's permission on the repository as GitHub says it:
 * read sees; write plans, approves, discards, cancels and re-runs; admin destroys, rolls state back and unlocks.
 */
export interface Access {
  /** Whether people can sign in here. */
  signIn: boolean;
  /** Whoever sent the cookie, or the local user. Null: they must sign in. */
  findViewer(cookie: string | undefined): Promise<Viewer | null>;
  /** What the viewer may do in each repository, by its id; what is absent they may not see. Cached briefly. */
  listRights(viewer: Viewer): Promise<ReadonlyMap<number, Permission>>;
  /** As `listRights`, for one repository, asked afresh: for what cannot be taken back. */
  readRight(viewer: Viewer, repositoryId: number): Promise<Permission>;
}
