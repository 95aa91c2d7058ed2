import type { LoggedPhase } from '../run/status.ts';
import type { ApplySpec, PhaseSink, PlanSpec } from './contract.ts';
import { layOutWorkspace, type Workspace } from './workspace.ts';

/** What every step of one execution needs. */
export interface Execution<Spec extends PlanSpec | ApplySpec = PlanSpec | ApplySpec> {
  spec: Spec;
  sink: PhaseSink;
  /** The one entered last. */
  phase: LoggedPhase;
  workspace: Workspace;
  /** On `performance.now()`'s clock. */
  deadline: number;
}

export function openExecution<Spec extends PlanSpec | ApplySpec>(spec: Spec, sink: PhaseSink): Execution<Spec> {
  const execution: Execution<Spec> = {
    spec,
    phase: 'preparing',
    sink: {
      ...sink,
      enter(phase) {
        execution.phase = phase;
        return sink.enter(phase);
      },
    },
    workspace: layOutWorkspace(spec.directory, spec.rootModule),
    deadline: performance.now() + spec.timeoutMs,
  };
  return execution;
}

export const defaultGraceMs = 30_000;
export const defaultLogLimitBytes = 100_000_000;
