import { type Availability, availabilities, type BundleContents } from './contents.ts';

/** One row of the form, as it was typed. */
export interface EditedItem {
  kind: 'variable' | 'file';
  name: string;
  /** Empty: a secret is kept. */
  value: string;
  secret: boolean;
  description: string;
  available: Availability;
  /** The entry that the row showed; null for a new one. */
  was: { name: string; available: Availability } | null;
}

/**
 * What a form makes of the contents that it showed. The form never had the secrets, so one that is left empty is kept;
 * to make one visible its value has to be entered again, or whoever may edit could read it.
 */
export function applyEdit(
  before: BundleContents,
  items: readonly EditedItem[],
): { contents: BundleContents; problems: string[] } {
  const problems: string[] = [];
  const contents: BundleContents = { variables: [], files: [] };
  for (const item of items) {
    const { kind, name, secret, description, available } = item;
    if (name === '') {
      problems.push(nameless(item));
      continue;
    }
    const old = item.was && find(before, kind, item.was);
    const keeps = item.value === '' && old?.secret === true;
    if (keeps && !secret) problems.push(`To make ${name} visible, enter its value again.`);
    if (secret && item.value === '' && !old?.secret) problems.push(`${name} is to be secret and has no value.`);
    const value = keeps ? old.value : item.value;
    const rest = { secret, description, available };
    if (kind === 'variable') contents.variables.push({ key: name, value, ...rest });
    else contents.files.push({ path: name, content: value, ...rest });
  }
  return { contents, problems };
}

function nameless({ kind, was }: EditedItem): string {
  if (was) return `${was.name} has lost its name. Enter it again, or tick Remove to take it out.`;
  return kind === 'variable' ? 'A variable was filled in without a name.' : 'A file was filled in without a path.';
}

function find({ variables, files }: BundleContents, kind: EditedItem['kind'], was: NonNullable<EditedItem['was']>) {
  const all =
    kind === 'variable'
      ? variables.map((one) => ({ name: one.key, ...one }))
      : files.map((one) => ({ name: one.path, value: one.content, ...one }));
  return all.find((one) => one.name === was.name && one.available === was.available);
}

export function readAvailability(text: string | undefined): Availability {
  return availabilities.find((one) => one === text) ?? 'both';
}
