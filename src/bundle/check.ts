import { shortestSecret } from '../secret/redact.ts';
import type { Availability, BundleContents } from './contents.ts';
import { refusePath, refuseVariable } from './refusals.ts';

export const mostItems = 100;
/** Of all values and files of a bundle together. */
export const mostBytes = 256 * 1024;
const mostDescription = 500;

/** Everything that is wrong with the contents of a bundle, a sentence each. Values are never repeated. */
export function problemsOf({ variables, files }: BundleContents): string[] {
  const count = variables.length + files.length;
  const bytes = [...variables.map((one) => one.value), ...files.map((one) => one.content)].reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    0,
  );
  const named = [
    ...variables.map(({ key, description }) => ({ name: key, description })),
    ...files.map(({ path, description }) => ({ name: path, description })),
  ];
  return [
    ...variables.flatMap(({ key }) => refuseVariable(key) ?? []),
    ...variables.flatMap(({ key, value }) =>
      value.includes('\0') ? [`The value of ${key} has a NUL character.`] : [],
    ),
    ...files.flatMap(({ path }) => refusePath(path) ?? []),
    ...twice(variables.map(({ key, available }) => ({ name: key, available }))),
    ...twice(files.map(({ path, available }) => ({ name: path, available }))),
    ...named.flatMap(({ name, description }) =>
      description.includes('\0') ? [`The description of ${name} has a NUL character.`] : [],
    ),
    ...named.flatMap(({ description }) =>
      description.length > mostDescription ? [`A description may have ${mostDescription} characters.`] : [],
    ),
    ...(count > mostItems ? [`A bundle may have ${mostItems} variables and files; these are ${count}.`] : []),
    ...(bytes > mostBytes
      ? [`A bundle may hold ${mostBytes / 1024} KiB; this is ${Math.ceil(bytes / 1024)} KiB.`]
      : []),
  ];
}

/** One for planning and another for applying may have one name. */
function twice(items: { name: string; available: Availability }[]): string[] {
  const clash = items.filter((one, index) =>
    items.some(
      (other, at) =>
        at < index &&
        other.name === one.name &&
        (other.available === one.available || other.available === 'both' || one.available === 'both'),
    ),
  );
  return [...new Set(clash.map(({ name }) => name))].map(
    (name) => `${name} is there twice. One for planning and one for applying may have the same name, not more.`,
  );
}

/** Secrets that will not be hidden in logs, by name. */
export function tooShortSecrets({ variables, files }: BundleContents): string[] {
  const short = (text: string) => Buffer.byteLength(text) < shortestSecret;
  return [
    ...variables.filter((one) => one.secret && short(one.value)).map((one) => one.key),
    ...files.filter((one) => one.secret && short(one.content)).map((one) => one.path),
  ];
}

/** Null, or why a bundle or a label cannot have that name. */
export function refuseName(name: string): string | null {
  if (/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name)) return null;
  return `${JSON.stringify(name.slice(0, 80))} is not a name: at most 63 lowercase letters, digits, "-" and "_", beginning with a letter or digit, such as aws-prod.`;
}
