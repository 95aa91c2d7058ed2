/** Resource counts of a plan; null until there is one. */
export interface Counts {
  add: number;
  change: number;
  destroy: number;
}

/** `+2 ~1 -1`; a dash while there is no plan. */
export function ChangeCounts({ counts }: { counts: Counts | null }) {
  if (!counts) {
    return (
      <span class="mute none">
        <span aria-hidden="true">–</span>
        <span class="sr">no plan</span>
      </span>
    );
  }
  return (
    <span class="counts" title={`${counts.add} to add, ${counts.change} to change, ${counts.destroy} to destroy`}>
      <b class={counts.add > 0 ? 'add' : 'zero'}>+{counts.add}</b>{' '}
      <b class={counts.change > 0 ? 'chg' : 'zero'}>~{counts.change}</b>{' '}
      <b class={counts.destroy > 0 ? 'del' : 'zero'}>-{counts.destroy}</b>
    </span>
  );
}
