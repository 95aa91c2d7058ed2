import type { Migration } from 'kysely/migration';
import * as initial from './0001_initial.ts';
import * as whatWasSaidBefore from './0002_what_was_said_before.ts';
import * as sessions from './0003_sessions.ts';
import * as livePages from './0004_live_pages.ts';
import * as workerEngines from './0005_worker_engines.ts';
import * as stateHistory from './0006_state_history.ts';
import * as whatWasActedOn from './0010_what_was_acted_on.ts';
import * as headsOnlyNoticed from './0011_heads_only_noticed.ts';
import * as whoMayStillApply from './0012_who_may_still_apply.ts';
import * as runsByKind from './0013_runs_by_kind.ts';
import * as defaultRights from './0014_default_rights.ts';
import * as modulesAndOrder from './0015_modules_and_order.ts';
import * as whatRunsWorkWith from './0016_what_runs_work_with.ts';
import * as externalState from './0017_external_state.ts';
import * as engineCredentials from './0018_engine_credentials.ts';
import * as bundles from './0019_bundles.ts';
import * as tokensOfAStack from './0020_tokens_of_a_stack.ts';
import * as whatIsKnownSince from './0021_what_is_known_since.ts';
import * as whoseChangeItIs from './0022_whose_change_it_is.ts';

/** All migrations in order; forward only. A list, not a folder scan, so that the built program carries them. */
export const migrations: Record<string, Migration> = {
  '0001_initial': initial,
  '0002_what_was_said_before': whatWasSaidBefore,
  '0003_sessions': sessions,
  '0004_live_pages': livePages,
  '0005_worker_engines': workerEngines,
  '0006_state_history': stateHistory,
  '0010_what_was_acted_on': whatWasActedOn,
  '0011_heads_only_noticed': headsOnlyNoticed,
  '0012_who_may_still_apply': whoMayStillApply,
  '0013_runs_by_kind': runsByKind,
  '0014_default_rights': defaultRights,
  '0015_modules_and_order': modulesAndOrder,
  '0016_what_runs_work_with': whatRunsWorkWith,
  '0017_external_state': externalState,
  '0018_engine_credentials': engineCredentials,
  '0019_bundles': bundles,
  '0020_tokens_of_a_stack': tokensOfAStack,
  '0021_what_is_known_since': whatIsKnownSince,
  '0022_whose_change_it_is': whoseChangeItIs,
};
