import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import {
  type ApplyOutcome,
  LeaseLost,
  type PhaseSink,
  type PlanOutcome,
  type StateAccess,
} from '../../src/execution/contract.ts';
import type { RunFailure } from '../../src/run/failure.ts';
import type { Assignment, Runner } from '../../src/runners/runner.ts';
import { savedPlan } from '../queue/worker.ts';
import type { Steps } from './gate.ts';
import type { Applied, Ledger } from './ledger.ts';

/** Executions without an engine's program: they take a step when they are told, and what they apply is in the ledger. */
export function ledgerRunner(about: About): Runner {
  const { ledger } = about;
  return {
    listEngines: async () => [],
    start: (assignment, sink) => (assignment.apply ? apply(about, assignment, sink) : plan(about, assignment, sink)),
    resume: async (assignment, sink) => {
      const left = ledger.applied.find(({ runId }) => runId === assignment.run.id);
      return left ? follow(about, left, sink) : null;
    },
    findApply: async ({ planId }) => {
      const left = ledger.applied.find((applied) => applied.planId === planId);
      if (!left) return { engine: 'absent' };
      return left.process === 'alive' ? { engine: 'running' } : { engine: 'ended', unsavedState: null };
    },
    release: async () => undefined,
    clearLeft: async () => undefined,
    self: { host: hostname(), pid: process.pid, place, startTime: null },
    fateOf: ({ pid }) => (pid === nobody ? 'dead' : 'alive'),
  };
}

/** Where all workers of the model are. */
export const place = 'the model';
/** No process has a number that is larger than Linux gives. */
export const nobody = 2 ** 22 + 1;

export interface About {
  ledger: Ledger;
  steps: Steps;
  /** What was planned, by the plan's id. */
  plans: Map<string, string>;
  /** Called when the facts were read again and the plan is used. */
  begun(runId: string, state: string): Promise<void>;
}

async function plan({ ledger, steps, plans }: About, assignment: Assignment, sink: PhaseSink): Promise<PlanOutcome> {
  await steps.next();
  if (isStopped(sink)) return { ok: false, failure: canceled };
  for (const phase of ['initializing', 'planning'] as const) await sink.enter(phase);
  const state = await ledger.readState(stateOf(assignment));
  await steps.next();
  if (isStopped(sink)) return { ok: false, failure: canceled };
  const file = `${assignment.run.type} of ${assignment.commit} from ${state}`;
  plans.set(assignment.planId, file);
  await sink.savePlan({ ...savedPlan(), file: Buffer.from(file) });
  return { ok: true, warnings: [] };
}

async function apply(about: About, assignment: Assignment, sink: PhaseSink): Promise<ApplyOutcome> {
  const { ledger, steps } = about;
  await steps.next();
  const adopted = assignment.apply?.adoptedFrom !== null;
  if (adopted) for (const phase of ['initializing', 'planning'] as const) await sink.enter(phase);
  const answer = await sink.beginApply(null);
  if (!answer.ok) return fail({ ...canceled, reason: 'refused', headline: answer.why });
  await about.begun(assignment.run.id, await ledger.readState(stateOf(assignment)));
  await steps.next();
  if (isStopped(sink)) return fail(canceled);
  const applied = await ledger.startEngine(assignment);
  return applied
    ? follow(about, applied, sink)
    : fail({ ...canceled, reason: 'exit', headline: 'Error acquiring the lock' });
}

async function follow({ ledger, steps }: About, applied: Applied, sink: PhaseSink): Promise<ApplyOutcome> {
  do {
    await steps.next();
    // An interrupted engine ends by itself; one whose run is lost to us is left alone.
    if (isStopped(sink) && applied.process === 'alive') await ledger.endEngine(applied);
  } while (applied.process === 'alive');
  if (applied.process === 'killed') return fail({ ...canceled, reason: 'exit', outcomeUnknown: true });
  return isStopped(sink) ? fail(canceled) : { ok: true, steps: [], outputs: [] };
}

function stateOf({ state }: Assignment): StateAccess {
  assert.ok(typeof state !== 'string', 'Zenfra keeps the states of the model');
  return state;
}

function isStopped({ signal }: PhaseSink): boolean {
  if (signal.reason === 'lease_lost') throw new LeaseLost('The run is performed by another worker now');
  return signal.aborted;
}

const canceled: RunFailure = { phase: 'applying', reason: 'canceled', headline: 'x', detail: 'x', diagnostics: [] };

function fail(failure: RunFailure): ApplyOutcome {
  return { ok: false, steps: [], failure };
}
