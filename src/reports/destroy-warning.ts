import { plural } from './amounts.ts';
import { isDestroyed } from './diff.ts';
import { code } from './escape.ts';
import { isPending, type StackView } from './stack-state.ts';

/** Bytes that the names may take: few where the diffs below name them all, many where nothing else does. */
const [besideDiffs, instead] = [1_500, 12_000];

/**
 * What an apply of the pending plans would destroy, in bold; empty if nothing. `named` says whether the resources are
 * named further down as well: where they are not, as many as can be are named here, and the others are counted.
 */
export function destroyWarning(views: readonly StackView[], { named }: { named: boolean }): string {
  const doomed = views.filter(isPending).flatMap((view) => {
    const addresses = (view.plan?.resources ?? []).filter(isDestroyed).map(({ address }) => address);
    return addresses.length > 0 ? [{ stack: view.stack.name, addresses }] : [];
  });
  if (doomed.length === 0) return '';
  const total = doomed.reduce((sum, { addresses }) => sum + addresses.length, 0);
  const count = `${plural(total, 'resource')} will be destroyed`;
  if (views.length === 1) {
    return `**${count}:** ${listWithin(doomed[0]?.addresses ?? [], named ? besideDiffs : instead)}`;
  }
  const headline = `**${count}** in ${listWithin(
    doomed.map(({ stack }) => stack),
    besideDiffs,
  )}`;
  if (named) return headline;
  const share = Math.floor(instead / Math.min(doomed.length, 50));
  const lines = doomed.slice(0, 50).map(({ stack, addresses }) => `${code(stack)}: ${listWithin(addresses, share)}`);
  return [headline, ...lines].join('\n');
}

/** Names in code, as many as fit, and how many more there are. */
export function listWithin(names: readonly string[], bytes: number): string {
  const shown: string[] = [];
  let used = 0;
  for (const name of names) {
    const text = code(name);
    used += Buffer.byteLength(text) + 2;
    if (used > bytes && shown.length > 0) break;
    shown.push(text);
  }
  const left = names.length - shown.length;
  return shown.join(', ') + (left > 0 ? ` and ${left} more` : '');
}
