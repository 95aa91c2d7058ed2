import type { PlanSummary } from '../plan/summary.ts';
import { checkState } from './check-titles.ts';
import { destroyWarning } from './destroy-warning.ts';
import { oneLine, sentence } from './escape.ts';
import type {
  CheckAction,
  CheckAnnotation,
  CheckReport,
  PullRequestFacts,
  RepositoryFacts,
  RunFacts,
  StackFacts,
} from './facts.ts';
import { failureFence, logFragment } from './failure-text.ts';
import { fitReport, type Rung, type Scene } from './fit-report.ts';
import { runLink } from './links.ts';
import { paragraphs } from './paragraphs.ts';
import { planBody } from './stack-details.ts';
import { type StackView, viewStack } from './stack-state.ts';
import { stackTable } from './stack-table.ts';

/** GitHub takes no more in one request. */
const maxAnnotations = 50;

/** The check of one stack of a pull request: of its plan, or of the run that applies it. */
export function renderStackCheck(stack: StackFacts, facts: PullRequestFacts): CheckReport {
  const view = viewStack(stack);
  const name = `zenfra/${stack.name}`;
  if (view.run === null) {
    return {
      name,
      status: 'queued',
      title: 'Planning…',
      summary: 'The plan has not started yet.',
      actions: [],
      annotations: [],
    };
  }
  // The run that applies has the counts of the plan it adopted.
  const run = { ...view.run, plan: view.run.plan ?? view.plan };
  return report({ view, run, facts });
}

/** The check of a run that belongs to no pull request: a push to the tracked branch, a run from the page. */
export function renderRunCheck(
  run: RunFacts,
  { detail = 'diff', ...stack }: { name: string; path: string; detail?: PullRequestFacts['detail'] },
  repository: RepositoryFacts,
): CheckReport {
  const facts: PullRequestFacts = {
    repository,
    number: 0,
    headSha: run.commit,
    baseBranch: '',
    draft: false,
    fork: false,
    runsUrl: run.url,
    stacks: [{ ...stack, run, applied: null, heldBy: null }],
    configError: null,
    rules: [],
    notes: [],
    detail,
  };
  const view = viewStack({ ...stack, run, applied: null, heldBy: null });
  return report({ view, run, facts });
}

/** The problems an engine located, as marks in the files of the commit. */
function annotationsOf(run: RunFacts): CheckAnnotation[] {
  const diagnostics = [...(run.failure?.diagnostics ?? []), ...run.warnings];
  return diagnostics
    .flatMap(({ file, line, endLine, severity, summary, detail }): CheckAnnotation[] => {
      if (file === undefined) return [];
      const startLine = line ?? 1;
      const message = paragraphs([detail]).slice(0, 4_000) || summary;
      const level = severity === 'error' ? 'failure' : 'warning';
      return [
        {
          path: file,
          startLine,
          endLine: Math.max(startLine, endLine ?? startLine),
          level,
          title: oneLine(summary),
          message,
        },
      ];
    })
    .slice(0, maxAnnotations);
}

interface RunScene {
  view: StackView;
  run: RunFacts;
  facts: PullRequestFacts;
}

function report({ view, run, facts }: RunScene): CheckReport {
  const text = fitReport(facts.detail, (rung) => bodyText(view, { facts, rung }));
  const { actions, ...state } = checkState(run, view.stack.path);
  return {
    name: `zenfra/${view.stack.name}`,
    ...state,
    actions: actions.filter(({ identifier }) => isOffered(identifier, facts)),
    summary: fitReport('summary', (rung) => summaryText({ view, run, facts }, rung)),
    ...(text !== '' && { text }),
    annotations: annotationsOf(run),
  };
}

/** A button that would be refused is none: once it has ended, all of its own runs'. */
function isOffered(button: CheckAction['identifier'], { fork, draft, ended }: PullRequestFacts): boolean {
  return !fork && ended === undefined && (button !== 'apply_plan' || !draft);
}

/** The warning in bold, the stack's row, and where to go on. */
function summaryText({ view, run, facts }: RunScene, rung: Rung): string {
  const held = view.stack.heldBy === null ? '' : `The stack is held: ${sentence(view.stack.heldBy)}.`;
  const log =
    run.failure === null ? runLink(run, 'Full log and raw plan') : runLink(run, 'Full log', logFragment(run.failure));
  return paragraphs([destroyWarning([view], { named: true }), stackTable([view], { facts, rung }), held, log]);
}

function bodyText(view: StackView, scene: Scene): string {
  const failure = view.run?.failure;
  const error = failure ? failureFence(failure, Math.max(scene.rung.errorLength, 1_000)) : '';
  const plan: PlanSummary | null = failure && failure.phase !== 'applying' ? null : view.plan;
  const named = scene.rung.diff !== null;
  return paragraphs([error, named ? planBody({ ...view, plan }, scene) : destroyWarning([view], { named })]);
}
