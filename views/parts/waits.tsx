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
  blocker: Blocker | null;
  /** Place among the runs that wait for this stack, 1-based; null if it does not queue. */
  place: number | null;
  holds: HoldView[];
}

interface Blocker {
  id: string;
  number: number;
  label: string;
  /** Its stack, where that is another one. */
  stack: string | null;
}

/** Why nothing happens right now, and what makes it go on. */
export function Waits({ waits, run, frame }: { waits: WaitView; run: { id: string; stackId: string }; frame: Frame }) {
  return (
    <Notice kind="wait">
      <b>
        <Shown text={sentence(waits.reason)} />
      </b>
      {waits.place !== null && <span class="mute"> Place {waits.place} in the queue of this stack.</span>}
      {waits.blocker ? <Behind blocker={waits.blocker} way={waits.way} /> : waits.way !== '' && <p>{waits.way}</p>}
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

function Behind({ blocker, way }: { blocker: Blocker; way: string }) {
  const { id, number, label, stack } = blocker;
  const link = <a href={`/runs/${id}`}>Run #{number}</a>;
  if (stack === null) {
    return (
      <p>
        {link} is first ({label}), as one run at a time changes a stack. {way} This run goes on by itself when that one
        has ended.
      </p>
    );
  }
  return (
    <p>
      {link} of <Shown text={stack} /> is first ({label}), as this stack depends on that one. {way} This run goes on by
      itself when that one has finished; if it fails, is discarded or is canceled, this one is discarded.
    </p>
  );
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
