import type { LogView } from '../../views/parts/log.tsx';
import type { PhaseState, PhaseView } from '../../views/parts/timeline.tsx';
import type { PageRun } from '../db/page-run.ts';
import type { RunPhaseRow } from '../db/run-phases.ts';
import { autoApplier } from '../run/auto-apply.ts';
import { neededToApprove } from '../run/checks.ts';
import { policyOf } from '../run/policy.ts';
import { type LoggedPhase, loggedPhases, phaseLabels, type RunPhase, runPhases, statusLabels } from '../run/status.ts';
import { isFinal } from '../run/transition.ts';

interface Shown {
  /** Whether the run waits for something else than a person's approval. */
  waits: boolean;
  logs: Map<LoggedPhase, LogView>;
  /** The phase whose log was asked for. */
  opened: LoggedPhase | null;
}

/**
 * The run's history from top to bottom: the phases it went through, those that may still come, and the end. A run
 * that has ended shows only what happened; its last step carries the status it ended with.
 */
export function toPhases(run: PageRun, rows: RunPhaseRow[], shown: Shown): PhaseView[] {
  const ended = isFinal(run.status);
  const possible = runPhases.filter(
    (phase) => phase !== 'finished' && (run.type !== 'plan_only' || !['approved', 'applying'].includes(phase)),
  );
  const views = possible.flatMap((phase) => {
    const row = rows.find((candidate) => candidate.phase === phase);
    return row || !ended || phase === 'queued' ? [toPhase(run, { phase, row }, shown)] : [];
  });
  return [...views, lastStep(run)];
}

function toPhase(
  run: PageRun,
  { phase, row }: { phase: RunPhase; row: RunPhaseRow | undefined },
  { waits, logs, opened }: Shown,
): PhaseView {
  const logged = loggedPhases.find((name) => name === phase);
  const window = logged && logs.get(logged);
  const state = stateOf(run, { phase, row }, waits);
  return {
    phase,
    label: phaseLabels[phase],
    state,
    startedAt: row?.started_at ?? (phase === 'queued' ? run.created_at : null),
    endedAt: row?.ended_at ?? (phase === 'queued' && !row ? (run.started_at ?? run.ended_at) : null),
    note: noteOf(run, phase, row),
    about: aboutOf(run, phase, window),
    log: window ?? null,
    open: opened === phase || (logged !== undefined && (state === 'running' || state === 'failed')),
  };
}

const outcomeStates = { succeeded: 'done', failed: 'failed', canceled: 'stopped', discarded: 'stopped' } as const;

/** Phases in which a run has nothing to do yet: it waits, or will be taken up at once. */
const idlePhases: RunPhase[] = ['queued', 'approved'];

function stateOf(run: PageRun, at: { phase: RunPhase; row: RunPhaseRow | undefined }, waits: boolean): PhaseState {
  const { phase, row } = at;
  if (row?.outcome) return outcomeStates[row.outcome];
  if (!row && phase !== 'queued') return 'pending';
  if (!row && run.status !== 'queued') return 'done';
  const idle = idlePhases.includes(phase) && (waits || run.status === 'unconfirmed');
  return idle ? 'waiting' : 'running';
}

function noteOf(run: PageRun, phase: RunPhase, row: RunPhaseRow | undefined): string {
  if (row?.note) return row.note;
  if (phase === 'queued') return `triggered by ${run.triggered_by}`;
  if (phase === 'approved' && run.approved_by !== null) return `by ${run.approved_by}`;
  return phase === 'approved' && run.status === 'unconfirmed' ? 'waits for approval' : '';
}

function aboutOf(run: PageRun, phase: RunPhase, window: LogView | undefined): string[] {
  if (phase === 'queued') return [`Triggered by ${run.triggered_by}.`, run.trigger_reason];
  if (phase === 'approved') return [approvalSentence(run)];
  return window ? [] : ['Nothing has been written yet.'];
}

function approvalSentence(run: PageRun): string {
  if (run.approved_by === autoApplier) return 'Applied automatically, as the stack is set up.';
  if (run.approved_by !== null) return `Approved by ${run.approved_by}.`;
  if (isFinal(run.status)) return 'It was not approved.';
  const facts = { policy: policyOf(run.stack_definition), deletes: (run.destroy_count ?? 0) > 0 };
  const others = facts.policy.approval.selfApprove ? '' : ' who did not make the change';
  return `Waits until a person with ${neededToApprove(run.type, facts)} permission on the repository${others} approves the plan.`;
}

const endStates = { finished: 'done', failed: 'failed', discarded: 'stopped', canceled: 'stopped' } as const;

function lastStep(run: PageRun): PhaseView {
  const base = {
    phase: 'finished' as const,
    startedAt: run.ended_at,
    endedAt: run.ended_at,
    note: '',
    about: [],
    log: null,
    open: false,
  };
  if (!isFinal(run.status)) return { ...base, label: phaseLabels.finished, state: 'pending' };
  const state = endStates[run.status as keyof typeof endStates];
  return { ...base, label: statusLabels[run.status], state, note: endNote(run), about: [endSentence(run)] };
}

function endNote(run: PageRun): string {
  if (run.status === 'failed') return run.failure?.headline ?? '';
  return run.ended_because ?? '';
}

function endSentence(run: PageRun): string {
  const ends = {
    finished: run.apply_steps === null ? 'The run completed. Nothing was applied.' : 'The run completed successfully.',
    failed: 'The run ended with an error.',
    discarded: 'The plan was not applied.',
    canceled: run.failure ? 'The run was stopped while it applied.' : 'The run was stopped.',
  };
  return ends[run.status as keyof typeof ends];
}
