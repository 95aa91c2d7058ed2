import { ActionForm } from './action-form.tsx';
import { Notice } from './notice.tsx';
import { Shown } from './text.tsx';
import { Ago } from './time.tsx';

export interface HoldView {
  id: number;
  /** A sentence for people, without its full stop. */
  note: string;
  by: string;
  since: Date;
  reason: 'pull_request' | 'outcome_unknown' | 'person';
  /** The run that left it. */
  run: string | null;
  pullRequest: { number: number; url: string } | null;
  needed: 'write' | 'admin';
  mayRelease: boolean;
}

export interface StateLockView {
  lockId: string;
  since: Date;
  /** As the engine says it. */
  who: string | null;
  run: { id: string; number: number } | null;
  /** A run that applies: the lock is its own, then. */
  applying: { id: string; number: number } | null;
  /** Whether its run can write no more. */
  abandoned: boolean;
  mayRelease: boolean;
}

interface Around {
  stackId: string;
  formToken: string;
  now: Date;
}

/** Who holds the stack, since when, how it is resolved, and the button. `runId`: the page of a run that waits for it. */
export function Hold({ hold, runId = null, ...around }: { hold: HoldView; runId?: string | null } & Around) {
  return (
    <div class="hold">
      <div>
        <p>
          <b>The stack is held:</b> <Shown text={hold.note} />.{' '}
          <span class="mute">
            Since <Ago at={hold.since} now={around.now} />
            {hold.by !== '' && (
              <>
                , by <Shown text={hold.by} />
              </>
            )}
            .
          </span>
        </p>
        <p>
          <Way hold={hold} />
        </p>
      </div>
      {hold.mayRelease && (
        <ActionForm
          action={`/stacks/${around.stackId}/release`}
          label="Release"
          icon="unlock"
          formToken={around.formToken}
          fields={{ hold: String(hold.id), ...(runId === null ? {} : { run: runId }) }}
        />
      )}
    </div>
  );
}

function Way({ hold }: { hold: HoldView }) {
  const release = hold.mayRelease ? 'release it here' : `have somebody with ${hold.needed} permission release it here`;
  if (hold.reason === 'pull_request' && hold.pullRequest) {
    return (
      <>
        Merge or close <a href={hold.pullRequest.url}>#{hold.pullRequest.number}</a>, {release}, or comment{' '}
        <code class="kbd">/unlock</code> there.
      </>
    );
  }
  if (hold.reason === 'outcome_unknown') {
    return (
      <>
        {hold.run === null ? 'Read its log' : <a href={`/runs/${hold.run}#applying`}>Read its log</a>} and compare what
        exists with the state. Once it is safe to go on, {release}; then plan again.
      </>
    );
  }
  return (
    <>
      Ask <Shown text={hold.by} />, or {release}.
    </>
  );
}

/** A lock of the state: a fact while a run applies, else something an engine left behind. */
export function StateLock({ lock, stackId, formToken, now }: { lock: StateLockView } & Around) {
  return (
    <Notice kind={lock.applying ? 'info' : 'wait'}>
      <div class="hold">
        <div>
          <p>
            <b>The state is locked.</b> Lock <code>{lock.lockId}</code>
            {lock.run !== null && (
              <>
                {' '}
                of <a href={`/runs/${lock.run.id}`}>run #{lock.run.number}</a>
              </>
            )}
            {lock.who !== null && (
              <>
                , taken by <Shown text={lock.who} />
              </>
            )}{' '}
            <span class="mute">
              <Ago at={lock.since} now={now} />
            </span>
            .
          </p>
          <p>
            <WayOfLock lock={lock} />
          </p>
        </div>
        {lock.mayRelease && lock.abandoned && !lock.applying && (
          <ActionForm
            action={`/stacks/${stackId}/release-lock`}
            label="Release lock"
            icon="unlock"
            formToken={formToken}
            fields={{ lock: lock.lockId }}
          />
        )}
      </div>
    </Notice>
  );
}

function WayOfLock({ lock }: { lock: StateLockView }) {
  if (lock.applying) {
    const { id, number } = lock.applying;
    return (
      <>
        <a href={`/runs/${id}`}>Run #{number}</a> is applying and gives it back when it ends.
      </>
    );
  }
  if (!lock.abandoned) {
    return (
      <>
        Nobody knows how its run ended, and its engine may still write. Release the stack first, which takes that right
        from it.
      </>
    );
  }
  return (
    <>
      Its engine ended without giving it back. The next apply takes it over;{' '}
      {lock.mayRelease ? 'release it' : 'an admin can release it'} to change the state by hand.
    </>
  );
}
