import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigError, ZenfraConfig } from '../../src/stack/definition.ts';
import { readConfig } from '../../src/stack/read-config.ts';
import { rightsOf } from '../../src/stack/rights.ts';

test('a stack needs no more than a path', () => {
  assert.deepEqual(read('stacks:\n  network:\n    path: infra/network\n'), {
    stacks: [
      {
        name: 'network',
        path: 'infra/network',
        branch: null,
        renamedFrom: null,
        varFiles: [],
        pushPaths: ['infra/network/**'],
        engine: null,
        version: null,
        ...builtIn,
      },
    ],
    comments: { detail: null },
    defaultRights: rightsOf({}),
    discover: null,
  });
});

test('every setting is read, and the defaults give what a stack does not say', () => {
  const config = read(`
version: 1
defaults:
  branch: production
  iac: { engine: terraform, version: "1.11.4" }
  triggers: { on_push: { paths: ["modules/**", "!**/*.md"] } }
stacks:
  network-prod:
    path: ./infra/network/
    renamed_from: network
    var_files: [prod.tfvars, ../../shared/prod.tfvars]
  app:
    path: .
    branch: main
    iac: { engine: tofu }
    triggers: { on_push: { paths: ["app/**", "!app/docs/**"] } }
comments:
  detail: resources
`);
  assert.deepEqual(config.comments, { detail: 'resources' });
  assert.deepEqual(config.stacks, [
    {
      name: 'network-prod',
      path: 'infra/network',
      branch: 'production',
      renamedFrom: 'network',
      varFiles: ['prod.tfvars', '../../shared/prod.tfvars'],
      pushPaths: ['infra/network/**', 'shared/prod.tfvars', 'modules/**', '!**/*.md'],
      engine: 'terraform',
      version: '1.11.4',
      ...builtIn,
    },
    {
      name: 'app',
      path: '.',
      branch: 'main',
      renamedFrom: null,
      varFiles: [],
      pushPaths: ['app/**', '!app/docs/**'],
      engine: 'tofu',
      version: null,
      ...builtIn,
    },
  ]);
});

test('every other setting is read, a stack’s own before the defaults’, setting by setting', () => {
  const config = read(`
defaults:
  labels: [aws]
  environment: dev
  approval: { requirements: [approved], expires: 24h, self_approve: false }
  timeouts: { plan: 90m }
  hooks: { before_plan: ["./a.sh"], after_plan: ["./b.sh"] }
stacks:
  network:
    path: infra/network
    environment: prod
    state: external
    triggers: { on_pull_request: { drafts: true } }
    approval: { requirements: [undiverged, checks_passed], permission: maintain }
    auto_apply: no_destroy
    timeouts: { apply: 2d }
    protect: { destroy: true }
    hooks: { after_plan: ["conftest test $ZENFRA_PLAN_JSON", "echo done"] }
  app:
    path: infra/app
    depends_on: [network, network]
`);
  const { name, path, branch, renamedFrom, varFiles, pushPaths, engine, version, ...network } = config.stacks[0] ?? {};
  assert.deepEqual(network, {
    labels: ['aws'],
    environment: 'prod',
    state: 'external',
    planDrafts: true,
    dependsOn: [],
    approval: {
      requirements: ['undiverged', 'checks_passed'],
      permission: 'maintain',
      selfApprove: false,
      expiresMs: 86_400_000,
    },
    autoApply: 'no_destroy',
    protectDestroy: true,
    timeouts: { planMs: 5_400_000, applyMs: 172_800_000 },
    hooks: { before_plan: ['./a.sh'], after_plan: ['conftest test $ZENFRA_PLAN_JSON', 'echo done'] },
  });
  assert.deepEqual([config.stacks[1]?.dependsOn, config.stacks[1]?.environment], [['network'], 'dev']);
});

test('a mistake in a new setting names its place and the nearest right word', () => {
  const errors = readErrors(`stacks:
  a:
    path: a
    labels: [Prod, prod]
    environment: "a/b"
    state: extrenal
    aproval: {}
    approval:
      requirements: [aproved, diverged]
      permission: read
      self_approve: "no"
      expires: 24
      requirement: [approved]
    auto_apply: no_destory
    timeouts: { plan: 0m, aply: 1h }
    triggers: { on_pull_request: { drafts: yes } }
    protect: { destory: true }
    hooks:
      before_plan: ./check.sh
      after_aply: [x]
      after_plan: [" ", "a\u202eb", "half \\ud83d"]
    depends_on: ["../x"]
`);
  assert.deepEqual(
    errors.map(({ line, message }) => `${line} ${message}`),
    [
      '4 stacks.a.labels.0: "Prod" is not a label: at most 63 lowercase letters, digits, "-" and "_", beginning with a letter or digit, such as network-prod.',
      '5 stacks.a.environment: "a/b" is not a label: at most 63 lowercase letters, digits, "-" and "_", beginning with a letter or digit, such as network-prod.',
      '6 stacks.a.state must be "managed" or "external", but is "extrenal". Did you mean "external"?',
      '7 "aproval" is not a key in stacks.a. Did you mean "approval"?',
      '9 stacks.a.approval.requirements.0 must be "approved" or "undiverged" or "checks_passed", but is "aproved". Did you mean "approved"?',
      '9 stacks.a.approval.requirements.1 must be "approved" or "undiverged" or "checks_passed", but is "diverged". Did you mean "undiverged"?',
      '10 stacks.a.approval.permission must be "write" or "maintain" or "admin", but is "read".',
      '11 stacks.a.approval.self_approve must be true or false, but is "no".',
      '12 stacks.a.approval.expires must be text, but is the number 24. Put it in quotes: "24".',
      '13 "requirement" is not a key in stacks.a.approval. Did you mean "requirements"?',
      '14 stacks.a.auto_apply must be "never" or "no_destroy" or "always", but is "no_destory". Did you mean "no_destroy"?',
      '15 stacks.a.timeouts.plan: "0m" is not a duration. Write one such as 45m, 24h or 7d.',
      '15 "aply" is not a key in stacks.a.timeouts. Did you mean "apply"?',
      '16 stacks.a.triggers.on_pull_request.drafts must be true or false, but is "yes".',
      '17 "destory" is not a key in stacks.a.protect. Did you mean "destroy"?',
      '19 stacks.a.hooks.before_plan must be a list, but is "./check.sh".',
      '20 "after_aply" is not a key in stacks.a.hooks. Did you mean "after_apply"?',
      '21 stacks.a.hooks.after_plan.0: " " is empty. Write a command such as "./check.sh", or remove it.',
      '21 stacks.a.hooks.after_plan.1: "a\\u{202e}b" holds a character that hides or turns text. Type the command again.',
      '21 stacks.a.hooks.after_plan.2: "half \\u{d83d}" holds a character that hides or turns text. Type the command again.',
      '22 stacks.a.depends_on.0: "../x" is not a stack\'s name: at most 63 lowercase letters, digits, "-" and "_", beginning with a letter or digit, such as network-prod.',
    ],
  );
});

test('a key in the wrong place is told where it belongs, and a choice by another name how it is written', () => {
  const errors = readErrors(`self_approve: false
defaults:
  path: infra
stacks:
  a:
    path: a
    self_aprove: false
    detail: diff
    approval: { permision: write, plan: 1h }
    iac: { engine: OpenTofu, on_push: 1 }
    nothing_like_it: 1
`);
  assert.deepEqual(
    errors.map(({ line, message }) => `${line} ${message.replace(/Known here: .*/, 'Known here: …')}`),
    [
      '1 "self_approve" is not a key at the top of zenfra.yml. Did you mean "defaults.approval.self_approve"?',
      '3 "path" is not a key in defaults. Did you mean "stacks.NAME.path"?',
      '7 "self_aprove" is not a key in stacks.a. Did you mean "stacks.a.approval.self_approve"?',
      '8 "detail" is not a key in stacks.a. Did you mean "comments.detail"?',
      '9 "permision" is not a key in stacks.a.approval. Did you mean "permission"?',
      '9 "plan" is not a key in stacks.a.approval. Did you mean "stacks.a.timeouts.plan"?',
      '10 stacks.a.iac.engine must be "terraform" or "tofu", but is "OpenTofu". Did you mean "tofu"?',
      '10 "on_push" is not a key in stacks.a.iac. Did you mean "stacks.a.triggers.on_push"?',
      '11 "nothing_like_it" is not a key in stacks.a. Known here: …',
    ],
  );
});

test('a version of the format in quotes is told that it has none', () => {
  const [error] = readErrors('version: "1"\nstacks: { a: { path: a } }\n');
  assert.equal(error?.message, 'version must be 1, but is "1". Did you mean 1?');
});

test('keys as other tools have them are told as they are here, and merge keys that they are not read', () => {
  const errors = readErrors(`projects: []
stacks:
  a: &a
    path: a
    dir: a
    terraform_version: v1.5.0
    when_modified: ["*.tf"]
    constructor: 1
  b:
    <<: *a
    path: b
`);
  assert.deepEqual(
    errors.map(({ line, message }) => `${line} ${message.replace(/Known here: .*/, 'Known here: …')}`),
    [
      '1 "projects" is not a key at the top of zenfra.yml. Did you mean "stacks"?',
      '5 "dir" is not a key in stacks.a. Did you mean "path"?',
      '6 "terraform_version" is not a key in stacks.a. Did you mean "stacks.a.iac.version"?',
      '7 "when_modified" is not a key in stacks.a. Did you mean "stacks.a.triggers.on_push.paths"?',
      '8 "constructor" is not a key in stacks.a. Known here: …',
      '10 "<<" is not a key in stacks.b: merge keys are not read. Write the settings out, or say in defaults what is the same for all stacks.',
    ],
  );
});

test('a file with discover needs no stacks', () => {
  const config = read('discover: { paths: ["infra/**", "!infra/old/**"] }\n');
  assert.deepEqual([config.stacks, config.discover], [[], ['infra/**', '!infra/old/**']]);
  assert.equal(
    readErrors('version: 1\n')[0]?.message,
    'stacks is missing. Name at least one stack, such as "stacks: { network: { path: infra/network } }".',
  );
});

test('globs that begin by excluding exclude from the stack’s own directory', () => {
  const { stacks } = read('stacks: { a: { path: a, triggers: { on_push: { paths: ["!a/docs/**"] } } } }');
  assert.deepEqual(stacks[0]?.pushPaths, ['a/**', '!a/docs/**']);
});

test('all mistakes are told at once, in the order of the file, each with its place', () => {
  const errors = readErrors(`version: 2
stack:
  a: {}
stacks:
  Network:
    pth: infra/network
  app:
    path: ../../etc
    iac:
      engine: terrafrom
      version: 1.10
comments:
  detail: difff
`);
  assert.deepEqual(
    errors.map(({ line, column, field, message }) => `${line}:${column} ${field}: ${message}`),
    [
      '1:10 version: version must be 1, but is the number 2.',
      '2:1 stack: "stack" is not a key at the top of zenfra.yml. Did you mean "stacks"?',
      '5:3 stacks.Network: "Network" is not a stack\'s name: at most 63 lowercase letters, digits, "-" and "_", beginning with a letter or digit, such as network-prod.',
      '5:3 stacks.Network.path: stacks.Network.path is missing. Write the directory of the root module, such as "path: infra/network".',
      '6:5 stacks.Network.pth: "pth" is not a key in stacks.Network. Did you mean "path"?',
      '8:11 stacks.app.path: stacks.app.path: "../../etc" leaves its directory by "..". Give the path from the repository\'s root, such as infra/network.',
      '10:15 stacks.app.iac.engine: stacks.app.iac.engine must be "terraform" or "tofu", but is "terrafrom". Did you mean "terraform"?',
      '11:16 stacks.app.iac.version: stacks.app.iac.version must be text, but is the number 1.10. Put it in quotes: "1.10".',
      '13:11 comments.detail: comments.detail must be "diff" or "resources" or "summary", but is "difff". Did you mean "diff"?',
    ],
  );
});

for (const [what, path, reason] of [
  ['leaving the repository', '../../etc', 'leaves its directory by ".."'],
  ['going up and down again', 'a/../b', 'leaves its directory by ".."'],
  ['absolute', '/etc', 'is absolute'],
  ['of another system', 'C:/infra', 'is absolute'],
  ['an option', '-chdir=/', 'begins with "-"'],
  ['an option in disguise', './-chdir=x', 'begins with "-"'],
  ['with a backslash', 'a\\b', 'holds a backslash'],
  ['with a NUL', 'a\0b', 'holds a character that cannot be seen'],
  ['with a right-to-left override', 'a\u202eb', 'holds a character that cannot be seen'],
  ['of 5,000 characters', 'a'.repeat(5000), 'has 5000 characters; at most 512 are allowed'],
  ['empty', '', 'is empty'],
  ['a glob', 'infra/*', 'which globs use'],
] as const) {
  test(`a path ${what} is refused by name and place`, () => {
    const [error, ...others] = readErrors(`stacks:\n  a:\n    path: ${JSON.stringify(path)}\n`);
    assert.deepEqual(others, []);
    assert.deepEqual([error?.line, error?.column, error?.field], [3, 11, 'stacks.a.path']);
    assert.ok(error?.message.includes(reason), error?.message);
    assert.ok(!/[\0\u202e]/.test(error?.message ?? ''));
    assert.ok((error?.message.length ?? 0) < 300);
  });
}

test('a workspace is refused with the way to do without', () => {
  const [error] = readErrors('stacks:\n  a:\n    path: a\n    workspace: "$(id)"\n');
  assert.equal(
    error?.message,
    '"workspace" is not a key in stacks.a: the http backend has no workspaces: make one stack per environment, with var_files.',
  );
  assert.deepEqual([error?.line, error?.column], [4, 5]);
});

for (const version of [
  'latest; rm',
  '../x',
  'latest',
  '1',
  '1.11.4 && id',
  '~> 1',
  '>= 1.9,',
  '>= 1.9, < 2; rm',
  '1.9, 1.10',
  '=> 1',
  '',
]) {
  test(`the version ${JSON.stringify(version)} is refused`, () => {
    const [error] = readErrors(`stacks: { a: { path: a, iac: { version: ${JSON.stringify(version)} } } }`);
    assert.equal(error?.field, 'stacks.a.iac.version');
  });
}

test('versions with and without a patch or a pre-release are taken', () => {
  for (const version of ['1.11.4', '1.11', '1.12.0-rc1', '1.10.0-beta.2']) {
    assert.equal(read(`stacks: { a: { path: a, iac: { version: "${version}" } } }`).stacks[0]?.version, version);
  }
});

test('constraints are taken', () => {
  for (const version of ['~> 1.11', '~>1.11.2', '>= 1.9, < 2', '>=1.9,!= 1.10.3 , <= 1.12.0-rc1', '= 1.11.4']) {
    assert.equal(read(`stacks: { a: { path: a, iac: { version: "${version}" } } }`).stacks[0]?.version, version);
  }
});

test('a branch may look like shell, but must be one', () => {
  for (const branch of ['a;touch$IFS', '$(id)', '"><img/src=x>', 'аpple', 'feature/x']) {
    assert.equal(read(`stacks: { a: { path: a, branch: ${JSON.stringify(branch)} } }`).stacks[0]?.branch, branch);
  }
  for (const branch of ['', '--upload-pack=id', 'a b', 'a..b', 'x.lock', 'a\u202eb', 'a\0', '@', 'a//b', '/a', 'a/']) {
    const [error] = readErrors(`stacks: { a: { path: a, branch: ${JSON.stringify(branch)} } }`);
    assert.equal(error?.field, 'stacks.a.branch', branch);
  }
});

test('two stacks in one place are refused unless their var files differ', () => {
  const [error] = readErrors('stacks:\n  a: { path: x }\n  b: { path: ./x/ }\n');
  assert.equal(
    error?.message,
    'Stack "b" has the path "x" and the var_files of stack "a": both would manage the same resources. Give one of them other var_files, or remove it.',
  );
  assert.deepEqual([error?.line, error?.column], [3, 14]);
  assert.equal(
    read('stacks:\n  a: { path: x, var_files: [a.tfvars] }\n  b: { path: x, var_files: [b.tfvars] }\n').stacks.length,
    2,
  );
});

test('two stacks in one place whose backend keeps the state are refused: it would give both the same', () => {
  const both =
    '  a: { path: x, var_files: [a.tfvars], branch: a, environment: a }\n  b: { path: ./x/, var_files: [b.tfvars] }\n';
  const [error, ...more] = readErrors(`defaults: { state: external }\nstacks:\n${both}`);
  assert.match(
    error?.message ?? '',
    /^Stack "b" has the path "x" of stack "a", and a backend there keeps the state of both \(state: external\): it would be one state, and each would undo what the other made\. Give each a directory of its own/,
  );
  assert.deepEqual([error?.line, error?.column, more], [4, 14, []]);
  const same = both.replaceAll('b.tfvars', 'a.tfvars');
  assert.deepEqual(
    readErrors(`defaults: { state: external }\nstacks:\n${same}`).map(({ message }) => message),
    [error?.message],
  );
  const one = both.replace('{ path: x', '{ path: x, state: managed');
  assert.equal(read(`defaults: { state: external }\nstacks:\n${one}`).stacks.length, 2);
});

test('two stacks in one place are found out when their var files are the same by another way', () => {
  const [error] = readErrors(
    'stacks:\n  a: { path: x/y, var_files: [p.tfvars] }\n  b: { path: x/y, var_files: [../y/./p.tfvars] }\n',
  );
  assert.deepEqual([error?.line, error?.field], [3, 'stacks.b.path']);
  assert.match(error?.message ?? '', /both would manage the same resources/);
});

test('a conflict between stacks is told together with a mistake in a third', () => {
  const errors = readErrors('stacks:\n  a: { path: x }\n  b: { path: x }\n  c: { path: 7 }\n');
  assert.deepEqual(
    errors.map(({ line, field }) => `${line} ${field}`),
    ['3 stacks.b.path', '4 stacks.c.path'],
  );
});

test('a var file outside of the repository is refused', () => {
  const [error] = readErrors('stacks:\n  a:\n    path: infra/a\n    var_files:\n      - ../../../etc/passwd\n');
  assert.deepEqual([error?.line, error?.column, error?.field], [5, 9, 'stacks.a.var_files.0']);
  assert.ok(error?.message.includes('leaves the repository'));
});

test('a rename from a stack that is still there, or claimed twice, is refused', () => {
  assert.ok(
    readErrors('stacks: { a: { path: a }, b: { path: b, renamed_from: a } }')[0]?.message.includes(
      'still in this file',
    ),
  );
  assert.ok(
    readErrors('stacks: { a: { path: a, renamed_from: x }, b: { path: b, renamed_from: x } }')[0]?.message.includes(
      'Only one can be',
    ),
  );
});

test('names that mean something to JavaScript are unknown like others', () => {
  const fields = readErrors(
    '__proto__: { a: 1 }\nconstructor: 1\nstacks:\n  __proto__: { path: a }\n  ok: { path: a, toString: 1 }\n',
  ).map(({ field }) => field);
  assert.deepEqual(fields, ['__proto__', 'constructor', 'stacks.__proto__', 'stacks.ok.toString']);
});

const builtIn = {
  labels: [],
  environment: null,
  state: 'managed',
  planDrafts: false,
  dependsOn: [],
  approval: { requirements: [], permission: 'write', selfApprove: true, expiresMs: null },
  autoApply: 'never',
  protectDestroy: false,
  timeouts: { planMs: null, applyMs: null },
  hooks: {},
} as const;

function read(text: string): ZenfraConfig {
  const reading = readConfig(text);
  assert.deepEqual(reading.ok ? [] : reading.errors, []);
  assert.ok(reading.ok);
  return reading.config;
}

function readErrors(text: string): ConfigError[] {
  const reading = readConfig(text);
  assert.ok(!reading.ok, 'the text was taken');
  return reading.errors;
}
