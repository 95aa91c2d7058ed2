import type { HookName } from '../run/hooks.ts';
import type { LoggedPhase } from '../run/status.ts';
import { type Redaction, redactionOf } from '../secret/redact.ts';
import type { ApplySpec, EngineBinary, PhaseSink, PlanSpec, SourceBundle } from './contract.ts';
import type { RightAt } from './copy-source.ts';
import { layOutWorkspace, type Workspace } from './workspace.ts';

/** What every step of one execution needs. */
export interface Execution<Spec extends PlanSpec | ApplySpec = PlanSpec | ApplySpec> {
  spec: Spec;
  sink: PhaseSink;
  /** The one entered last. */
  phase: LoggedPhase;
  workspace: Workspace;
  /** Null until the work directory holds the source. */
  placed: { source: SourceBundle; rightAt: RightAt } | null;
  /** Null until it is chosen: see `engineOf`. */
  engine: EngineBinary | null;
  /** On `performance.now()`'s clock. */
  deadline: number;
  /** Hides the run's secrets. */
  redaction: Redaction;
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
    placed: null,
    engine: typeof spec.engine === 'function' ? null : spec.engine,
    workspace: layOutWorkspace(spec.directory, spec.rootModule),
    deadline: performance.now() + spec.timeoutMs,
    redaction: redactionOf(spec.secrets),
  };
  return execution;
}

export function engineOf({ engine }: Execution): EngineBinary {
  if (engine === null) throw new Error('No engine is chosen yet');
  return engine;
}

/** Whether the stack has commands of its own for that place in the run. */
export function hasHook({ spec }: Execution, hook: HookName): boolean {
  return (spec.hooks[hook] ?? []).length > 0;
}

export const defaultGraceMs = 30_000;
export const defaultLogLimitBytes = 100_000_000;
