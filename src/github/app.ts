import type { Logger } from 'pino';
import { Probot, ProbotOctokit } from 'probot';
import { renewTokens } from './renew-tokens.ts';
import { retryRequests } from './retry.ts';

export interface AppSettings {
  appId: number;
  /** PEM. */
  privateKey: string;
  webhookSecret: string;
  /** `https://api.github.com`, or a GitHub Enterprise Server's `…/api/v3`. */
  apiUrl: string;
}

/**
 * The GitHub App: signs in as itself and as its installations, checks webhooks and hands them on.
 *
 * Octokit's own throttle is off. It spaces writes by a second and comments by three, which makes ten checks take ten
 * seconds; `budget.ts` keeps GitHub's limits instead. Probot would switch the throttle on again from its defaults,
 * which win over options, so it is done in the constructor.
 */
export function createGitHubApp(settings: AppSettings, log: Logger): Probot {
  return new Probot({
    appId: settings.appId,
    privateKey: settings.privateKey,
    secret: settings.webhookSecret,
    baseUrl: settings.apiUrl,
    Octokit: OwnOctokit,
    log,
  });
}

class OwnOctokit extends ProbotOctokit {
  constructor(options: ConstructorParameters<typeof ProbotOctokit>[0] = {}) {
    super({ ...options, throttle: { enabled: false }, retry: { enabled: false } });
    retryRequests(this.hook);
    const { installationId, cache } = options.auth ?? {};
    if (installationId !== undefined) renewTokens(this.hook, cache);
  }
}
