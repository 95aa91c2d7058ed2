import { isRecord, type JsonRecord, member, recordsIn, textOf } from './json-value.ts';
import { childMask, coversAny, type Mask } from './masks.ts';

/** One object that a state knows of. */
export interface StateInstance {
  /** Address, module, mode and type, named as in a plan's JSON. */
  entry: JsonRecord;
  values: JsonRecord;
  mask: Mask;
  tainted: boolean;
  /** Whether all its values are hidden because the state does not say which of them are sensitive. */
  hidden: boolean;
}

/**
 * Whether a state's `sensitive_attributes` name what providers call sensitive, and not only what the configuration does.
 * Seen in states of Terraform 1.8 (`random_password`) and later; earlier ones have an empty list there. OpenTofu is
 * not known to, so it does not count. Only what a run has written does: `state mv` and the like write an earlier state
 * under their own version, the empty lists as they were (seen with 1.11).
 */
export function marksProviders(state: JsonRecord, engine: 'terraform' | 'tofu' | null): boolean {
  const [, major, minor] = /^(\d{1,4})\.(\d{1,4})\./.exec(textOf(state.terraform_version) ?? '') ?? [];
  if (engine !== 'terraform' || major === undefined || minor === undefined) return false;
  const ofTofu = recordsIn(state.resources).some((one) => textOf(one.provider)?.includes('"registry.opentofu.org/'));
  return !ofTofu && (Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 8));
}

/** The instances of a state by address and deposed key. `telling`: see `marksProviders`. */
export function instancesOf(state: JsonRecord, telling: boolean): Map<string, StateInstance> {
  const found = new Map<string, StateInstance>();
  for (const resource of recordsIn(state.resources)) {
    // Terraform's own provider calls nothing sensitive.
    const told = telling || textOf(resource.provider)?.includes('"terraform.io/builtin/terraform"') === true;
    for (const instance of recordsIn(resource.instances)) {
      const entry = entryOf(resource, instance);
      found.set(`${entry.address} ${textOf(instance.deposed) ?? ''}`, toInstance(entry, instance, told));
    }
  }
  return found;
}

function entryOf(resource: JsonRecord, instance: JsonRecord): JsonRecord {
  const [module, type] = [textOf(resource.module), textOf(resource.type) ?? '(no type)'];
  const data = resource.mode === 'data' ? ['data'] : [];
  const names = [...(module === undefined ? [] : [module]), ...data, type, textOf(resource.name) ?? '(no name)'];
  return {
    address: names.join('.') + indexText(instance.index_key),
    module_address: module,
    mode: resource.mode,
    type,
    deposed: instance.deposed,
  };
}

function indexText(key: unknown): string {
  if (typeof key === 'number') return `[${key}]`;
  return typeof key === 'string' ? `[${JSON.stringify(key)}]` : '';
}

function toInstance(entry: JsonRecord, instance: JsonRecord, told: boolean): StateInstance {
  const values = [instance.attributes, instance.attributes_flat].find(isRecord) ?? {};
  const paths = instance.sensitive_attributes;
  const hidden = !told || !Array.isArray(paths) || !isRecord(instance.attributes);
  const mask = hidden ? maskAll(values) : fitted(maskOf(paths), values);
  return {
    entry,
    values,
    mask,
    tainted: instance.status === 'tainted',
    hidden: hidden && Object.keys(values).length > 0,
  };
}

/** Each attribute by itself, so that the names of those that change are seen. */
function maskAll(values: JsonRecord): Mask {
  const mask: JsonRecord = Object.create(null);
  for (const key of Object.keys(values)) mask[key] = true;
  return mask;
}

/**
 * A value of an attribute that may be of any type is written as `{value, type}`, of which its paths know nothing. No state
 * says which attributes those are, so in what looks like one the mask covers what is meant either way. What leads to
 * nothing that is there hides all that it was sought in.
 */
function fitted(mask: Mask, value: unknown): Mask {
  if (typeof mask !== 'object' || mask === null || !coversAny(mask)) return mask;
  if (isWrapped(value)) {
    const inner = coversAny(childMask(mask, 'value')) || fitted(mask, value.value);
    return { value: inner, type: childMask(mask, 'type') };
  }
  if (Array.isArray(mask)) return Array.isArray(value) ? mask.map((one, index) => fitted(one, value[index])) : mask;
  if (!isRecord(value) || !isRecord(mask)) return mask;
  const fitting: JsonRecord = Object.create(null);
  for (const key of Object.keys(mask)) {
    if (!Object.hasOwn(value, key)) return true;
    fitting[key] = fitted(mask[key], value[key]);
  }
  return fitting;
}

function isWrapped(value: unknown): value is { value: unknown; type: unknown } {
  return isRecord(value) && Object.keys(value).sort().join() === 'type,value';
}

type Branch = { whole: boolean; children: Map<string | number, Branch> };

/** The engine's list of paths as a mask; what lies behind a step that is not understood is hidden as a whole. */
function maskOf(paths: unknown[]): Mask {
  const root: Branch = { whole: false, children: new Map() };
  for (const path of paths) {
    let branch = root;
    for (const step of Array.isArray(path) ? path : [undefined]) {
      const key = keyOf(step);
      if (key === undefined) break;
      const child = branch.children.get(key) ?? { whole: false, children: new Map() };
      branch.children.set(key, child);
      branch = child;
    }
    branch.whole = true;
  }
  return toMask(root);
}

/** Beyond this, the list as a whole is hidden. */
const largestIndex = 10_000;

/** A step is `{type: "get_attr", value: name}`, or `{type: "index", value: {value: key, type: …}}`. */
function keyOf(step: unknown): string | number | undefined {
  const value = member(step, 'value');
  if (member(step, 'type') === 'get_attr') return typeof value === 'string' ? value : undefined;
  const key = member(value, 'value');
  if (typeof key === 'string') return key;
  return typeof key === 'number' && Number.isInteger(key) && key >= 0 && key <= largestIndex ? key : undefined;
}

/** Paths are as deep as the values they name; deeper than any schema, all is hidden. */
function toMask(branch: Branch, depth = 0): Mask {
  const keys = [...branch.children.keys()];
  if (branch.whole || depth > 100) return true;
  if (keys.length > 0 && keys.every((key) => typeof key === 'number')) {
    const list: Mask[] = Array.from({ length: Math.max(...keys) + 1 }, () => false);
    for (const [key, child] of branch.children) list[Number(key)] = toMask(child, depth + 1);
    return list;
  }
  const mask: JsonRecord = Object.create(null);
  for (const [key, child] of branch.children) mask[key] = toMask(child, depth + 1);
  return mask;
}
