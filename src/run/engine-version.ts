import type { Engine } from './status.ts';

/** The files that say an engine's version, in or above a stack's directory. Of two in one OpenTofu's counts: who has both has moved there. */
export const versionFiles: readonly (readonly [file: string, engine: Engine])[] = [
  ['.opentofu-version', 'tofu'],
  ['.terraform-version', 'terraform'],
];

/** A version as engines have it: `1.11.4`, `1.12.0-beta1`. */
export interface EngineVersion {
  numbers: readonly [major: number, minor: number, patch: number];
  /** Behind the hyphen; empty for a release. */
  prerelease: string;
}

type Operator = '=' | '!=' | '>' | '>=' | '<' | '<=' | '~>';

interface Condition {
  operator: Operator;
  version: EngineVersion;
  /** How many numbers were written: `~> 1.11` allows 1.12, `~> 1.11.0` does not. */
  written: number;
}

/** All conditions must hold; none is any version. */
export type VersionConstraint = readonly Condition[];

const versionPattern = /^v?(\d{1,5})(?:\.(\d{1,5}))?(?:\.(\d{1,5}))?(?:-([0-9A-Za-z.-]{1,40}))?$/;
const mostConditions = 20;

export function parseVersion(text: string): EngineVersion | null {
  const [, major, minor, patch, prerelease] = versionPattern.exec(text.trim()) ?? [];
  if (major === undefined) return null;
  return { numbers: [Number(major), Number(minor ?? 0), Number(patch ?? 0)], prerelease: prerelease ?? '' };
}

/**
 * Reads what Terraform and OpenTofu take for a constraint: `>= 1.9, < 2`, `~> 1.11`, `!= 1.10.0`. A version alone is
 * that version; with fewer than three numbers it is any that begins so where `prefix` is set, as people write it in
 * zenfra.yml and version files, and padded with zeros elsewhere, as the engines read `required_version`. Null for
 * anything else.
 */
export function parseConstraint(text: string, { prefix }: { prefix: boolean }): VersionConstraint | null {
  const parts = text.split(',');
  if (parts.length > mostConditions) return null;
  const conditions: Condition[] = [];
  for (const part of parts) {
    const [, operator, written = ''] = /^\s*(=|!=|>=|<=|~>|>|<)?\s*(\S+)\s*$/.exec(part) ?? [];
    const version = parseVersion(written);
    if (version === null) return null;
    const count = written.replace(/-.*/, '').split('.').length;
    if (operator === undefined && prefix && count < 3) conditions.push(...beginningWith(version, count));
    else conditions.push({ operator: (operator ?? '=') as Operator, version, written: count });
  }
  return conditions;
}

/** As the engines decide: a prerelease fits only where it is asked for by its name. */
export function satisfies(version: EngineVersion, constraint: VersionConstraint): boolean {
  const named = constraint.some((each) => each.operator === '=' && compareVersions(each.version, version) === 0);
  if (version.prerelease !== '' && !named) return false;
  return constraint.every((condition) => holds(version, condition));
}

/** Below 0 if `a` is the older one. */
export function compareVersions(a: EngineVersion, b: EngineVersion): number {
  for (const index of [0, 1, 2] as const) {
    const difference = a.numbers[index] - b.numbers[index];
    if (difference !== 0) return difference;
  }
  return comparePrereleases(a.prerelease, b.prerelease);
}

export function showVersion({ numbers, prerelease }: EngineVersion): string {
  return `${numbers.join('.')}${prerelease === '' ? '' : `-${prerelease}`}`;
}

function holds(version: EngineVersion, { operator, version: bound, written }: Condition): boolean {
  const order = compareVersions(version, bound);
  switch (operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '~>':
      return order >= 0 && compareVersions(version, after(bound, Math.max(1, written - 1))) < 0;
  }
}

function beginningWith(version: EngineVersion, count: number): Condition[] {
  const bound = after(version, count);
  return [
    { operator: '>=', version, written: 3 },
    { operator: '<', version: bound, written: 3 },
  ];
}

/** The first version that does not begin with so many of its numbers. */
function after({ numbers: [major, minor, patch] }: EngineVersion, count: number): EngineVersion {
  if (count === 1) return { numbers: [major + 1, 0, 0], prerelease: '' };
  if (count === 2) return { numbers: [major, minor + 1, 0], prerelease: '' };
  return { numbers: [major, minor, patch + 1], prerelease: '' };
}

/** A release is newer than its prereleases; their parts are compared as semantic versioning says. */
function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return 1;
  if (b === '') return -1;
  const [left, right] = [a.split('.'), b.split('.')];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const order = comparePart(left[index] ?? '', right[index] ?? '');
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function comparePart(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) return Number(a) - Number(b);
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : 1;
}
