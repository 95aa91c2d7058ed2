import type { PlanSummary } from '../src/plan/summary.ts';
import type { RunFailure } from '../src/run/failure.ts';
import { statusLabels } from '../src/run/status.ts';
import { type Frame, Layout } from './layout.tsx';
import { AppliedOutputs, type OutputView } from './parts/applied-outputs.tsx';
import { ApproveBox, type ApproveView } from './parts/approve.tsx';
import type { ChangeFilter } from './parts/change-filters.tsx';
import { Changes, changesTitle, type StepView } from './parts/changes.tsx';
import { Failure, type LinkedDiagnostic, Warnings } from './parts/failure.tsx';
import { HowToApply } from './parts/how-to-apply.tsx';
import { HistoryTools, KeysHelp } from './parts/keys.tsx';
import { type Answer, AnswerNotice, Notice } from './parts/notice.tsx';
import { ProgressBar } from './parts/progress.tsx';
import { type RunButtons, RunHeader, type RunView } from './parts/run-header.tsx';
import { statusTones } from './parts/status.tsx';
import { Shown } from './parts/text.tsx';
import { type PhaseView, Timeline } from './parts/timeline.tsx';
import { Waits, type WaitView } from './parts/waits.tsx';

export interface RunMainProps {
  frame: Frame;
  answer: Answer | null;
  run: RunView;
  stack: { id: string; name: string };
  buttons: RunButtons;
  waits: WaitView | null;
  approve: ApproveView | null;
  /** The plan that this run made, or adopted. */
  plan: { summary: PlanSummary; adoptedFrom: { id: string; number: number } | null } | null;
  /** A sentence on what became of the plan, or the command that applies it; null if nothing is to be said. */
  planFate:
    | { sentence: string; run: { id: string; number: number } | null; command: null }
    | { sentence: null; run: null; command: string }
    | null;
  /** Which of its changes are shown. */
  filter: ChangeFilter;
  steps: StepView[];
  outputs: OutputView[];
  failure: { failure: RunFailure; diagnostics: LinkedDiagnostic[] } | null;
  warnings: LinkedDiagnostic[];
  phases: PhaseView[];
  /** Set for a page that is there already: the changes are left out when they are as they were. */
  swap?: { keepChanges: boolean };
}

export interface RunPageProps {
  main: RunMainProps;
  /** Seconds until a reader without scripts gets the page anew, and from where; null once nothing changes any more. */
  refresh: { address: string; seconds: number; withoutScript: boolean } | null;
  /** Where the page learns what changes, and from where on; null once nothing does. */
  events: { address: string; after: string } | null;
}

/** The page of one run: what it is, what it waits for, what it changes, and all that happened in it. */
export function RunPage({ main, refresh, events }: RunPageProps) {
  return (
    <Layout
      frame={main.frame}
      title={runTitle(main)}
      tone={statusTones[main.run.status]}
      refresh={refresh}
      events={events}
    >
      <RunMain {...main} />
    </Layout>
  );
}

/** The title of the run's tab. */
export function runTitle({ run, stack }: Pick<RunMainProps, 'run' | 'stack'>): string {
  return `${statusLabels[run.status]} · ${stack.name} #${run.number}`;
}

/** The page's content, which is swapped while the run goes on. */
export function RunMain(props: RunMainProps) {
  const { frame, run, stack, failure, swap } = props;
  return (
    <>
      <div class="answers" id="answers" data-keep>
        <AnswerNotice answer={props.answer} />
      </div>
      <RunHeader run={run} stack={stack} buttons={props.buttons} frame={frame} />
      <ProgressBar phases={props.phases} now={frame.now} />
      <div class="boxes">
        {props.waits && <Waits waits={props.waits} run={{ id: run.id, stackId: stack.id }} frame={frame} />}
        {props.approve && (
          <ApproveBox approve={props.approve} run={run} stackName={stack.name} held={isHeld(props)} frame={frame} />
        )}
        {props.planFate && props.planFate.command !== null && (
          <HowToApply command={props.planFate.command} pullRequest={run.pullRequest} />
        )}
        {failure && <Failure failure={failure.failure} diagnostics={failure.diagnostics} />}
        {run.endedBecause !== null && run.status !== 'failed' && (
          <Notice kind="info">
            <Shown text={run.endedBecause} />
          </Notice>
        )}
        <Warnings warnings={props.warnings} />
      </div>
      {swap?.keepChanges ? <section id="changes-section" data-keep></section> : <PlanSection {...props} />}
      <AppliedOutputs outputs={props.outputs} />
      <section aria-labelledby="history">
        <div class="history-head">
          <h2 id="history">RUN HISTORY</h2>
          <HistoryTools />
        </div>
        <Timeline runId={run.id} phases={props.phases} now={frame.now} />
        <p class="mute small" id="all-logs">
          {props.phases.some((phase) => phase.log !== null) && (
            <a href={`/runs/${run.id}/logs.txt`}>Download the logs of all phases</a>
          )}
        </p>
        <KeysHelp />
      </section>
    </>
  );
}

function isHeld({ waits }: RunMainProps): boolean {
  return waits !== null && waits.holds.length > 0;
}

function PlanSection({ run, plan, planFate: fate, steps, filter }: RunMainProps) {
  if (!plan) return <section class="absent" id="changes-section"></section>;
  return (
    <section id="changes-section" aria-labelledby="changes">
      <h2 id="changes">
        Changes <span class="aside">{changesTitle(plan.summary)}</span>
      </h2>
      {plan.adoptedFrom && (
        <p class="mute small">
          The plan of <a href={`/runs/${plan.adoptedFrom.id}`}>run #{plan.adoptedFrom.number}</a>, as it was approved.
        </p>
      )}
      {fate && fate.sentence !== null && (
        <p class="mute small">
          {fate.sentence} {fate.run && <a href={`/runs/${fate.run.id}`}>run #{fate.run.number}</a>}
        </p>
      )}
      <Changes runId={run.id} plan={plan.summary} steps={steps} filter={filter} />
    </section>
  );
}
