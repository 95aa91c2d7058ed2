import type { StateComparison } from '../src/plan/compare-states.ts';
import type { PlanSummary } from '../src/plan/summary.ts';
import { ActionForm } from './parts/action-form.tsx';
import { Notice } from './parts/notice.tsx';
import { StackFrame, type StackFrameProps } from './parts/stack-frame.tsx';
import { StateChanges } from './parts/state-changes.tsx';
import { By, type VersionRow } from './parts/state-versions.tsx';
import { plural, Shown } from './parts/text.tsx';
import { Ago } from './parts/time.tsx';

export interface StateDiffPageProps extends Omit<StackFrameProps, 'tab' | 'children'> {
  /** Null: the state before the first version, which is none. */
  from: VersionRow | null;
  to: VersionRow;
  /** A sentence where the two cannot be compared here. */
  compared: StateComparison | { why: string };
  /** Set for an admin on a page that leads from the current version to an older one. `busy`: why not just now. */
  rollBack: { busy: string | null; nextSerial: string } | null;
}

/** What differs between two versions of a state, and the way back to an older one. */
export function StateDiffPage(props: StateDiffPageProps) {
  const { stack, from, to, compared, rollBack } = props;
  return (
    <StackFrame {...props} tab="state">
      {rollBack && from && <RollBack {...props} from={from} rollBack={rollBack} />}
      <section aria-labelledby="diff">
        <div class="diff-head">
          <h2 id="diff" class="plain">
            {from ? `Serial ${from.serial} → ${to.serial}` : `Serial ${to.serial}, the first version`}
          </h2>
          <form class="pick" method="get" action={`/stacks/${stack.id}/state/diff`}>
            <label>
              Compare serial <input type="text" inputmode="numeric" name="from" size={6} value={from?.serial ?? ''} />
            </label>
            <label>
              with <input type="text" inputmode="numeric" name="to" size={6} value={to.serial} />
            </label>
            <button class="btn sm" type="submit">
              Compare
            </button>
          </form>
        </div>
        <p class="mute small sides">
          {from && <Side version={from} now={props.frame.now} />}
          <Side version={to} now={props.frame.now} />
        </p>
        {'why' in compared ? <Notice kind="info">{compared.why}</Notice> : <Compared {...compared} />}
      </section>
      <p>
        <a href={`/stacks/${stack.id}/state`}>All versions</a>
      </p>
    </StackFrame>
  );
}

function Side({ version, now }: { version: VersionRow; now: Date }) {
  return (
    <span>
      <b>{version.serial}</b> <By version={version} /> · <Ago at={version.createdAt} now={now} />
    </span>
  );
}

function Compared({ changes, hidesValues, versions }: StateComparison) {
  const { before, after } = versions;
  return (
    <>
      <p class="before-card">
        <b>{comparisonTitle(changes)}</b>
        {before !== null && after !== null && before !== after && (
          <span class="mute">
            {' '}
            · written by version <Shown text={before} />, then <Shown text={after} />
          </span>
        )}
      </p>
      {hidesValues && (
        <Notice kind="info">
          One of these states does not say which values its providers call sensitive (those do that a run of Terraform
          1.8 or later has written), so only the names of changed attributes are shown.
        </Notice>
      )}
      <StateChanges changes={changes} />
      <p class="mute small after-card">
        Sensitive values are hidden, and with them every value that equals one. What engines keep for themselves
        (dependencies, private data of providers) is not compared.
      </p>
    </>
  );
}

/** `2 resources added, 1 changed, 1 removed, 1 output changed`. */
export function comparisonTitle({ counts, outputs }: PlanSummary): string {
  const parts = [
    counts.add > 0 ? `${plural(counts.add, 'resource')} added` : '',
    counts.change > 0 ? `${plural(counts.change, 'resource')} changed` : '',
    counts.destroy > 0 ? `${plural(counts.destroy, 'resource')} removed` : '',
    outputs.length > 0 ? `${plural(outputs.length, 'output')} changed` : '',
  ].filter((part) => part !== '');
  return parts.length > 0 ? parts.join(', ') : 'No resource and no output differs';
}

function RollBack(
  props: StateDiffPageProps & { from: VersionRow; rollBack: NonNullable<StateDiffPageProps['rollBack']> },
) {
  const { stack, from, to, rollBack, frame } = props;
  return (
    <section class="card approve" aria-labelledby="roll-back">
      <div class="what">
        <h2 id="roll-back" class="plain">
          Roll back to serial {to.serial}
        </h2>
        <p>
          Makes serial {rollBack.nextSerial}, with the content of serial {to.serial}. Nothing that exists is changed;
          the next plan shows how it differs. Plans made from serial {from.serial} cannot be applied any more.
        </p>
        {rollBack.busy !== null && (
          <p class="mute">
            Not possible just now. <Shown text={rollBack.busy} />
          </p>
        )}
      </div>
      {rollBack.busy === null && (
        <ActionForm
          action={`/stacks/${stack.id}/roll-back`}
          label={`Roll back to serial ${to.serial}`}
          tone="danger"
          formToken={frame.viewer?.formToken ?? ''}
          fields={{ version: to.id, current: from.id }}
        />
      )}
    </section>
  );
}
