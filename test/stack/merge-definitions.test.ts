import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineStack } from '../../src/stack/define-stacks.ts';
import { mergeDefinitions } from '../../src/stack/merge-definitions.ts';
import type { StackInput } from '../../src/stack/schema.ts';

function stack(name: string, more: Partial<StackInput> = {}) {
  return defineStack(name, { path: name, ...more });
}

const net = stack('net');
const dns = stack('dns');

test('what a branch has not touched is as it is in force', () => {
  const inForce = [stack('net', { var_files: ['a.tfvars'] })];
  assert.deepEqual(mergeDefinitions({ base: [net], head: [net], inForce }), inForce);
});

test('a stack that was taken out meanwhile does not come back, unless the branch changes it', () => {
  assert.deepEqual(mergeDefinitions({ base: [net, dns], head: [net, dns], inForce: [net] }), [net]);
  const changed = stack('dns', { iac: { engine: 'terraform' } });
  assert.deepEqual(mergeDefinitions({ base: [net, dns], head: [net, changed], inForce: [net] }), [net, changed]);
});

test('what a branch adds and takes out is as it says', () => {
  assert.deepEqual(mergeDefinitions({ base: [net], head: [net, dns], inForce: [net] }), [net, dns]);
  assert.deepEqual(mergeDefinitions({ base: [net, dns], head: [net], inForce: [net, dns] }), [net]);
});

test('settings are taken one by one from whoever changed them, the branch first', () => {
  const head = [stack('net', { iac: { version: '1.11' }, branch: 'next' })];
  const inForce = [stack('net', { var_files: ['a.tfvars'], branch: 'live' })];
  const merged = stack('net', { iac: { version: '1.11' }, branch: 'next', var_files: ['a.tfvars'] });
  assert.deepEqual(mergeDefinitions({ base: [net], head, inForce }), [merged]);
});

test('a stack keeps the new name that it got, from the branch or meanwhile', () => {
  const renamed = stack('network', { path: 'net', renamed_from: 'net' });
  assert.deepEqual(mergeDefinitions({ base: [net], head: [renamed], inForce: [net] }), [renamed]);
  assert.deepEqual(mergeDefinitions({ base: [net], head: [net], inForce: [renamed] }), [renamed]);
});

test('what came since the branch was made is not the branch’s', () => {
  assert.deepEqual(mergeDefinitions({ base: [net], head: [net], inForce: [net, dns] }), [net]);
});
