import type { Frame } from '../layout.tsx';
import { Hold, type HoldView } from './hold.tsx';
import { Notice } from './notice.tsx';
import { Shown } from './text.tsx';

export interface WaitView {
  /** Such as `waits for run #127`. */
  reason: string;
  /** What makes it go on; '' where the holds say so. */
  way: string;
  /** The run in front, if one is. */
  blocker: { id: string; number: number; label: string } | null;
  /** Place among the runs that wait for this stack, 1-based; null if it does not queue. */
  place: number | null;
  holds: HoldView[];
}

/** Why nothing happens right now, and what makes it go on. */
export function Waits({ waits, run, frame }: { waits: WaitView; run: { id: string; stackId: string }; frame: Frame }) {
  return (
    <Notice kind="wait">
      <b>
        <Shown text={sentence(waits.reason)} />
      </b>
      {waits.place !== null && waits.place > 1 && (
        <span class="mute"> Place {waits.place} in the queue of this stack.</span>
      )}
      {waits.blocker ? (
        <p>
          <a href={`/runs/${waits.blocker.id}`}>Run #{waits.blocker.number}</a> is first ({waits.blocker.label}), as one
          run at a time changes a stack. {waits.way} This run goes on by itself when that one has ended.
        </p>
      ) : (
        waits.way !== '' && <p>{waits.way}</p>
      )}
      {waits.holds.map((hold) => (
        <Hold
          hold={hold}
          runId={run.id}
          stackId={run.stackId}
          formToken={frame.viewer?.formToken ?? ''}
          now={frame.now}
        />
      ))}
    </Notice>
  );
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
