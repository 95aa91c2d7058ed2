import type { ChangeAction, OutputChange, PlanSummary, ResourceChange } from '../../src/plan/summary.ts';
import { Attributes, BeforeAfter } from './attributes.tsx';
import { Shown } from './text.tsx';

/** Attributes are rendered for as many resources, and as many are unfolded; further ones are named, up to a limit. */
const maxDetailed = 200;
const maxOpen = 12;
const maxListed = 2_000;

const looks: Partial<Record<ChangeAction, { sign: string; tone: string; words: string }>> = {
  create: { sign: '+', tone: 'add', words: 'added' },
  update: { sign: '~', tone: 'chg', words: 'changed' },
  delete: { sign: '-', tone: 'del', words: 'removed' },
};
const unknownLook = { sign: '~', tone: 'chg', words: 'changed' };

/** What differs between two states: resources, then outputs. */
export function StateChanges({ changes }: { changes: PlanSummary }) {
  const { resources, outputs } = changes;
  const left = resources.length - maxListed;
  if (resources.length === 0 && outputs.length === 0) return null;
  return (
    <div class="card changes">
      {resources.slice(0, maxListed).map((resource, index) => (
        <Resource resource={resource} detailed={index < maxDetailed} open={resources.length <= maxOpen} />
      ))}
      {left > 0 && <p class="pad mute">{left.toLocaleString('en-US')} more resources differ.</p>}
      {outputs.slice(0, maxListed).map((output) => (
        <Output output={output} />
      ))}
    </div>
  );
}

function Resource({ resource, detailed, open }: { resource: ResourceChange; detailed: boolean; open: boolean }) {
  const { sign, tone, words } = looks[resource.action] ?? unknownLook;
  const line = (
    <>
      <b class={`sign ${tone}`} aria-hidden="true">
        {sign}
      </b>
      <code>
        <Shown text={resource.address} />
      </code>
      <span class="why">
        {words}
        {resource.reason !== undefined && `, ${resource.reason}`}
      </span>
    </>
  );
  if (!detailed || resource.attributes.length === 0) {
    return (
      <div class="change">
        <div class="line">{line}</div>
      </div>
    );
  }
  return (
    <details class="change" open={open && resource.action !== 'delete'}>
      <summary class="line">{line}</summary>
      <Attributes attributes={resource.attributes} unchanged={resource.unchanged} />
      {resource.omitted !== undefined && (
        <p class="pad mute">{resource.omitted.toLocaleString('en-US')} more attributes differ.</p>
      )}
    </details>
  );
}

function Output({ output }: { output: OutputChange }) {
  const { sign, tone, words } = looks[output.action] ?? unknownLook;
  return (
    <div class="change">
      <div class="line">
        <b class={`sign ${tone}`} aria-hidden="true">
          {sign}
        </b>
        <code>
          output.
          <Shown text={output.name} />
        </code>
        <span class="why">{words}</span>
      </div>
      <div class="attributes">
        <BeforeAfter before={output.before} after={output.after} />
      </div>
    </div>
  );
}
