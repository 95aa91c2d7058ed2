import { isRecord, type JsonRecord, member, recordsIn, WrittenNumber } from './json-value.ts';
import { childMask, coversAny, hidesWhole, type Mask } from './masks.ts';

/** Replaces the secrets of a plan in a text that the masks themselves would let through. */
export type HideSecrets = (text: string) => string;

export const sensitiveText = '(sensitive value)';

/**
 * Collects what the plan itself calls sensitive: sensitive variables, and whatever a mask covers. The masks alone do
 * not suffice: `terraform_data.output` repeats its `input` without the mark (seen with Terraform 1.11), and a
 * provider that copies an attribute does the same.
 */
export function secretsOf(plan: JsonRecord): HideSecrets {
  const found = new Set<string>();
  collectVariables(plan, found);
  const changes = [...recordsIn(plan.resource_changes), ...recordsIn(plan.resource_drift)].map((entry) => entry.change);
  const outputs = isRecord(plan.output_changes) ? Object.values(plan.output_changes) : [];
  for (const change of [...changes, ...outputs]) {
    collectMasked(member(change, 'before'), member(change, 'before_sensitive'), found);
    collectMasked(member(change, 'after'), member(change, 'after_sensitive'), found);
  }
  return hideAll(found);
}

function collectVariables(plan: JsonRecord, found: Set<string>): void {
  const declared = member(member(plan.configuration, 'root_module'), 'variables');
  if (!isRecord(declared)) return;
  for (const name of Object.keys(declared)) {
    if (member(member(declared, name), 'sensitive') !== true) continue;
    collectMasked(member(member(plan.variables, name), 'value'), true, found);
  }
}

function collectMasked(value: unknown, mask: Mask, found: Set<string>, depth = 0): void {
  if (value === null || value === undefined || depth > 100 || !coversAny(mask)) return;
  const whole = hidesWhole(mask, value);
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      collectMasked(item, whole || childMask(mask, index), found, depth + 1);
    });
  } else if (isRecord(value)) {
    for (const key of Object.keys(value)) {
      collectMasked(value[key], whole || childMask(mask, key), found, depth + 1);
    }
  } else if (whole) {
    addSecret(value, found);
  }
}

/** Shorter ones would hide half of a plan: `1`, `on`, `dev`. */
const shortestAlone = 4;
/** Inside of another text a short secret is more likely a coincidence. */
const shortestWithin = 8;
/** Beyond this many, only whole values are compared, so that reading stays linear. */
const mostWithin = 200;

function addSecret(value: unknown, found: Set<string>): void {
  const text = value instanceof WrittenNumber ? value.text : String(value);
  if (typeof value !== 'boolean' && text.length >= shortestAlone) found.add(text);
}

/** A pattern of several alternatives takes none of more than 32,767 characters. Longer ones are looked for one by one. */
const longestInPattern = 10_000;

function hideAll(found: Set<string>): HideSecrets {
  const within = [...found].filter((secret) => secret.length >= shortestWithin);
  if (within.length === 0 || within.length > mostWithin) return (text) => (found.has(text) ? sensitiveText : text);
  const longestFirst = within.sort((a, b) => b.length - a.length);
  const long = longestFirst.filter((secret) => secret.length > longestInPattern);
  const hideShort = hideByPattern(longestFirst.slice(long.length));
  return (text) => (found.has(text) ? sensitiveText : hideLong(text, long, hideShort));
}

/** What stands between two places of a secret is a text by itself: nothing is found in the words that hide them. */
function hideLong(text: string, secrets: readonly string[], hideRest: HideSecrets): string {
  const at = secrets.findIndex((secret) => text.includes(secret));
  const secret = secrets[at];
  if (secret === undefined) return hideRest(text);
  const others = secrets.slice(at + 1);
  return text
    .split(secret)
    .map((part) => hideLong(part, others, hideRest))
    .join(sensitiveText);
}

function hideByPattern(secrets: readonly string[]): HideSecrets {
  if (secrets.length === 0) return (text) => text;
  const pattern = new RegExp(secrets.map(escapePattern).join('|'), 'g');
  return (text) => text.replace(pattern, sensitiveText);
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
