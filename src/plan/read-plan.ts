import { actionOf, reasonWords } from './action-words.ts';
import { attributeChanges, type ReadingBudget, shownSides } from './attribute-changes.ts';
import { cutText } from './cut-text.ts';
import { isRecord, type JsonRecord, member, parseExactly, recordsIn, textOf } from './json-value.ts';
import { type HideSecrets, secretsOf } from './secrets.ts';
import type {
  ChangeCounts,
  DriftChange,
  FailedCheck,
  OutputChange,
  PlannedAction,
  PlanSummary,
  ResourceChange,
} from './summary.ts';
import { visibleText } from './visible-text.ts';
import { type IsWritten, readWritten } from './written.ts';

/** Values and paths of one plan together; after that attributes are only counted. */
const maxCharacters = 8_000_000;

/**
 * Reads what `terraform show -json` or `tofu show -json` prints of a saved plan, as bytes or already parsed. Sensitive
 * values never leave it. Data sources are left out: reading them changes nothing. Takes time and gives a summary in
 * proportion to the plan, at any size. Throws for what is not a plan at all.
 */
export function readPlan(json: unknown): PlanSummary {
  return readWithSecrets(json).summary;
}

/** As `readPlan`; `hide` takes the plan's sensitive values out of what else the engine said of it. */
export function readWithSecrets(json: unknown): { summary: PlanSummary; hide: HideSecrets } {
  const plan = json instanceof Uint8Array ? parseBytes(json) : json;
  if (!isRecord(plan)) throw new Error(`A plan's JSON is an object, but this is ${describe(plan)}`);
  const hide = secretsOf(plan);
  return { summary: summarize(plan, { characters: maxCharacters, hide }), hide };
}

/** Takes a plan's sensitive values out of what an engine says while it applies it, which providers repeat unmarked. */
export function hideSecretsOf(json: Uint8Array): HideSecrets {
  const plan = parseBytes(json);
  return isRecord(plan) ? secretsOf(plan) : (text) => text;
}

function summarize(plan: JsonRecord, budget: ReadingBudget): PlanSummary {
  const entries = recordsIn(plan.resource_changes).filter(isManaged);
  const written = readWritten(plan);
  const resources = entries
    .flatMap((entry) => readResource(entry, budget, written(entry)))
    .sort((a, b) => rank(a) - rank(b));
  const outputs = readOutputs(plan.output_changes, budget);
  const actions = recordsIn(plan.action_invocations).map(readAction);
  return {
    counts: countChanges(entries, resources),
    // `applyable` also knows of changes that this reader does not: an apply must not be withheld because of that.
    hasChanges: resources.length > 0 || outputs.length > 0 || (plan.applyable === true && !onlyChecksAgain(plan)),
    resources,
    outputs,
    drift: recordsIn(plan.resource_drift)
      .filter(isManaged)
      .flatMap((entry) => readDrift(entry, budget)),
    failedChecks: recordsIn(plan.checks).flatMap((check) => readCheck(check, budget.hide)),
    ...(actions.length > 0 && { actions }),
  };
}

function parseBytes(bytes: Uint8Array): unknown {
  try {
    return parseExactly(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new Error(`The plan's ${bytes.length} bytes of JSON cannot be parsed`, { cause });
  }
}

function describe(value: unknown): string {
  if (value === null || Array.isArray(value)) return value === null ? 'null' : 'a list';
  return `a ${typeof value}`;
}

function isManaged(entry: JsonRecord): boolean {
  return entry.mode === undefined || entry.mode === 'managed';
}

/** Terraform has every apply read a check's own data source once more, and calls that alone something to apply. */
function onlyChecksAgain(plan: JsonRecord): boolean {
  const active = recordsIn(plan.resource_changes).filter((entry) => !isSame(entry));
  return active.length > 0 && active.every((entry) => entry.action_reason === 'read_because_check_nested');
}

function isSame({ change }: JsonRecord): boolean {
  const actions = member(change, 'actions');
  return Array.isArray(actions) && actions.join() === 'no-op';
}

function readResource(entry: JsonRecord, budget: ReadingBudget, isWritten: IsWritten): ResourceChange[] {
  const change = isRecord(entry.change) ? entry.change : {};
  const action = actionOf(change.actions);
  const movedFrom = textOf(entry.previous_address);
  const importedFrom = importId(change.importing);
  if (action === 'no-op' && movedFrom === undefined && importedFrom === undefined) return [];
  const reason = reasonWords(entry.action_reason);
  const { omitted, ...differences } = attributeChanges(change, budget, isWritten);
  return [
    {
      address: addressOf(entry),
      module: name(textOf(entry.module_address) ?? ''),
      type: name(textOf(entry.type) ?? ''),
      action,
      ...(action === 'replace' && { createBeforeDestroy: member(change.actions, 0) === 'create' }),
      ...(reason !== undefined && { reason }),
      ...(movedFrom !== undefined && { movedFrom: name(movedFrom) }),
      ...(importedFrom !== undefined && { importedFrom: name(importedFrom) }),
      ...differences,
      ...(omitted > 0 && { omitted }),
    },
  ];
}

function addressOf(entry: JsonRecord): string {
  const address = name(textOf(entry.address) ?? '(no address)');
  const deposed = textOf(entry.deposed);
  return deposed === undefined ? address : `${address} (deposed ${name(deposed)})`;
}

function name(text: string): string {
  return cutText(visibleText(text).replaceAll('\n', '\\n'));
}

/** The id, or the identity's attributes for a resource that is imported by identity; `(known after apply)` if neither is known. */
function importId(importing: unknown): string | undefined {
  if (!isRecord(importing)) return undefined;
  if (typeof importing.id === 'string') return importing.id;
  return isRecord(importing.identity) ? JSON.stringify(importing.identity) : '(known after apply)';
}

/** Destroys first: they are what a reader must not miss. */
function rank(change: ResourceChange): number {
  if (change.action === 'delete') return 0;
  if (change.action === 'replace') return 1;
  if (change.importedFrom !== undefined) return 4;
  if (change.action === 'update') return 2;
  return change.action === 'create' ? 3 : 4;
}

function countChanges(entries: JsonRecord[], resources: ResourceChange[]): ChangeCounts {
  const count = (holds: (change: ResourceChange) => boolean) => resources.filter(holds).length;
  const replaced = count((change) => change.action === 'replace');
  const leftBehind = entries.filter(leavesBehind).length;
  return {
    add: count((change) => change.action === 'create') + replaced,
    change: count((change) => change.action === 'update'),
    destroy: count((change) => change.action === 'delete') + replaced,
    import: count((change) => change.importedFrom !== undefined),
    move: count((change) => change.movedFrom !== undefined),
    forget: count((change) => change.action === 'forget') + leftBehind,
  };
}

/** Makes a new object, and only forgets the old one. */
function leavesBehind({ change }: JsonRecord): boolean {
  const actions = member(change, 'actions');
  return Array.isArray(actions) && actions.length === 2 && actions.includes('forget');
}

function readOutputs(changes: unknown, budget: ReadingBudget): OutputChange[] {
  if (!isRecord(changes)) return [];
  return Object.keys(changes).flatMap((key): OutputChange[] => {
    const change = changes[key];
    const action = actionOf(member(change, 'actions'));
    if (!isRecord(change) || (action !== 'create' && action !== 'update' && action !== 'delete')) return [];
    return [{ name: name(key), action, ...shownSides(change, budget.hide) }];
  });
}

function readDrift(entry: JsonRecord, budget: ReadingBudget): DriftChange[] {
  const change = isRecord(entry.change) ? entry.change : {};
  const action = actionOf(change.actions);
  const { attributes, omitted } = attributeChanges(change, budget, () => false);
  // Seen with a resource that is moved to another type: an update of nothing that anybody could see.
  const nothing = action === 'update' && attributes.length + omitted === 0;
  return action === 'no-op' || nothing ? [] : [{ address: addressOf(entry), action, attributes }];
}

function readAction({ address, lifecycle_action_trigger: trigger }: JsonRecord): PlannedAction {
  const event = textOf(member(trigger, 'action_trigger_event')) ?? '';
  return {
    address: name(textOf(address) ?? '(no address)'),
    when: name(event.replace(/_|(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()),
    resource: name(textOf(member(trigger, 'triggering_resource_address')) ?? ''),
  };
}

/** Checks that are not decided until the apply (`unknown`) are no news: every new resource with a condition has one. */
function readCheck(check: JsonRecord, hide: HideSecrets): FailedCheck[] {
  if (check.status !== 'fail' && check.status !== 'error') return [];
  const address = textOf(member(check.address, 'to_display')) ?? '(no address)';
  const problems = recordsIn(check.instances)
    .flatMap((instance) => recordsIn(instance.problems))
    .map((problem) => cutText(visibleText(hide(textOf(problem.message) ?? 'no message'))));
  return [{ address: name(address), status: check.status, problems }];
}
