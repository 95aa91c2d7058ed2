import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SettingSource } from '../../src/stack/definition.ts';
import { readConfig } from '../../src/stack/read-config.ts';

const text = `version: 1
defaults:
  branch: main
  var_files: [all.tfvars]
  iac:
    engine: terraform
    version: "1.11"
  triggers:
    on_push:
      paths: ["!**/*.md"]
stacks:
  network:
    path: infra/network
    branch: prod
    var_files:
      - prod.tfvars
  dns:
    path: infra/dns
    renamed_from: zone
    iac:
      engine: tofu
    triggers:
      on_push:
        paths:
          - infra/dns/**
          - "!infra/dns/docs/**"
  extra:
    path: infra/extra
    triggers: { on_push: { paths: ["!x/**"] } }
comments:
  detail: resources
`;

function sources(name: string) {
  const reading = readConfig(text);
  assert.ok(reading.ok);
  const { pushPaths, others, ...settings } = reading.sources.get(name) ?? assert.fail(name);
  const shown = (source: SettingSource) => (source.by === 'built_in' ? 'built in' : `${source.by} ${source.line}`);
  const globs = reading.config.stacks.find((stack) => stack.name === name)?.pushPaths ?? [];
  return {
    settings: Object.fromEntries(Object.entries(settings).map(([key, source]) => [key, shown(source)])),
    others: Object.fromEntries(
      Object.entries(others)
        .filter(([, source]) => source.by !== 'built_in')
        .map(([key, source]) => [key, shown(source)]),
    ),
    globs: globs.map((glob, index) => `${glob}: ${shown(pushPaths[index] ?? assert.fail(glob))}`),
  };
}

test('each setting has the line it was said at, the stack’s own before the defaults’', () => {
  assert.deepEqual(sources('network'), {
    settings: {
      path: 'stack 13',
      branch: 'stack 14',
      varFiles: 'stack 15',
      engine: 'defaults 6',
      version: 'defaults 7',
      renamedFrom: 'built in',
      commentDetail: 'stack 31',
    },
    others: {},
    globs: ['infra/network/**: built in', '!**/*.md: defaults 10'],
  });
});

test('a stack with another engine leaves the version of the defaults behind, and its own globs have their own lines', () => {
  assert.deepEqual(sources('dns'), {
    settings: {
      path: 'stack 18',
      branch: 'defaults 3',
      varFiles: 'defaults 4',
      engine: 'stack 21',
      version: 'built in',
      renamedFrom: 'stack 19',
      commentDetail: 'stack 31',
    },
    others: {},
    globs: ['infra/dns/**: stack 25', '!infra/dns/docs/**: stack 26'],
  });
  assert.deepEqual(sources('extra').globs, ['infra/extra/**: built in', '!x/**: stack 29']);
});

test('settings of approval, timeouts and hooks have their lines too', () => {
  const file = `defaults:
  approval:
    self_approve: false
  hooks:
    after_plan: [x]
stacks:
  a:
    path: a
    approval:
      expires: 24h
    timeouts: { plan: 2h }
`;
  const reading = readConfig(file);
  assert.ok(reading.ok);
  const others = reading.sources.get('a')?.others;
  assert.deepEqual(others?.['approval.self_approve'], { by: 'defaults', line: 3 });
  assert.deepEqual(others?.['approval.expires'], { by: 'stack', line: 10 });
  assert.deepEqual(others?.['timeouts.plan'], { by: 'stack', line: 11 });
  assert.deepEqual(others?.['hooks.after_plan'], { by: 'defaults', line: 5 });
  assert.deepEqual(others?.['hooks.before_plan'], { by: 'built_in' });
});
