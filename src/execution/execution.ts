import type { LoggedPhase } from '../run/status.ts';
import type { ApplySpec, PhaseSink, PlanSpec } from './contract.ts';
import { layOutWorkspace, type Workspace } from './workspace.ts';

/** What every step of one execution needs. */
export interface Execution<Spec extends PlanSpec | ApplySpec = PlanSpec | ApplySpec> {
  spec: Spec;
  sink: PhaseSink;
  workspace: Workspace;
  /** On `performance.now()`'s clock. */
  deadline: number;
  /** Bytes that each phase's log has received. */
  logged: Record<LoggedPhase, number>;
}

export function openExecution<Spec extends PlanSpec | ApplySpec>(spec: Spec, sink: PhaseSink): Execution<Spec> {
  const logged = { preparing: 0, initializing: 0, planning: 0, applying: 0 };
  const counting: PhaseSink = {
    enter: (phase) => sink.enter(phase),
    savePlan: (plan) => sink.savePlan(plan),
    progress: (steps) => sink.progress(steps),
    beginApply: () => sink.beginApply(),
    signal: sink.signal,
    async log(phase, bytes) {
      await sink.log(phase, bytes);
      logged[phase] += bytes.length;
    },
  };
  return {
    spec,
    sink: counting,
    workspace: layOutWorkspace(spec.directory, spec.rootModule),
    deadline: performance.now() + spec.timeoutMs,
    logged,
  };
}

export const defaultGraceMs = 30_000;
export const defaultLogLimitBytes = 100_000_000;
