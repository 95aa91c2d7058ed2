import type { DriftChange, FailedCheck, OutputChange, PlannedAction } from '../../src/plan/summary.ts';
import { Attributes, BeforeAfter } from './attributes.tsx';
import { Icon } from './icons.tsx';
import { Shown } from './text.tsx';

const outputSigns = {
  create: { sign: '+', tone: 'add' },
  update: { sign: '~', tone: 'chg' },
  delete: { sign: '-', tone: 'del' },
  'no-op': { sign: ' ', tone: 'mute' },
};

/** Outputs that the plan changes. */
export function Outputs({ outputs }: { outputs: OutputChange[] }) {
  const changed = outputs.filter((output) => output.action !== 'no-op');
  if (changed.length === 0) return null;
  return (
    <div class="card extra" id="outputs">
      <h3>Outputs</h3>
      {changed.map((output) => (
        <div class="output">
          <b class={`sign ${outputSigns[output.action].tone}`}>{outputSigns[output.action].sign}</b>
          <code>
            <Shown text={output.name} />
          </code>
          <span class="attributes">
            <BeforeAfter before={output.before} after={output.after} />
          </span>
        </div>
      ))}
    </div>
  );
}

/** What the apply has providers do besides. */
export function Actions({ actions }: { actions: PlannedAction[] }) {
  if (actions.length === 0) return null;
  return (
    <div class="card extra" id="actions">
      <h3>Actions</h3>
      {actions.map(({ address, when, resource }) => (
        <div class="output">
          <b class="sign chg">!</b>
          <code>
            <Shown text={address} />
          </code>
          <span>
            <Shown text={resource === '' ? when : `${when} of ${resource}`} />
          </span>
        </div>
      ))}
    </div>
  );
}

/** What was changed outside of the engine since the last apply. */
export function Drift({ drift }: { drift: DriftChange[] }) {
  if (drift.length === 0) return null;
  return (
    <div class="card extra" id="drift">
      <h3>Changed outside of this stack</h3>
      <p class="pad mute">These resources differ from the last apply. The plan starts from what they are now.</p>
      {drift.map((change) => (
        <details class="change">
          <summary class="line">
            <b class="sign chg">~</b>
            <code>
              <Shown text={change.address} />
            </code>
            <span class="why">{change.action === 'delete' ? 'was deleted' : 'was changed'}</span>
          </summary>
          <Attributes attributes={change.attributes} unchanged={0} />
        </details>
      ))}
    </div>
  );
}

/** Checks and conditions of the configuration that do not hold. */
export function FailedChecks({ checks }: { checks: FailedCheck[] }) {
  if (checks.length === 0) return null;
  return (
    <div class="card extra" id="checks">
      <h3>Failed checks</h3>
      {checks.map((check) => (
        <div class="output">
          <span class={check.status === 'unknown' ? 'mute' : 'bad'}>
            <Icon name="warning" />
          </span>
          <code>
            <Shown text={check.address} />
          </code>
          <span>
            <Shown
              text={check.problems.join(' ') || (check.status === 'unknown' ? 'known after apply' : 'does not hold')}
            />
          </span>
        </div>
      ))}
    </div>
  );
}
