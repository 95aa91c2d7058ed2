import { diffLines, linesOf } from '../plan/line-diff.ts';
import type { AttributeChange, PlanSummary, ResourceChange, ShownValue } from '../plan/summary.ts';
import { plural } from './amounts.ts';
import { fence } from './escape.ts';
import { type DiffScope, maxBytes } from './fit-report.ts';

/** The column of the comments, as long as addresses leave room for it. */
const [narrowest, widest] = [46, 90];

/** A plan's resources in a `diff` fence, destroys first; empty if there is nothing to list. GitHub colours by the first column. */
export function renderDiff(plan: PlanSummary, scope: DiffScope): string {
  const listed = plan.resources.filter((change) => change.action !== 'read' && symbolOf(change) !== null);
  const destroys = listed.filter(isDestroyed);
  const others = listed.filter((change) => !isDestroyed(change));
  const shown = [...destroys, ...others.slice(0, scope.others)];
  if (shown.length === 0) return '';
  const longest = shown.reduce((length, change) => Math.max(length, change.address.length + 2), narrowest);
  const blocks: string[][] = [];
  let length = 0;
  for (const change of shown) {
    const lines = resourceLines(change, { scope, width: Math.min(longest, widest) });
    length += lines.reduce((sum, line) => sum + line.length, 0);
    blocks.push(lines);
    // Too long for any place already: the report steps down to less than this, so the rest need not be made.
    if (length > maxBytes) break;
  }
  const left = listed.length - shown.length;
  if (left > 0) blocks.push([`# … and ${left} more that will not be destroyed`]);
  return fence(separated(blocks), 'diff');
}

export function isDestroyed(change: ResourceChange): boolean {
  return change.action === 'delete' || change.action === 'replace';
}

/** Blocks of one line stand together, longer ones apart. */
function separated(blocks: string[][]): string {
  return blocks
    .map((block, index) => {
      const apart = index > 0 && (block.length > 1 || (blocks[index - 1]?.length ?? 0) > 1);
      return (apart ? '\n' : '') + block.join('\n');
    })
    .join('\n');
}

function resourceLines(change: ResourceChange, { scope, width }: { scope: DiffScope; width: number }): string[] {
  const address = change.address.replaceAll('\n', '\\n');
  const headline = `${symbolOf(change)} ${address.padEnd(width - 1)} # ${commentOf(change)}`;
  const withAttributes = scope.attributes === 'all' || (scope.attributes === 'destroys' && change.action === 'replace');
  if (!withAttributes || change.action === 'delete' || change.action === 'no-op' || change.action === 'forget') {
    return [headline];
  }
  const names = change.attributes.reduce((length, { path }) => Math.max(length, path.length), 0);
  const lines = change.attributes.flatMap((attribute) => attributeLines(attribute, Math.min(names, 40)));
  const omitted = change.omitted ? [`#   … and ${change.omitted} more attributes`] : [];
  return [headline, ...lines, ...omitted];
}

/** What stands in the first column; null for what has a line of its own elsewhere (moves). */
function symbolOf(change: ResourceChange): string | null {
  if (isDestroyed(change)) return '-';
  if (change.action === 'create') return '+';
  if (change.action === 'update') return '!';
  return change.action === 'forget' || change.importedFrom !== undefined ? '#' : null;
}

function commentOf(change: ResourceChange): string {
  const imported = change.importedFrom === undefined ? [] : [`imported from ${change.importedFrom}`];
  const what = actionComment(change);
  const reason = change.reason === undefined ? '' : ` (${change.reason})`;
  const words = [...imported, ...(what ? [what + reason] : [])].join(', then ');
  return words.replaceAll('\n', '\\n');
}

function actionComment(change: ResourceChange): string {
  switch (change.action) {
    case 'delete':
      return 'will be destroyed';
    case 'replace':
      return change.createBeforeDestroy
        ? 'will be created anew, then the old one destroyed'
        : 'will be destroyed, then created anew';
    case 'update':
      return 'updated in-place';
    case 'create':
      return 'will be created';
    case 'forget':
      return 'will be forgotten: it leaves the state and is not destroyed';
    default:
      return '';
  }
}

function attributeLines({ path: dotted, before, after, forcesReplacement }: AttributeChange, width: number): string[] {
  const path = dotted.replaceAll('\n', '\\n');
  const symbol = before.kind === 'absent' ? '+' : after.kind === 'absent' ? '-' : '!';
  const start = `${symbol}   ${path.padEnd(width)} =`;
  const note = forcesReplacement ? '  # forces replacement' : '';
  if (before.kind === 'known' && after.kind === 'known' && /\n/.test(before.text + after.text)) {
    const lines = diffLines(before.text, after.text);
    return [start + note, ...lines.map((line) => `${line.sign}     ${line.text}`)];
  }
  const [first = '', ...rest] = valueText(before, after).split('\n');
  return [`${start} ${first}${note}`, ...rest.map((line) => `${symbol}     ${line}`)];
}

function valueText(before: ShownValue, after: ShownValue): string {
  if (before.kind === 'absent') return shownText(after);
  if (after.kind === 'absent') return shownText(before);
  if (before.kind === 'sensitive' && after.kind === 'sensitive') return shownText(after);
  return `${shortText(before)} -> ${shortText(after)}`;
}

/** Beside an arrow there is room for one line. */
function shortText(value: ShownValue): string {
  const text = shownText(value);
  return text.includes('\n') ? `(${plural(linesOf(text).length, 'line')})` : text;
}

function shownText(value: ShownValue): string {
  switch (value.kind) {
    case 'known':
      return value.text;
    case 'sensitive':
      return '(sensitive value)';
    case 'unknown':
      return '(known after apply)';
    case 'absent':
      return 'null';
  }
}
