import { cutBoth, cutText } from './cut-text.ts';
import { isRecord, type JsonRecord, member, parseExactly } from './json-value.ts';
import { childMask, coversAny, hidesWhole, type Mask } from './masks.ts';
import { sameValue } from './same-value.ts';
import { type HideSecrets, sensitiveText } from './secrets.ts';
import type { AttributeChange, ShownValue } from './summary.ts';
import { encodedText, isName, keyText, scalarText, type ValueMasks, valueText } from './value-text.ts';
import type { IsWritten } from './written.ts';

/** Objects and lists of objects are taken apart to this depth; what is deeper is compared and shown as one value. */
const maxDepth = 8;
/** No resource shows more attributes than this; the rest is counted. */
const maxAttributes = 500;
/** Strings longer than this are not read as JSON. */
const maxEncodedLength = 200_000;

/** What reading a whole plan may still spend on values, so that a plan of any size gives a summary of bounded size. */
export interface ReadingBudget {
  /** Characters of values and paths. */
  characters: number;
  hide: HideSecrets;
}

export interface AttributeChanges {
  attributes: AttributeChange[];
  unchanged: number;
  omitted: number;
}

type Steps = readonly (string | number)[];

interface Place {
  path: string;
  steps: Steps;
  before: unknown;
  after: unknown;
  unknown: Mask;
  sensitive: readonly Mask[];
}

interface Sink extends AttributeChanges {
  budget: ReadingBudget;
  replacePaths: Steps[];
  /** Set where the object as a whole comes or goes. */
  isWritten: IsWritten | null;
}

/**
 * The attributes in which `before` and `after` of one change differ. Nested objects and lists of objects are flattened
 * to dotted paths; strings that hold JSON are compared by what they hold. Attributes that are null on both sides are
 * left out, and of an object that comes or goes, so are empty blocks.
 */
export function attributeChanges(change: JsonRecord, budget: ReadingBudget, isWritten: IsWritten): AttributeChanges {
  const replacePaths = Array.isArray(change.replace_paths) ? change.replace_paths.filter(isSteps) : [];
  const whole = isNothing(change.before) !== isNothing(change.after);
  const counted = { attributes: [], unchanged: 0, omitted: 0 };
  const sink: Sink = { ...counted, budget, replacePaths, isWritten: whole ? isWritten : null };
  walk(rootOf(change), sink);
  return { attributes: sink.attributes, unchanged: sink.unchanged, omitted: sink.omitted };
}

/** Both sides of a value that is shown as one piece, such as an output's. */
export function shownSides(change: JsonRecord, hide: HideSecrets): { before: ShownValue; after: ShownValue } {
  return shownPair(rootOf(change), hide);
}

function rootOf(change: JsonRecord): Place {
  return {
    path: '',
    steps: [],
    before: change.before,
    after: change.after,
    unknown: change.after_unknown,
    sensitive: [change.before_sensitive, change.after_sensitive],
  };
}

function isSteps(value: unknown): value is Steps {
  return Array.isArray(value) && value.every((step) => typeof step === 'string' || typeof step === 'number');
}

function walk(place: Place, sink: Sink): void {
  const keys = place.steps.length < maxDepth && !isHidden(place) ? childKeys(place) : null;
  if (keys === null) addLeaf(place, sink);
  else for (const key of keys) walk(childOf(place, key), sink);
}

function isHidden(place: Place): boolean {
  const [before, after] = place.sensitive;
  if (before === true || after === true || place.unknown === true) return true;
  return hidesWhole(before, place.before) || hidesWhole(after, place.after);
}

/** The keys or indexes by which a value is taken apart, or null for one that is shown as a whole. */
function childKeys({ before, after, unknown }: Place): (string | number)[] | null {
  const sides = [before, after].filter((side) => side !== null && side !== undefined);
  if (sides.length === 0) return isRecord(unknown) && coversAny(unknown) ? Object.keys(unknown) : null;
  if (sides.every(isRecord)) {
    const keys = new Set(sides.flatMap(Object.keys));
    if (isRecord(unknown)) for (const key of Object.keys(unknown)) if (coversAny(unknown[key])) keys.add(key);
    return keys.size > 0 ? [...keys] : null;
  }
  if (!sides.every(Array.isArray) || !sides.some((side) => side.some(isComposite))) return null;
  return Array.from({ length: Math.max(...sides.map((side) => side.length)) }, (_, index) => index);
}

function isComposite(value: unknown): boolean {
  return isRecord(value) || Array.isArray(value);
}

function childOf(place: Place, key: string | number): Place {
  return {
    path: place.path + stepText(key, place.path === ''),
    steps: [...place.steps, key],
    before: member(place.before, key),
    after: member(place.after, key),
    unknown: childMask(place.unknown, key),
    sensitive: place.sensitive.map((mask) => childMask(mask, key)),
  };
}

function stepText(key: string | number, first: boolean): string {
  if (typeof key === 'number') return `[${key}]`;
  if (!isName(key)) return cutText(`[${keyText(key)}]`);
  return cutText(first ? key : `.${key}`);
}

function addLeaf(place: Place, sink: Sink): void {
  const nothing = isNothing(place.before) && isNothing(place.after) && !coversAny(place.unknown);
  if (nothing || isEmptyBlock(place, sink)) return;
  if (!coversAny(place.unknown) && sameValue(place.before, place.after)) {
    sink.unchanged += 1;
    return;
  }
  const encoded = isHidden(place) ? null : encodedPlace(place, sink.budget.hide);
  if (encoded) walk(encoded, sink);
  else addChange(place, sink);
}

function isEmptyBlock({ before, after, steps, unknown }: Place, { isWritten }: Sink): boolean {
  const value = before ?? after;
  if (isWritten === null || !isComposite(value) || Object.keys(value as object).length > 0) return false;
  return !coversAny(unknown) && !isWritten(String(steps[0]));
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}

/** Two strings of JSON as the values they hold; null where they are something else or hold the same. */
function encodedPlace(place: Place, hide: HideSecrets): Place | null {
  const before = decoded(place.before, hide);
  const after = decoded(place.after, hide);
  if (before === undefined || after === undefined || sameValue(before, after)) return null;
  return { ...place, path: `jsondecode(${place.path})`, before, after, unknown: false };
}

/** A document that is a secret as a whole is none that may be taken apart: its parts are not known as secrets. */
function decoded(value: unknown, hide: HideSecrets): unknown {
  if (typeof value !== 'string' || value.length > maxEncodedLength || !/^\s*[[{]/.test(value)) return undefined;
  if (hide(value) === sensitiveText) return undefined;
  try {
    return parseExactly(value);
  } catch {
    return undefined;
  }
}

function addChange(place: Place, sink: Sink): void {
  if (sink.attributes.length >= maxAttributes || sink.budget.characters <= 0) {
    sink.omitted += 1;
    return;
  }
  const { before, after } = shownPair(place, sink.budget.hide);
  const forcesReplacement = sink.replacePaths.some((path) => overlaps(path, place.steps));
  const path = sink.budget.hide(place.path);
  sink.attributes.push({ path, before, after, forcesReplacement });
  sink.budget.characters -= path.length + lengthOf(before) + lengthOf(after);
}

function overlaps(path: Steps, steps: Steps): boolean {
  return path.slice(0, steps.length).every((step, index) => step === steps[index]);
}

function lengthOf(value: ShownValue): number {
  return 40 + (value.kind === 'known' ? value.text.length : 0);
}

function shownPair(place: Place, hide: HideSecrets): { before: ShownValue; after: ShownValue } {
  const masks: ValueMasks = { sensitive: place.sensitive, unknown: place.unknown, hide };
  const hidden = place.sensitive.includes(true) || (isHidden(place) && place.unknown !== true);
  const before = shown(place.before, { ...masks, unknown: false }, hidden);
  const isUnknown = place.unknown === true || (isNothing(place.after) && coversAny(place.unknown));
  const after = isUnknown ? ({ kind: 'unknown' } as const) : shown(place.after, masks, hidden);
  if (before.kind !== 'known' || after.kind !== 'known') return { before: cut(before), after: cut(after) };
  const read: [string, string] =
    before.text === after.text ? toldApart(place, before.text, hide) : [before.text, after.text];
  const [beforeText, afterText] = cutBoth(...read);
  return { before: { kind: 'known', text: beforeText }, after: { kind: 'known', text: afterText } };
}

/** Two values that differ and read the same: the end of a text's last line shows in quotes; of JSON it is enough to know. */
function toldApart({ before, after }: Place, text: string, hide: HideSecrets): [string, string] {
  const [old, now] = [decoded(before, hide), decoded(after, hide)];
  if (isComposite(old) || isComposite(now))
    return sameValue(old, now) ? ['jsonencode(…)', 'the same, written otherwise'] : [text, text];
  if (typeof before !== 'string' || typeof after !== 'string') return [text, text];
  return [scalarText(before, hide), scalarText(after, hide)];
}

function shown(value: unknown, masks: ValueMasks, hidden: boolean): ShownValue {
  if (isNothing(value)) return { kind: 'absent' };
  if (hidden) return { kind: 'sensitive' };
  const content = decoded(value, masks.hide);
  const text = isComposite(content) ? encodedText(content, masks) : valueText(value, masks);
  return text === sensitiveText ? { kind: 'sensitive' } : { kind: 'known', text };
}

function cut(value: ShownValue): ShownValue {
  return value.kind === 'known' ? { kind: 'known', text: cutText(value.text) } : value;
}
