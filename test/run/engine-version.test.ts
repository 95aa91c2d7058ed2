import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compareVersions,
  parseConstraint,
  parseVersion,
  satisfies,
  showVersion,
} from '../../src/run/engine-version.ts';

function fits(version: string, constraint: string, prefix = true): boolean {
  const [parsed, rule] = [parseVersion(version), parseConstraint(constraint, { prefix })];
  assert.ok(parsed && rule, `${version} and ${constraint} are read`);
  return satisfies(parsed, rule);
}

test('constraints allow what the engines say that they allow', () => {
  const cases: [version: string, constraint: string, fits: boolean][] = [
    ['1.11.4', '1.11.4', true],
    ['1.11.4', 'v1.11.4', true],
    ['1.11.4', '1.11', true],
    ['1.12.0', '1.11', false],
    ['1.12.0', '1', true],
    ['2.0.0', '1', false],
    ['1.11.4', '~> 1.11', true],
    ['1.99.0', '~> 1.11', true],
    ['2.0.0', '~> 1.11', false],
    ['1.11.4', '~> 1.11.0', true],
    ['1.12.0', '~> 1.11.0', false],
    ['1.9.0', '>= 1.9, < 2', true],
    ['2.0.0', '>= 1.9, < 2', false],
    ['1.10.0', '>=1.9,!=1.10.0', false],
    ['1.10.0', '> 1.10.0', false],
    ['1.10.0', '<= 1.10', true],
    ['1.12.0-beta1', '>= 1.9', false],
    ['1.12.0-beta1', '1.12.0-beta1', true],
    ['1.12.0-beta1', '~> 1.12', false],
  ];
  for (const [version, constraint, expected] of cases) {
    assert.equal(fits(version, constraint), expected, `${version} and ${constraint}`);
  }
});

test('required_version reads a short version as the engines do, padded with zeros', () => {
  assert.equal(fits('1.11.0', '1.11', false), true);
  assert.equal(fits('1.11.4', '1.11', false), false);
});

test('what is no constraint is not read as one', () => {
  for (const text of ['', 'latest; rm', '../x', '>= ', '1.2.3.4', '>= 1 < 2', '=> 1.2', '1.x', '$(id)', '~>']) {
    assert.equal(parseConstraint(text, { prefix: true }), null, text);
  }
  assert.equal(parseConstraint(Array(21).fill('1').join(','), { prefix: true }), null, 'more than anybody writes');
});

test('versions are put in the order of their numbers, releases after their prereleases', () => {
  const sorted = ['1.2.0', '1.10.0-alpha2', '1.10.0-beta1', '1.10.0-rc.2', '1.10.0-rc.10', '1.10.0', '1.10.1'];
  const read = [...sorted]
    .reverse()
    .map((text) => parseVersion(text))
    .filter((version) => version !== null);
  assert.deepEqual(read.sort(compareVersions).map(showVersion), sorted);
});
