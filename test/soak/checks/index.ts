import type { History } from '../history.ts';
import { checkApplies } from './applies.ts';
import { checkGitHub } from './github.ts';
import { checkHolds } from './holds.ts';
import { checkRuns } from './runs.ts';
import { checkSecrets } from './secrets.ts';
import { checkState } from './state.ts';
import { checkWebhooks } from './webhooks.ts';

/** What is promised, looked for in what is left: a sentence for each thing that breaks a promise. */
export function check(history: History): string[] {
  const checks = [checkApplies, checkHolds, checkRuns, checkState, checkWebhooks, checkGitHub, checkSecrets];
  return checks.flatMap((one) => one(history));
}
