import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareProviders, readLockFile } from '../../src/plan/lock-file.ts';

const text = `# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.100.0"
  constraints = "~> 5.0"
  hashes = [
    "h1:abc=",
    "zh:def",
  ]
}

provider "example.com/acme/own" {
  version = "0.1.0"
}
`;

test('the providers that a lock file pins are read', () => {
  assert.deepEqual(readLockFile(text), [
    { source: 'registry.terraform.io/hashicorp/aws', version: '5.100.0', hashes: ['h1:abc=', 'zh:def'] },
    { source: 'example.com/acme/own', version: '0.1.0', hashes: [] },
  ]);
});

test('a lock file that is none pins nothing', () => {
  for (const broken of ['', 'provider "x" {', 'provider "x" {\n}\n', `${'provider "a" {\n'.repeat(50_000)}`]) {
    assert.deepEqual(readLockFile(broken), [], broken.slice(0, 40));
  }
});

test('what differs between two is told by provider', () => {
  const before = [
    { source: 'a', version: '1.0.0' },
    { source: 'b', version: '1.0.0' },
    { source: 'c', version: '1.0.0' },
  ];
  const after = [
    { source: 'd', version: '1.0.0' },
    { source: 'b', version: '2.0.0' },
    { source: 'a', version: '1.0.0' },
  ];
  assert.deepEqual(compareProviders(before, after), [
    { source: 'b', from: '1.0.0', to: '2.0.0' },
    { source: 'c', from: '1.0.0', to: null },
    { source: 'd', from: null, to: '1.0.0' },
  ]);
});
