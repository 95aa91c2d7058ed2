/**
 * The words of a run: its types, statuses and phases, and what people see for each.
 * Labels live here so that pages, comments and checks say the same thing.
 */

export const runTypes = ['tracked', 'plan_only', 'destroy'] as const;
export type RunType = (typeof runTypes)[number];

export const runStatuses = [
  'queued',
  'preparing',
  'initializing',
  'planning',
  'unconfirmed',
  'approved',
  'applying',
  'finished',
  'failed',
  'discarded',
  'canceled',
] as const;
export type RunStatus = (typeof runStatuses)[number];

/** The phases of a run's history, in order. `approved` covers the wait for a person and the approval. */
export const runPhases = [
  'queued',
  'preparing',
  'initializing',
  'planning',
  'approved',
  'applying',
  'finished',
] as const;
export type RunPhase = (typeof runPhases)[number];

/** The phases in which an engine or a worker writes a log. */
export const loggedPhases = ['preparing', 'initializing', 'planning', 'applying'] as const;
export type LoggedPhase = (typeof loggedPhases)[number];

export const typeLabels: Record<RunType, string> = {
  tracked: 'Plan & Apply (Tracked)',
  plan_only: 'Plan Only',
  destroy: 'Destroy',
};

export const statusLabels: Record<RunStatus, string> = {
  queued: 'Queued',
  preparing: 'Preparing',
  initializing: 'Initializing',
  planning: 'Planning',
  unconfirmed: 'Needs approval',
  approved: 'Approved',
  applying: 'Applying',
  finished: 'Finished',
  failed: 'Failed',
  discarded: 'Discarded',
  canceled: 'Canceled',
};

export const phaseLabels: Record<RunPhase, string> = {
  queued: 'Queued',
  preparing: 'Preparing',
  initializing: 'Initializing',
  planning: 'Planning',
  approved: 'Approved',
  applying: 'Applying',
  finished: 'Finished',
};

export type Engine = 'terraform' | 'tofu';

export const engineLabels: Record<Engine, string> = { terraform: 'Terraform', tofu: 'OpenTofu' };
