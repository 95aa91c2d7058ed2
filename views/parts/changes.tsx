import type { ChangeAction, PlanSummary, ResourceChange } from '../../src/plan/summary.ts';
import { Attributes } from './attributes.tsx';
import { type ChangeFilter, ChangeFilters, hasAddress, kindOf } from './change-filters.tsx';
import { Icon } from './icons.tsx';
import { Actions, Drift, FailedChecks, Outputs } from './plan-extras.tsx';
import { plural, Shown } from './text.tsx';

/** One thing that an apply does to a resource, and how far that has come: a replacement is two. */
export interface StepView {
  address: string;
  action: 'create' | 'update' | 'delete' | 'read';
  /** `unreported`: it was started, and the run ended without a word of its end. */
  result: 'started' | 'done' | 'failed' | 'unreported';
  /** As the engine prints it: `2s`. */
  elapsed?: string;
  error?: string;
}

/** Attributes are rendered for as many resources; a plan of thousands stays a page that opens. Every address is listed. */
const maxDetailed = 300;
/** Up to as many resources are shown unfolded. */
const maxOpen = 12;

export const actionSigns: Record<ChangeAction, { sign: string; tone: string; words: string; done: string }> = {
  create: { sign: '+', tone: 'add', words: 'will be created', done: 'created' },
  update: { sign: '~', tone: 'chg', words: 'will be updated in-place', done: 'updated in-place' },
  delete: { sign: '-', tone: 'del', words: 'will be destroyed', done: 'destroyed' },
  replace: { sign: '±', tone: 'del', words: 'will be replaced', done: 'replaced' },
  read: { sign: '≤', tone: 'mute', words: 'will be read during apply', done: 'read' },
  forget: { sign: '.', tone: 'mute', words: 'will be forgotten, not destroyed', done: 'forgotten, not destroyed' },
  'no-op': { sign: '→', tone: 'mute', words: 'stays as it is', done: 'stays as it is' },
};

interface ChangesProps {
  runId: string;
  plan: PlanSummary;
  steps: StepView[];
  filter: ChangeFilter;
}

/** The plan, structured: resources by module with what changes in each, actions, outputs, drift, failed checks. */
export function Changes({ runId, plan, steps, filter }: ChangesProps) {
  return (
    <>
      <div class="card changes">
        {plan.resources.length > 1 && <ChangeFilters runId={runId} resources={plan.resources} filter={filter} />}
        {plan.resources.length === 0 ? (
          <p class="pad mute">No resource changes.</p>
        ) : (
          <p class="pad mute no-match">No change matches this filter.</p>
        )}
        <Resources plan={plan} steps={steps} filter={filter} />
      </div>
      <Actions actions={plan.actions ?? []} />
      <Outputs outputs={plan.outputs} />
      <Drift drift={plan.drift} />
      <FailedChecks checks={plan.failedChecks} />
    </>
  );
}

/** Rows that do not match are hidden, not left out: the page's script shows them again without asking. */
function Resources({ plan, steps, filter }: Pick<ChangesProps, 'plan' | 'steps' | 'filter'>) {
  const results = stepsByRow(plan, steps);
  const matching = plan.resources.filter((resource) => hasAddress(resource, filter));
  const wanted = new Set(matching);
  const detailed = new Set(matching.slice(0, maxDetailed));
  const places = new Map(plan.resources.map((resource, place) => [resource, place]));
  return byModule(plan.resources).map(([module, resources]) => (
    <section class="module">
      {module !== '' && (
        <h3>
          <Icon name="box" />
          <Shown text={module} />
        </h3>
      )}
      {resources.map((resource) => (
        <Resource
          resource={resource}
          place={places.get(resource) ?? 0}
          steps={results.get(resource.address) ?? []}
          open={matching.length <= maxOpen}
          detailed={detailed.has(resource)}
          hidden={!wanted.has(resource)}
        />
      ))}
    </section>
  ));
}

/**
 * The steps of each row of the plan, by its address. A replacement that makes the new one first destroys the old one as
 * a deposed object, which the plan cannot name yet.
 */
export function stepsByRow({ resources }: PlanSummary, steps: StepView[]): Map<string, StepView[]> {
  const rows = new Set(resources.map(({ address }) => address));
  return Map.groupBy(steps, ({ address }) => {
    const [, object = address, key] = /^(.*) \(deposed object ([0-9a-f]+)\)$/.exec(address) ?? [];
    const deposed = `${object} (deposed ${key})`;
    return rows.has(deposed) ? deposed : object;
  });
}

function byModule(resources: ResourceChange[]): [string, ResourceChange[]][] {
  const groups = new Map<string, ResourceChange[]>();
  for (const resource of resources) groups.set(resource.module, [...(groups.get(resource.module) ?? []), resource]);
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1));
}

interface ResourceProps {
  resource: ResourceChange;
  /** Among the plan's resources, from 0: names the row. */
  place: number;
  /** Its own. */
  steps: StepView[];
  open: boolean;
  detailed: boolean;
  hidden: boolean;
}

function Resource({ resource, place, steps, open, detailed, hidden }: ResourceProps) {
  const kind = kindOf[resource.action];
  const foldable = detailed && (resource.attributes.length > 0 || resource.unchanged > 0);
  if (!foldable) {
    return (
      <div class={`change is-${kind}`} hidden={hidden}>
        <div class="line">
          <ResourceLine resource={resource} place={place} steps={steps} />
        </div>
      </div>
    );
  }
  return (
    <details class={`change is-${kind}`} open={open && resource.action !== 'delete'} hidden={hidden}>
      <summary class="line">
        <ResourceLine resource={resource} place={place} steps={steps} />
      </summary>
      <Attributes attributes={resource.attributes} unchanged={resource.unchanged} />
    </details>
  );
}

function ResourceLine({ resource, place, steps }: Pick<ResourceProps, 'resource' | 'place' | 'steps'>) {
  const { sign, tone } = actionSigns[resource.action];
  return (
    <>
      <b class={`sign ${tone}`} aria-hidden="true">
        {sign}
      </b>
      <code>
        <Shown text={resource.address} />
      </code>
      <ResourceProgress resource={resource} place={place} steps={steps} />
    </>
  );
}

/** What happens to a resource, and how far that has come: the part of its row that changes during an apply. */
export function ResourceProgress({ resource, place, steps }: Pick<ResourceProps, 'resource' | 'place' | 'steps'>) {
  const done = isDone(resource, steps);
  return (
    <span class="why" id={`change-${place}`}>
      <Shown text={reasonOf(resource, done)} />
      {(done ? steps.slice(-1) : steps).map((step) => (
        <StepResult step={step} whole={done} />
      ))}
    </span>
  );
}

/** A replacement is done when both of its steps are: one alone leaves nothing, or two. */
function isDone({ action }: ResourceChange, steps: StepView[]): boolean {
  const expected = action === 'replace' ? 2 : 1;
  return steps.length >= expected && steps.every(({ result }) => result === 'done');
}

function reasonOf(resource: ResourceChange, done: boolean): string {
  const words = actionSigns[resource.action][done ? 'done' : 'words'];
  const facts = [
    resource.movedFrom === undefined ? '' : `moved from ${resource.movedFrom}`,
    resource.importedFrom === undefined ? '' : `imported from ${resource.importedFrom}`,
    resource.action === 'no-op' ? '' : words,
    resource.action === 'replace' && resource.createBeforeDestroy ? 'new one made first' : '',
    resource.reason ?? '',
  ];
  return facts.filter((fact) => fact !== '').join(', ') || words;
}

const stepResults = {
  started: { words: 'in progress', tone: 'run', icon: 'spin' },
  done: { words: 'done', tone: 'ok', icon: 'check' },
  failed: { words: 'failed', tone: 'bad', icon: 'cross' },
  unreported: { words: 'started, its end was not reported', tone: 'wait', icon: 'warning' },
} as const;

/** `whole`: with it, all that was to happen to the resource is done. */
function StepResult({ step, whole }: { step: StepView; whole: boolean }) {
  const { words, tone, icon } = stepResults[step.result];
  const elapsed = step.elapsed === undefined ? '' : ` in ${step.elapsed}`;
  return (
    <span class={`step ${tone}`} title={step.error}>
      <Icon name={icon} turning={step.result === 'started'} />
      {step.result === 'done' && !whole ? actionSigns[step.action].done : words}
      {step.result === 'done' && elapsed}
    </span>
  );
}

/** What the plan comes to, in words. The engines count a replacement twice, so that there are more than resources. */
export function changesTitle(plan: PlanSummary): string {
  if (!plan.hasChanges) return 'No changes';
  const { counts } = plan;
  const replaced = plan.resources.filter(({ action }) => action === 'replace').length;
  const words = [
    `${counts.add} to add`,
    `${counts.change} to change`,
    `${counts.destroy} to destroy${replaced > 0 ? ` (${replaced} replaced, counted as add and destroy)` : ''}`,
    counts.import > 0 ? `${counts.import} to import` : '',
    counts.move > 0 ? plural(counts.move, 'move') : '',
    counts.forget > 0 ? `${counts.forget} to forget` : '',
  ];
  return words.filter((word) => word !== '').join(', ');
}
