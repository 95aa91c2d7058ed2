import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineStack } from '../../src/stack/define-stacks.ts';
import type { StackDefinition } from '../../src/stack/definition.ts';
import { type KnownStack, planStackChanges, type StackChanges } from '../../src/stack/rename.ts';

test('new stacks are inserted, known ones updated, absent ones removed', () => {
  const changes = planStackChanges([known('a', 'a'), known('b', 'b')], [stack('b', 'b2'), stack('c', 'c')]);
  assert.deepEqual(summarize(changes), { insert: ['c'], update: ['b'], remove: ['a'], rename: [], refusals: [] });
});

test('what an open pull request brings is not missed in the file of the tracked branch', () => {
  const changes = planStackChanges([known('a', 'a', { brought: true, hasState: true })], [stack('b', 'b', 'c')]);
  assert.deepEqual(summarize(changes), { insert: ['b'], update: [], remove: [], rename: [], refusals: [] });
});

test('a removed stack that returns is revived, and one that stays away is not removed again', () => {
  const changes = planStackChanges(
    [known('a', 'a', { removed: true }), known('b', 'b', { removed: true })],
    [stack('a', 'a')],
  );
  assert.deepEqual(summarize(changes), { insert: [], update: ['a'], remove: [], rename: [], refusals: [] });
});

test('renamed_from moves history and state to the new name', () => {
  const changes = planStackChanges([known('net', 'net', { hasState: true })], [stack('network', 'net', 'net')]);
  assert.deepEqual(summarize(changes), { insert: [], update: [], remove: [], rename: ['net → network'], refusals: [] });
});

test('renamed_from may stay in the file after the rename', () => {
  const changes = planStackChanges([known('network', 'net', { hasState: true })], [stack('network', 'net', 'net')]);
  assert.deepEqual(summarize(changes), { insert: [], update: ['network'], remove: [], rename: [], refusals: [] });
});

test('a stack with state does not lose its place to a new name that says nothing', () => {
  const changes = planStackChanges([known('net', 'infra/net', { hasState: true })], [stack('network', 'infra/net')]);
  assert.deepEqual(summarize(changes), { insert: [], update: [], remove: [], rename: [], refusals: ['network'] });
  assert.equal(
    changes.refusals[0]?.message,
    'Stack "network" takes the path "infra/net" of "net", which is gone from zenfra.yml but still has state. If it is the same stack, add "renamed_from: net" to it; if not, bring "net" back and destroy what it manages first.',
  );
});

test('nor when it left the file in an earlier commit', () => {
  const changes = planStackChanges([known('net', 'net', { hasState: true, removed: true })], [stack('network', 'net')]);
  assert.deepEqual(
    changes.refusals.map(({ stack }) => stack),
    ['network'],
  );
});

test('a stack without state may be replaced', () => {
  const changes = planStackChanges([known('net', 'net')], [stack('network', 'net')]);
  assert.deepEqual(summarize(changes), { insert: ['network'], update: [], remove: ['net'], rename: [], refusals: [] });
});

test('another environment in the place of one removed earlier is a stack of its own', () => {
  const prod = known('prod', 'app', { hasState: true, removed: true, varFiles: ['prod.tfvars'] });
  const changes = planStackChanges([prod], [{ ...stack('dev', 'app'), varFiles: ['dev.tfvars'] }]);
  assert.deepEqual(summarize(changes).insert, ['dev']);
});

test('a misspelled renamed_from is refused while a stack with state vanishes', () => {
  const changes = planStackChanges(
    [known('network', 'net', { hasState: true })],
    [stack('net-prod', 'elsewhere', 'netwrk')],
  );
  assert.deepEqual(summarize(changes), { insert: [], update: [], remove: [], rename: [], refusals: ['net-prod'] });
  assert.ok(changes.refusals[0]?.message.endsWith('Did you mean "renamed_from: network"?'));
});

test('a known stack cannot take over the state of another', () => {
  const existing = [known('a', 'a'), known('b', 'b', { hasState: true })];
  const changes = planStackChanges(existing, [stack('a', 'a', 'b')]);
  assert.deepEqual(summarize(changes), { insert: [], update: [], remove: [], rename: [], refusals: ['a'] });
});

function known(name: string, path: string, more: Partial<KnownStack> = {}): KnownStack {
  return { name, path, varFiles: [], hasState: false, removed: false, brought: false, ...more };
}

function stack(name: string, path: string, renamedFrom: string | null = null): StackDefinition {
  return { ...defineStack(name, { path }), renamedFrom };
}

function summarize(changes: StackChanges) {
  return {
    insert: changes.insert.map(({ name }) => name),
    update: changes.update.map(({ name }) => name),
    remove: changes.remove,
    rename: changes.rename.map(({ from, to }) => `${from} → ${to.name}`),
    refusals: changes.refusals.map(({ stack }) => stack),
  };
}
