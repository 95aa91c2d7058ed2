import type { FaultList } from './faults.ts';
import type { SandboxOptions } from './github.ts';
import type { RecordedCall } from './http/record.ts';
import type { Account, Store } from './store.ts';
import type { Webhooks } from './webhooks.ts';

/** Everything that a route, an act or a page of the sandbox works on. */
export interface World {
  options: SandboxOptions;
  /** Where pages are: `http://127.0.0.1:PORT`. */
  url: string;
  /** Where the API is: `${url}/api/v3`, as on GitHub Enterprise Server. */
  apiUrl: string;
  store: Store;
  /** The App's own account, `<slug>[bot]`. */
  bot: Account;
  startedAt: string;
  webhooks: Webhooks;
  faults: FaultList;
  calls: RecordedCall[];
}

/** What the App may do with a repository: what its installation tokens get unless they ask for less. */
export const APP_PERMISSIONS = {
  metadata: 'read',
  contents: 'read',
  pull_requests: 'write',
  checks: 'write',
  issues: 'write',
  merge_queues: 'read',
} as const;

export const APP_EVENTS = ['pull_request', 'push', 'issue_comment', 'check_run', 'check_suite', 'merge_group'] as const;
