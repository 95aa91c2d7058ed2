import { type DiffLine, diffLines } from '../../src/plan/line-diff.ts';
import type { AttributeChange, ShownValue } from '../../src/plan/summary.ts';
import { Shown } from './text.tsx';

/** Longer values are cut in the page; the plan's log and the raw plan have them whole. */
const maxValueLength = 4_000;

/** What changes in one resource: path, before → after, one a line. */
export function Attributes({ attributes, unchanged }: { attributes: AttributeChange[]; unchanged: number }) {
  return (
    <div class="attributes">
      {attributes.length > 0 && (
        <dl>
          {attributes.map((attribute) => (
            <Attribute attribute={attribute} />
          ))}
        </dl>
      )}
      {unchanged > 0 && (
        <p class="mute">{unchanged === 1 ? '1 unchanged attribute' : `${unchanged} unchanged attributes`}</p>
      )}
    </div>
  );
}

function Attribute({ attribute }: { attribute: AttributeChange }) {
  return (
    <div>
      <dt>
        <Shown text={attribute.path} />
      </dt>
      <dd>
        <BeforeAfter before={attribute.before} after={attribute.after} />
        {attribute.forcesReplacement && <span class="tag del">forces replacement</span>}
      </dd>
    </div>
  );
}

/** `"a" → "b"`; only the side that exists where the other is absent; line by line where there are several. */
export function BeforeAfter({ before, after }: { before: ShownValue; after: ShownValue }) {
  const bothHidden = before.kind === 'sensitive' && after.kind === 'sensitive';
  if (bothHidden) return <Value value={after} side="same" />;
  const multiline = [before, after].some((value) => value.kind === 'known' && value.text.includes('\n'));
  if (multiline && before.kind === 'known' && after.kind === 'known')
    return <Lines lines={diffLines(cut(before.text), cut(after.text))} />;
  return (
    <span class={multiline ? 'values tall' : 'values'}>
      {before.kind !== 'absent' && <Value value={before} side="before" />}
      {before.kind !== 'absent' && after.kind !== 'absent' && <span class="to">→</span>}
      {after.kind !== 'absent' && <Value value={after} side="after" />}
    </span>
  );
}

function Lines({ lines }: { lines: DiffLine[] }) {
  if (lines.every(({ sign }) => sign === ' ')) return <span class="hidden-value">(differs in what is not shown)</span>;
  return (
    <span class="lines">
      {lines.map((line) => (
        <Line line={line} />
      ))}
    </span>
  );
}

function Line({ line: { sign, text } }: { line: DiffLine }) {
  const shown = (
    <>
      {sign} <Shown text={text} />
    </>
  );
  if (sign === '-') return <del>{shown}</del>;
  return sign === '+' ? <ins>{shown}</ins> : <span>{shown}</span>;
}

function cut(text: string): string {
  return text.length > maxValueLength ? `${text.slice(0, maxValueLength)} …` : text;
}

function Value({ value, side }: { value: ShownValue; side: 'before' | 'after' | 'same' }) {
  if (value.kind === 'sensitive') return <span class="hidden-value">(sensitive value)</span>;
  if (value.kind === 'unknown') return <span class="hidden-value">(known after apply)</span>;
  if (value.kind === 'absent') return null;
  const text = cut(value.text);
  if (side === 'before')
    return (
      <del>
        <Shown text={text} />
      </del>
    );
  return (
    <ins>
      <Shown text={text} />
    </ins>
  );
}
