import { mostItems } from '../bundle/check.ts';
import { type EditedItem, readAvailability } from '../bundle/edit.ts';
import type { Form } from './forms.ts';

/**
 * The rows of a bundle's form that were filled in and not marked for removal; `variable.3.name` is the fourth
 * variable's. A row that lacks its name is one of them: it is refused, not forgotten.
 */
export function readItems(form: Form): EditedItem[] {
  return (['variable', 'file'] as const).flatMap((kind) => {
    const rows = Array.from({ length: mostItems * 2 }, (_, index) => readItem(form, kind, index));
    return rows.filter((row) => row !== null);
  });
}

function readItem(form: Form, kind: EditedItem['kind'], index: number): EditedItem | null {
  const field = (name: string) => form[`${kind}.${index}.${name}`];
  if (field('remove') !== undefined) return null;
  const name = (field('name') ?? '').trim();
  const description = (field('description') ?? '').trim();
  const value = readValue(kind, field('value') ?? '');
  const was = field('was');
  if (was === undefined && name + value + description === '') return null;
  return {
    ...{ kind, name, value, secret: field('secret') !== undefined, description },
    available: readAvailability(field('available')),
    was: was === undefined ? null : { name: was, available: readAvailability(field('was_available')) },
  };
}

/**
 * A browser sends each line end of a text area as two characters. One that was copied along with a key cannot be seen
 * there, and a cloud refuses the key for it.
 */
function readValue(kind: EditedItem['kind'], typed: string): string {
  const value = typed.replaceAll('\r\n', '\n');
  return kind === 'variable' && value.indexOf('\n') === value.length - 1 ? value.slice(0, -1) : value;
}
