import { Notice } from './notice.tsx';
import { Shown } from './text.tsx';

export interface WaitView {
  /** Such as `waits for run #127`. */
  reason: string;
  /** The run in front, if one is. */
  blocker: { id: string; number: number; label: string } | null;
  /** Place among the runs that wait for this stack, 1-based; null if it does not queue. */
  place: number | null;
  holds: {
    note: string;
    by: string;
    pullRequest: { number: number; url: string } | null;
    reason: 'pull_request' | 'outcome_unknown' | 'person';
  }[];
}

/** Why nothing happens right now, and what makes it go on. */
export function Waits({ waits }: { waits: WaitView }) {
  return (
    <Notice kind="wait">
      <b>
        <Shown text={sentence(waits.reason)} />
      </b>
      {waits.place !== null && waits.place > 1 && (
        <span class="mute"> Place {waits.place} in the queue of this stack.</span>
      )}
      {waits.blocker && (
        <p>
          <a href={`/runs/${waits.blocker.id}`}>Run #{waits.blocker.number}</a> is first ({waits.blocker.label}). This
          run goes on by itself when that one has ended: approve, discard or cancel it.
        </p>
      )}
      {waits.holds.map((hold) => (
        <Hold hold={hold} />
      ))}
    </Notice>
  );
}

function Hold({ hold }: { hold: WaitView['holds'][number] }) {
  return (
    <p>
      The stack is held: <Shown text={hold.note} />.{' '}
      {hold.pullRequest ? (
        <>
          Merge or close <a href={hold.pullRequest.url}>#{hold.pullRequest.number}</a>, or comment{' '}
          <code class="kbd">/unlock</code> there.
        </>
      ) : (
        <>
          Somebody with {hold.reason === 'outcome_unknown' ? 'admin' : 'write'} rights can release it by commenting{' '}
          <code class="kbd">/unlock</code>.
        </>
      )}
    </p>
  );
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
