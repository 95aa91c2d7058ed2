import { Hono } from 'hono';
import { RightsUnknown } from '../access/rights-cache.ts';
import { actionRoutes } from './action-routes.ts';
import { assetRoutes } from './assets.ts';
import { bundleActionRoutes } from './bundle-action-routes.ts';
import { bundleRoutes } from './bundles.ts';
import type { PagesDeps } from './deps.ts';
import { doctorRoutes } from './doctor.ts';
import type { PageEnv } from './env.ts';
import { listEventRoutes } from './live/list-events.ts';
import { runEventRoutes } from './live/run-events.ts';
import { logRoutes } from './logs.ts';
import { pullRequestRoutes } from './pull-request.ts';
import { sendMessage, sendNotFound } from './respond.ts';
import { runRoutes } from './run.ts';
import { securityHeaders } from './security.ts';
import { settingsRoutes } from './settings.ts';
import { requireViewer, signInRoutes, signOutRoutes } from './sign-in.ts';
import { stackRoutes } from './stack.ts';
import { stacksRoutes } from './stacks.ts';
import { stateRoutes } from './state.ts';
import { stateActionRoutes } from './state-action-routes.ts';
import { stateFileRoutes } from './state-files.ts';

export type { ActionResult, PageActions } from './actions.ts';
export type { PagesDeps } from './deps.ts';

/**
 * Every page: `app.route('/', pages(deps))`, after all other routes, because an address that none knows is answered
 * here with the "Nothing here" page.
 */
export function pages(deps: PagesDeps): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  // A form whose reader is not signed in any more is led on to GitHub, and browsers ask the policy for that as well.
  app.use(securityHeaders({ formsTo: deps.signIn ? deps.githubServerUrl : '' }));
  app.route('/assets', assetRoutes());
  app.route('/', signInRoutes(deps));
  app.use(requireViewer(deps));
  app.route('/', signOutRoutes(deps));
  app.route('/', stacksRoutes(deps));
  app.route('/', doctorRoutes(deps));
  app.route('/', stackRoutes(deps));
  app.route('/', logRoutes(deps));
  app.route('/', runEventRoutes(deps));
  app.route('/', listEventRoutes(deps));
  app.route('/', runRoutes(deps));
  app.route('/', pullRequestRoutes(deps));
  app.route('/', stateRoutes(deps));
  app.route('/', stateFileRoutes(deps));
  app.route('/', settingsRoutes(deps));
  app.route('/', bundleRoutes(deps));
  app.route('/', actionRoutes(deps));
  app.route('/', stateActionRoutes(deps));
  app.route('/', bundleActionRoutes(deps));
  app.all('*', (c) => sendNotFound(c, deps));
  app.onError((error, c) => {
    deps.log.error({ err: error, method: c.req.method, path: c.req.path }, 'a page failed');
    if (error instanceof RightsUnknown)
      return sendMessage(c, deps, 503, 'GitHub was asked what you may see, and did not answer. Try again in a moment.');
    return sendMessage(
      c,
      deps,
      500,
      'The page could not be made. The server’s log has the details; trying again may help.',
    );
  });
  return app;
}
