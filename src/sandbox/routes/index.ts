import type { Hono } from 'hono';
import type { SandboxEnv } from '../http/env.ts';
import { manifestRoutes } from '../pages/manifest.tsx';
import type { World } from '../world.ts';
import { appRoutes } from './app.ts';
import { checkRoutes } from './checks.ts';
import { commentRoutes } from './comments.ts';
import { commitRoutes } from './commits.ts';
import { contentRoutes } from './contents.ts';
import { gitDataRoutes } from './git-data.ts';
import { hookRoutes } from './hook.ts';
import { pullRoutes } from './pulls.ts';
import { reactionRoutes } from './reactions.ts';
import { repositoryRoutes } from './repositories.ts';
import { userRoutes } from './users.ts';

/** Adds some of GitHub's API to the sandbox. */
export type Routes = (app: Hono<SandboxEnv>, world: World) => void;

/** Each serves one part of the API. The order matters only within a file. */
export const apiRoutes: Routes[] = [
  appRoutes,
  manifestRoutes,
  hookRoutes,
  repositoryRoutes,
  userRoutes,
  gitDataRoutes,
  contentRoutes,
  commitRoutes,
  pullRoutes,
  commentRoutes,
  reactionRoutes,
  checkRoutes,
];
