import type { ChangeFilter } from '../../views/parts/change-filters.tsx';
import type { LogView } from '../../views/parts/log.tsx';
import type { Answer } from '../../views/parts/notice.tsx';
import type { RunMainProps } from '../../views/run.tsx';
import type { Permission } from '../run/checks.ts';
import type { LoggedPhase } from '../run/status.ts';
import type { GitHubLinks } from './github-links.ts';
import { planFate } from './plan-fate.ts';
import { type RunFacts, waitsOf } from './run-facts.ts';
import { toPhases } from './run-phases.ts';
import { approveView, buttonsFor, linkDiagnostics, stepsOf, toRunView } from './run-view.ts';

interface Shown {
  may: Permission;
  frame: RunMainProps['frame'];
  links: GitHubLinks;
  answer: Answer | null;
  logs: Map<LoggedPhase, LogView>;
  /** The phase whose log was asked for. */
  opened: LoggedPhase | null;
  filter: ChangeFilter;
}

/** The facts as the page's view takes them, for somebody with these rights. */
export function runProps(facts: RunFacts, shown: Shown): RunMainProps {
  const { run, plan, pull, phases, bundles } = facts;
  const { may, frame, links, answer, logs, opened, filter } = shown;
  const waits = waitsOf(facts, { links, may });
  return {
    frame,
    answer,
    run: { ...toRunView(run, links), bundles: bundles.map(({ name, number }) => ({ name, number })) },
    stack: { id: run.stack_id, name: run.stack_name },
    buttons: buttonsFor(run, plan, may),
    waits,
    approve: run.status === 'unconfirmed' && plan ? approveView(run, plan, may) : null,
    plan: plan
      ? {
          summary: plan.summary,
          adoptedFrom: plan.run_id === run.id ? null : { id: plan.run_id, number: plan.run_number },
        }
      : null,
    planFate: plan ? planFate(run, plan, pull) : null,
    filter,
    steps: stepsOf(run),
    outputs: run.outputs ?? [],
    failure: run.failure && { failure: run.failure, diagnostics: linkDiagnostics(run, run.failure.diagnostics, links) },
    warnings: linkDiagnostics(run, run.warnings ?? [], links),
    phases: toPhases(run, phases, { waits: waits !== null, logs, opened }),
  };
}
