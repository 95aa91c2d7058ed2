import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Run } from '../../src/db/runs.ts';
import { check } from './checks/index.ts';
import type { History, Version } from './history.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const planId = '00000000-0000-4000-8000-000000000001';
const canary = 'something secret';

function state(revision: string): string {
  const resource = (name: string) => ({
    name,
    instances: [{ attributes: { triggers_replace: { value: [revision] } } }],
  });
  return JSON.stringify({ resources: [resource('first'), resource('second')] });
}

const run = {
  ...{ id: 'run', number: 1, stack_id: 'stack', type: 'tracked', status: 'finished', attempt: 1, commit_sha: 'sha' },
  ...{ approved_by: 'kim', adopted_plan_id: null, pull_request_number: null, lease_expires_at: null, failure: null },
} as unknown as Run;

const version = {
  ...{ id: 'version', stack_id: 'stack', serial: '1', lineage: 'l', md5: 'md5', run_id: 'run', created_at: at(5) },
  text: state('r1'),
} as Version;

/** One run that was approved, applied, saved and told. */
function good(): History {
  const moves = ['preparing', 'planning', 'unconfirmed', 'approved', 'applying', 'applying', 'finished'];
  const names = [
    'claimed',
    'planning_started',
    'plan_finished',
    'approved',
    'claimed',
    'apply_started',
    'apply_finished',
  ];
  const line = { stack: 'app', revision: 'r1', planId };
  const hold = { id: 1, stack_id: 'stack', reason: 'person', run_id: null, pull_request_number: null, note: 'mine' };
  return {
    stacks: [{ id: 'stack', name: 'app' }],
    runs: [run],
    plans: [{ id: planId, run_id: 'run', stack_id: 'stack', commit_sha: 'sha', state_version_id: null }],
    planned: new Map([[planId, 'r1']]),
    applies: [
      {
        plan_id: planId,
        run_id: 'run',
        started_at: at(1),
        ended_at: at(6),
        engine_ended_at: at(6),
        outcome: 'succeeded',
        place: '',
      },
    ],
    events: moves.map((to_status, id) => ({
      ...{ id, run_id: 'run', event: names[id] ?? '', from_status: moves[id - 1] ?? 'queued', to_status },
      ...{ actor: '', reason: null, at: at(0) },
    })) as History['events'],
    phases: [
      { run_id: 'run', phase: 'applying', started_at: at(1), ended_at: at(6), outcome: 'succeeded', note: null },
    ],
    holds: [
      {
        ...hold,
        created_by: 'kim',
        created_at: at(20),
        released_at: null,
        released_by: null,
      } as History['holds'][number],
    ],
    versions: [version],
    logs: new Map([['run', 'a (local-exec): at work on first\nb (local-exec): at work on second\n']]),
    ledger: ['first', 'second'].flatMap((resource, index) => [
      { ...line, resource, what: 'begin', at: at(2 + index * 2).getTime() } as const,
      { ...line, resource, what: 'end', at: at(3 + index * 2).getTime() } as const,
    ]),
    deliveries: [{ id: 'delivery', handled_at: at(1) }],
    acknowledged: new Set(['delivery']),
    pulls: [],
    checks: [],
    heads: new Map([['main', 'sha']]),
    head: 'sha',
    approvals: { runs: new Set(['run']), pulls: new Set(), merged: new Map() },
    seen: { versions: new Map([['version', 'md5']]), events: new Set([1]), leaks: new Set() },
    secrets: [['a secret', canary]],
  };
}

test('a history in which everything is well breaks no promise', () => {
  assert.deepEqual(check(good()), []);
});

const broken: Record<string, [(history: History) => void, RegExp]> = {
  'a plan is applied twice': [(h) => h.ledger.push(...h.ledger), /applied twice/],
  'nobody approved': [(h) => h.approvals.runs.clear(), /nobody approved/],
  'another content than the plan’s is applied': [(h) => h.planned.set(planId, 'r2'), /is of r2, and r1 was applied/],
  'a plan is applied of which no apply is known': [(h) => h.applies.splice(0), /no apply says so/],
  'something is changed before the apply begins': [
    (h) => set(h.applies[0], { started_at: at(4) }),
    /before its apply began/,
  ],
  'a part of the apply is missing': [(h) => h.ledger.splice(2), /the ledger has first of it/],
  'two applies overlap': [
    (h) => {
      h.plans.push({ ...h.plans[0], id: 'other', run_id: 'other' } as History['plans'][number]);
      h.applies.push({ ...h.applies[0], plan_id: 'other', started_at: at(3) } as History['applies'][number]);
    },
    /overlap/,
  ],
  'an unknown outcome is not held': [
    (h) => {
      set(h.applies[0], { outcome: 'unknown' });
      h.runs = [{ ...run, status: 'failed', failure: { outcomeUnknown: true } as Run['failure'] }];
    },
    /was not held/,
  ],
  'an apply begins on a held stack': [(h) => set(h.holds[0], { created_at: at(0) }), /while its stack was held/],
  'a run is nobody’s and goes on': [(h) => (h.runs = [{ ...run, status: 'planning' }]), /is planning for ever/],
  'a phase has no end': [(h) => set(h.phases[0], { ended_at: null }), /its applying goes on/],
  'an event is missing': [(h) => h.events.splice(3, 1), /went from unconfirmed on as if from approved/],
  'a line of the log is there twice': [(h) => h.logs.set('run', (h.logs.get('run') ?? '').repeat(2)), /tells 2 times/],
  'a state is lost': [(h) => h.versions.splice(0), /was there and is lost/],
  'a state is altered': [(h) => (h.versions = [{ ...version, text: null }]), /not those that were saved/],
  'the state does not tell what was done': [
    (h) => (h.versions = [{ ...version, text: state('r0') }]),
    /no state of it says so/,
  ],
  'a webhook is lost': [(h) => h.deliveries.splice(0), /answered well, and is lost/],
  'a webhook is not handled': [(h) => set(h.deliveries[0], { handled_at: null }), /is not handled/],
  'a push is not acted on': [(h) => (h.head = 'newer'), /head is newer/],
  'a secret is in a log': [(h) => h.logs.set('run', `${h.logs.get('run')}${canary}`), /There is a secret in the log/],
  'a pull request has two comments of a kind': [(h) => h.pulls.push(pullWith(2)), /two comments/],
  'a pull request has none': [(h) => h.pulls.push(pullWith(0)), /no comment of ours/],
  'a check is made twice': [(h) => h.checks.push(openCheck(), openCheck()), /was made twice: Applying/],
  'a check does not say that its run has ended': [(h) => h.checks.push(openCheck()), /its check on sha is in_progress/],
};

for (const [what, [breaks, found]] of Object.entries(broken)) {
  test(`it would be found out: ${what}`, () => {
    const history = good();
    breaks(history);
    assert.match(check(history).join('\n'), found);
  });
}

function set<T extends object>(row: T | undefined, columns: Partial<T>): void {
  assert.ok(row);
  Object.assign(row, columns);
}

function pullWith(comments: number): History['pulls'][number] {
  const body = '<!-- zenfra:v1 pr=1 sha=abc -->\n### Zenfra';
  const comment = { author: 'zenfra[bot]', body, created_at: '', updated_at: '', reactions: [] };
  const own = Array.from({ length: comments }, (_, id) => ({ ...comment, id }));
  return { number: 1, state: 'open', head: 'sha', comments: own };
}

function openCheck(): History['checks'][number] {
  const check = { id: 1, name: 'zenfra/app', head_sha: 'sha', external_id: 'run', status: 'in_progress' };
  return { ...check, output: { title: 'Applying' } } as History['checks'][number];
}
