import type { ChangeAction, ResourceChange } from '../../src/plan/summary.ts';
import { Icon } from './icons.tsx';

/** Kinds of changes as a reader tells them apart, in the order of the chips. */
export const changeKinds = ['create', 'update', 'replace', 'destroy', 'other'] as const;
export type ChangeKind = (typeof changeKinds)[number];

export const kindOf: Record<ChangeAction, ChangeKind> = {
  create: 'create',
  update: 'update',
  delete: 'destroy',
  replace: 'replace',
  read: 'other',
  forget: 'other',
  'no-op': 'other',
};

/** Which changes the reader wants to see. */
export interface ChangeFilter {
  /** Part of the address, in whatever case; '' for all. */
  address: string;
  kind: ChangeKind | 'all';
}

export const everyChange: ChangeFilter = { address: '', kind: 'all' };
/** Characters of an address that can be looked for. */
export const longestSearch = 200;

export function hasAddress(resource: ResourceChange, { address }: ChangeFilter): boolean {
  return resource.address.toLowerCase().includes(address.toLowerCase());
}

/**
 * Radio buttons, by which the style sheet filters the rows, and a field for a part of the address, which is filtered by
 * the server, or by the page's script while it is typed. Both stand in the page's address.
 */
export function ChangeFilters(props: { runId: string; resources: ResourceChange[]; filter: ChangeFilter }) {
  const { runId, resources, filter } = props;
  const counts = Map.groupBy(resources, (resource) => kindOf[resource.action]);
  const kinds = changeKinds.filter((kind) => counts.has(kind));
  const chosen = kinds.find((kind) => kind === filter.kind) ?? 'all';
  return (
    <form class="change-filters" id="change-filters" action={`/runs/${runId}#changes-section`} data-keep>
      {kinds.length > 1 && (
        <fieldset class="chips">
          <legend class="sr">Show</legend>
          <Chip kind="all" count={resources.length} checked={chosen === 'all'} />
          {kinds.map((kind) => (
            <Chip kind={kind} count={counts.get(kind)?.length ?? 0} checked={kind === chosen} />
          ))}
        </fieldset>
      )}
      <span class="find">
        <Icon name="search" />
        <input
          type="search"
          name="address"
          value={filter.address}
          maxlength={longestSearch}
          placeholder="Filter by address"
          aria-label="Filter by address"
          autocomplete="off"
          spellcheck={false}
        />
      </span>
      <button class="btn sm no-js" type="submit">
        Filter
      </button>
    </form>
  );
}

function Chip({ kind, count, checked }: { kind: ChangeFilter['kind']; count: number; checked: boolean }) {
  return (
    <label class={`chip ${kind}`}>
      <input type="radio" name="change" value={kind} checked={checked} />
      {kind === 'all' ? 'All' : kind} {count}
    </label>
  );
}
