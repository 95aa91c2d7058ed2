import type { History, Version } from '../history.ts';

/** No state that was taken is lost or altered, and the states tell what the ledger tells. */
export function checkState(history: History): string[] {
  const { seen, versions } = history;
  const now = new Map(versions.map(({ id, md5 }) => [id, md5]));
  const events = new Set(history.events.map(({ id }) => id));
  return [
    ...[...seen.versions]
      .filter(([id, md5]) => now.get(id) !== md5)
      .map(([id]) => `The state version ${id} was there and is lost or altered.`),
    ...[...seen.events].filter((id) => !events.has(id)).map((id) => `The event ${id} was there and is lost.`),
    ...versions
      .filter(({ text }) => text === null)
      .map(({ id }) => `The bytes of the state version ${id} are not those that were saved.`),
    ...history.stacks.flatMap((stack) => checkStack(history, stack)),
    ...history.applies.flatMap((apply) => checkSaved(history, apply)),
  ];
}

function checkStack({ versions }: History, { id, name }: History['stacks'][number]): string[] {
  const own = versions.filter((version) => version.stack_id === id);
  return own.slice(1).flatMap((version, index) => {
    const before = own[index];
    const grows = before !== undefined && BigInt(version.serial) > BigInt(before.serial);
    return grows && version.lineage === before.lineage
      ? []
      : [`The state of ${name} goes from serial ${before?.serial} to ${version.serial}, or to another lineage.`];
  });
}

/** What an apply with a known end has done is in a state of its own: both resources where it went well, else what it got done. */
function checkSaved(history: History, apply: History['applies'][number]): string[] {
  if (apply.outcome === 'unknown') return [];
  const made = history.ledger.filter(({ planId, what }) => planId === apply.plan_id && what === 'end');
  if (made.length === 0) return [];
  const run = history.runs.find(({ id }) => id === apply.run_id);
  const saved = history.versions.findLast((version) => version.run_id === apply.run_id);
  return made.flatMap(({ resource, revision }) =>
    saved && revisionOf(saved, resource) === revision
      ? []
      : [`Run #${run?.number} made ${resource} of ${revision}, and no state of it says so.`],
  );
}

/** Null where the state has no such resource. */
function revisionOf({ text }: Version, resource: string): string | null {
  if (text === null) return null;
  const state = JSON.parse(text) as {
    resources: { name: string; instances: { attributes: { triggers_replace: { value: string[] } } }[] }[];
  };
  const found = state.resources.find(({ name }) => name === resource);
  return found?.instances[0]?.attributes.triggers_replace.value[0] ?? null;
}
