import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ResourceChange } from '../../src/plan/summary.ts';
import { renderAggregateCheck } from '../../src/reports/aggregate-check.ts';
import type { StackFacts } from '../../src/reports/facts.ts';
import { renderStackCheck } from '../../src/reports/render-check.ts';
import { renderComment } from '../../src/reports/render-comment.ts';
import { attribute, failure, known, plan, pullRequest, resource, run, stack } from './example-facts.ts';

const actions = ['create', 'update', 'delete', 'replace'] as const;

function manyChanges(count: number, action: ResourceChange['action'], size = 20): ResourceChange[] {
  return Array.from({ length: count }, (_, index) =>
    resource(`aws_instance.${action}[${index}]`, action, {
      attributes: [attribute('a', known('"x"'), known(`"${'y'.repeat(size)}"`))],
    }),
  );
}

function stackOf(name: string, resources: ResourceChange[]): StackFacts {
  return stack(name, { run: run(1, { plan: plan(resources) }) });
}

/** GitHub counts the bytes of a check's texts. */
function assertFits(text: string): void {
  const bytes = Buffer.byteLength(text);
  assert.ok(bytes <= 60_000, `${bytes} bytes`);
}

/** What a cut in the wrong place would break: every fence is closed, and every tag that is opened outside of one. */
function assertWhole(text: string): void {
  let fence = '';
  let open = 0;
  for (const line of text.split('\n')) {
    const ticks = /^`{3,}/.exec(line)?.[0];
    if (fence !== '') {
      if (line === fence) fence = '';
      continue;
    }
    if (ticks) fence = ticks;
    open += (line.match(/<details/g) ?? []).length - (line.match(/<\/details>/g) ?? []).length;
    assert.equal((line.match(/<summary>/g) ?? []).length, (line.match(/<\/summary>/g) ?? []).length, line);
    assert.ok(open >= 0, line);
  }
  assert.equal(fence, '', 'a fence is left open');
  assert.equal(open, 0, 'a <details> is left open');
}

/** Every destroy is named, or is in a number that says how many more there are. */
function assertDestroysTold(text: string, stacks: StackFacts[]): void {
  const doomed = stacks
    .flatMap(({ run }) => run?.plan?.resources ?? [])
    .filter(({ action }) => action === 'delete' || action === 'replace');
  const total = new RegExp(`\\*\\*${doomed.length} resources? will be destroyed`);
  if (doomed.length > 0) assert.match(text, total);
  const missing = doomed.filter(({ address }) => !text.includes(address));
  if (missing.length === 0) return;
  const counted = [...text.matchAll(/^> .* and (\d+) more$/gm)].reduce((sum, [, more]) => sum + Number(more), 0);
  assert.equal(counted, missing.length);
}

test('the comment steps down: values go before names, names before the table', () => {
  const all = [...manyChanges(20, 'delete'), ...manyChanges(20, 'replace', 50), ...manyChanges(30, 'create', 50)];
  const full = renderComment(pullRequest([stackOf('a', all)]));
  assert.match(full, /^\+ {3}a|^! {3}a = "x" -> "y{50}"$/m);

  const large = [...manyChanges(20, 'replace', 50), ...manyChanges(200, 'update', 900)];
  const destroysOnly = renderComment(pullRequest([stackOf('a', large)]));
  assert.match(destroysOnly, /y{50}"$/m);
  assert.doesNotMatch(destroysOnly, /y{900}/);
  assert.match(destroysOnly, /aws_instance\.update\[199\]/);

  const names = renderComment(
    pullRequest([stackOf('a', [...manyChanges(60, 'delete'), ...manyChanges(5_000, 'create')])]),
  );
  assert.match(names, /aws_instance\.delete\[59\]/);
  assert.match(names, /^# … and 4950 more that will not be destroyed$/m);

  const table = renderComment(pullRequest([stackOf('a', manyChanges(5_000, 'delete'))]));
  assert.doesNotMatch(table, /```diff/);
  assert.match(table, /\| \*\*a\*\* \| 🟡 Ready to apply \| 0 \| 0 \| 5000 \|/);
  assert.match(table, /\*\*5000 resources will be destroyed:\*\* `aws_instance\.delete\[0\]`.* and \d+ more$/m);
  for (const text of [full, destroysOnly, names, table]) assertWhole(text);
});

test('of two thousand stacks the first 300 rows are shown, and a link to the rest', () => {
  const stacks = Array.from({ length: 2_000 }, (_, index) => stackOf(`s${index}`, manyChanges(1, 'create')));
  const text = renderComment(pullRequest(stacks));
  assertFits(text);
  const rows = text.match(/^\| \*\*s\d+/gm)?.length ?? 0;
  assert.ok(rows > 100 && rows <= 300, `${rows} rows`);
  assert.ok(
    text.includes(
      `And ${2_000 - rows} more: [all runs of this pull request](https://zenfra.example.com/pr/acme/infra/42)`,
    ),
  );
  assert.match(text, /^\*\*To apply all ready plans\*\*/m);
  assertWhole(text);
});

test('a plan of 20,000 changes is rendered, with every text under its limit', () => {
  const stacks = [stackOf('a', [...manyChanges(10_000, 'delete', 2_000), ...manyChanges(10_000, 'update', 2_000)])];
  const facts = pullRequest(stacks);
  const [only] = stacks;
  assert.ok(only);
  const check = renderStackCheck(only, facts);
  for (const text of [renderComment(facts), check.summary, check.text ?? '', renderAggregateCheck(facts).summary]) {
    assertFits(text);
    assertWhole(text);
  }
  assertDestroysTold(renderComment(facts), stacks);
});

test('fifty failed stacks fit', () => {
  const detail = 'e\u0000'.repeat(5_000);
  const stacks = Array.from({ length: 50 }, (_, index) =>
    stack(`s${index}`, { run: run(index, { status: 'failed', failure: failure({ detail }) }) }),
  );
  const text = renderComment(pullRequest(stacks));
  assertFits(text);
  assert.match(text, /^### Zenfra · plan failed in 50 stacks$/m);
  assertWhole(text);
});

test('of what a hook printed the end is shown where not all of it fits, and of an engine’s messages the beginning', () => {
  const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index}\u0000`).join('\n');
  const failures = [{ detail: `${lines}\nFAIL: two rules` }, { detail: `Error: no such thing\n${lines}` }];
  const stacks = Array.from({ length: 10 }, (_, index) =>
    stack(`s${index}`, { run: run(index, { status: 'failed', failure: failure(failures[index % 2]) }) }),
  );
  const text = renderComment(pullRequest(stacks));
  assertFits(text);
  assertWhole(text);
  assert.equal(text.match(/^… cut: the run's log has all of it\nline \d+\\u0000\n/gm)?.length, 5);
  assert.equal(text.match(/^FAIL: two rules\n```/gm)?.length, 5);
  assert.equal(text.match(/```\nError: no such thing\nline 0/g)?.length, 5);
});

test('five stacks that fail with a long text in Russian fit, and a list of destroys in Japanese does', () => {
  const detail = 'Ошибка: у ресурса нет обязательной метки владельца.\n'.repeat(400);
  const stacks = Array.from({ length: 5 }, (_, index) =>
    stack(`s${index}`, { run: run(index, { status: 'failed', failure: failure({ detail }) }) }),
  );
  const doomed = Array.from({ length: 2_000 }, (_, index) =>
    resource(`a.b["本番環境のネットワーク${index}"]`, 'delete'),
  );
  const many = Array.from({ length: 300 }, (_, index) => stackOf(`s${index}`, doomed));
  for (const facts of [pullRequest(stacks), pullRequest([stackOf('a', doomed)]), pullRequest(many)]) {
    const [first] = facts.stacks;
    assert.ok(first);
    const check = renderStackCheck(first, facts);
    for (const text of [renderComment(facts), check.summary, check.text ?? '', renderAggregateCheck(facts).summary]) {
      assertFits(text);
      assertWhole(text);
    }
  }
  assert.match(renderAggregateCheck(pullRequest(stacks)).summary, /метки владельца/);
});

test('whatever the plans hold, the comment fits, is whole and tells every destroy', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.integer({ min: 1, max: 40 }).map((length) => `a\n${'`'.repeat(length)}\nb`),
  );
  const change = fc.record({
    name: fc.stringMatching(/^[a-z]{1,8}$/),
    action: fc.constantFrom(...actions),
    before: value,
    after: value,
    copies: fc.constantFrom(1, 1, 3, 400),
  });
  const one = fc.record({
    name: fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    changes: fc.array(change, { maxLength: 6 }),
    warned: fc.string({ unit: 'binary' }),
  });
  const detail = fc.constantFrom('diff' as const, 'resources' as const, 'summary' as const);
  const note = fc.array(fc.string({ unit: 'binary', maxLength: 800 }), { maxLength: 8 });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 6 }), detail, note, (stackFacts, detail, notes) => {
      const stacks = stackFacts.map(({ name, changes, warned }, at) => {
        const resources = changes.flatMap((change, index) =>
          Array.from({ length: change.copies }, (_, copy) =>
            resource(`t.${change.name}_${at}_${index}[${copy}]`, change.action, {
              attributes: [attribute('a', known(change.before), known(change.after))],
            }),
          ),
        );
        const warnings = [{ severity: 'warning' as const, summary: warned, detail: '', file: warned }];
        return stack(name, { path: name, run: run(at, { plan: plan(resources), warnings }) });
      });
      const facts = pullRequest(stacks, { detail, notes });
      const text = renderComment(facts);
      assertFits(text);
      assertWhole(text);
      if (detail !== 'summary') assertDestroysTold(text, stacks);
    }),
    { numRuns: 150 },
  );
});
