import type { RunPhase } from '../../src/run/status.ts';
import { Icon, type IconName } from './icons.tsx';
import { Log, type LogView } from './log.tsx';
import { Shown } from './text.tsx';
import { Duration, Timestamp } from './time.tsx';

export type PhaseState = 'done' | 'running' | 'waiting' | 'failed' | 'stopped' | 'pending';

/** One step of the history. */
export interface PhaseView {
  phase: RunPhase;
  /** The phase's name; the last step carries the status the run ended with. */
  label: string;
  state: PhaseState;
  startedAt: Date | null;
  endedAt: Date | null;
  /** Such as `triggered by kim`. */
  note: string;
  /** Sentences shown when the step is unfolded, for steps without a log. */
  about: string[];
  log: LogView | null;
  open: boolean;
}

const phaseIcons: Record<RunPhase, IconName> = {
  queued: 'clock',
  preparing: 'box',
  initializing: 'plug',
  planning: 'list',
  approved: 'person',
  applying: 'play',
  finished: 'flag',
};

const stateIcons: Record<PhaseState, IconName> = {
  done: 'check',
  running: 'spin',
  waiting: 'pause',
  failed: 'cross',
  stopped: 'slash',
  pending: 'dot',
};

const stateTones: Record<PhaseState, string> = {
  done: 'ok',
  running: 'run',
  waiting: 'wait',
  failed: 'bad',
  stopped: 'quiet',
  pending: 'quiet',
};

const stateWords: Record<PhaseState, string> = {
  done: 'succeeded',
  running: 'running',
  waiting: 'waiting',
  failed: 'failed',
  stopped: 'stopped',
  pending: 'not started',
};

/** All phases from top to bottom, each to be unfolded. */
export function Timeline({ runId, phases, now }: { runId: string; phases: PhaseView[]; now: Date }) {
  return (
    <ol class="timeline">
      {phases.map((view) => (
        <li id={view.phase} class={view.state}>
          <span class={`dot ${stateTones[view.state]}`}>
            <Icon name={stateIcons[view.state]} turning={view.state === 'running'} />
          </span>
          {view.state === 'pending' ? (
            <div class="card pending">
              <PhaseLine view={view} now={now} />
            </div>
          ) : (
            <details class="card phase" open={view.open} data-phase={view.phase}>
              <summary>
                <PhaseLine view={view} now={now} />
              </summary>
              <PhaseBody runId={runId} view={view} />
            </details>
          )}
        </li>
      ))}
    </ol>
  );
}

function PhaseLine({ view, now }: { view: PhaseView; now: Date }) {
  return (
    <>
      <span class="name">
        <Icon name={phaseIcons[view.phase]} />
        {view.label}
        <span class="sr">, {stateWords[view.state]}</span>
      </span>
      {view.startedAt && view.phase !== 'finished' && <Duration from={view.startedAt} to={view.endedAt} now={now} />}
      {view.note !== '' && (
        <span class="note">
          <Shown text={view.note} />
        </span>
      )}
      {view.startedAt && (
        <span class="at">
          <Timestamp at={view.startedAt} now={now} />
        </span>
      )}
    </>
  );
}

function PhaseBody({ runId, view }: { runId: string; view: PhaseView }) {
  return (
    <div class="body">
      {view.about.length > 0 && (
        <div class="about">
          {view.about.map((sentence) => (
            <p>
              <Shown text={sentence} />
            </p>
          ))}
        </div>
      )}
      {view.log && <Log runId={runId} log={view.log} />}
    </div>
  );
}
