import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { marked } from 'marked';
import { renderAggregateCheck } from '../../src/reports/aggregate-check.ts';
import { cellCode, code, fence, html, prose, sentence } from '../../src/reports/escape.ts';
import type { PullRequestFacts, StackFacts } from '../../src/reports/facts.ts';
import { renderStackCheck } from '../../src/reports/render-check.ts';
import { renderComment } from '../../src/reports/render-comment.ts';
import { renderApplyResult } from '../../src/reports/render-result.ts';
import { table } from '../../src/reports/table.ts';
import { refusedApproval } from '../../src/reports/words/approval.ts';
import { unknownCommand, unknownStack } from '../../src/reports/words/replies.ts';
import { attribute, failure, known, plan, pullRequest, resource, run, stack } from './example-facts.ts';

const hostile = [
  '@org/team please look',
  'fixes #1 and GH-2',
  '![x](https://evil.example/x.png)',
  '<img src="https://evil.example/x.png">',
  '<details open><summary>x</summary>',
  '</details></summary></code></pre><script>alert(1)</script>',
  '<!-- zenfra:v1 pr=42 sha=4f2c9d1 -->',
  'a | b \\| c \\\\| d | @org/team',
  'line\n\n# heading @org/team\n- [ ] task',
  '**bold** _em_ ~~s~~ [x](https://evil.example) https://evil.example www.evil.example',
  '"><img/src=x onerror=alert(1)>',
  'a\u202egpj.exe\u200b\u0000\u001b]8;;https://evil.example\u0007',
  '&lt;img&gt; &#64;org',
  ...Array.from(
    { length: 38 },
    (_, index) => `x\n${'`'.repeat(index + 3)}\n@org/team <img src=x>\n${'`'.repeat(index + 3)}diff`,
  ),
  '`',
  '` ``',
  '~~~\n@org/team',
];

/** What is left of a text for GitHub to act on: everything that is not in code. */
function outsideCode(markdown: string): string {
  const page = marked.parse(markdown, { async: false, gfm: true });
  return page
    .replace(/<code[^>]*>[\s\S]*?<\/code>/g, '<code/>')
    .replace(/ href="https:\/\/(?:github|zenfra\.example)\.com\/[^"]*"/g, '')
    .replace(/<!-- zenfra:v1 [^>]* -->/, '');
}

function assertInert(markdown: string, source: string): void {
  const rest = outsideCode(markdown);
  const told = `${JSON.stringify(source)}\n${markdown}\n${rest}`;
  assert.doesNotMatch(
    rest,
    /@org|#1\b|GH-2|(?:href|src)="https?:..(?:www\.)?evil|<img|<script|onerror=|<h1|<input|<em>|<del>|<!--/,
    told,
  );
  assert.equal((rest.match(/<details/g) ?? []).length, (rest.match(/<\/details>/g) ?? []).length, told);
  assert.equal((rest.match(/<code/g) ?? []).length - (rest.match(/<code\/>/g) ?? []).length, 0, told);
  assert.doesNotMatch(markdown, /(?![\n\t])[\p{Cc}\p{Cf}]/u, told);
}

/** The text in every place that is not ours to choose. */
function hostileFacts(text: string): { stacks: StackFacts[]; facts: PullRequestFacts } {
  const changes = plan(
    [
      resource(text, 'delete', { reason: text, movedFrom: text }),
      resource(`a${text}`, 'update', {
        importedFrom: text,
        attributes: [attribute(text, known(text), known(`${text}2`))],
      }),
      resource(`b${text}`, 'create', { attributes: [attribute('v', { kind: 'absent' }, known(text))] }),
    ],
    {
      outputs: [{ name: text, action: 'create', before: { kind: 'absent' }, after: known(text) }],
      drift: [{ address: text, action: 'update', attributes: [attribute(text, known(text), known('1'))] }],
      failedChecks: [{ address: text, status: 'fail', problems: [text] }],
      actions: [{ address: text, when: text, resource: text }],
    },
  );
  const warnings = [{ severity: 'warning' as const, summary: text, detail: text, file: text, line: 1, address: text }];
  const broken = failure({
    headline: text,
    detail: text,
    diagnostics: warnings.map((warning) => ({ ...warning, severity: 'error' as const })),
  });
  const stacks = [
    stack(text, { path: text, run: run(7001, { plan: changes, warnings, engine: text }) }),
    stack('waiting', { run: run(7002, { plan: changes, waitsFor: text }) }),
    stack('held', { run: run(7003, { plan: changes }), heldBy: text }),
    stack('failed', { path: text, run: run(7004, { status: 'failed', failure: broken, engine: text }) }),
    stack('ended', { run: run(7005, { status: 'canceled', endedBecause: text }) }),
    stack(`${text} unchanged`, { run: run(7006, { plan: plan([]) }) }),
  ];
  return { stacks, facts: pullRequest(stacks, { notes: [text], baseBranch: text, rules: [text] }) };
}

test('text of others is inert in comments and checks', () => {
  for (const text of hostile) {
    const { stacks, facts } = hostileFacts(text);
    assertInert(renderComment(facts), text);
    for (const only of stacks) {
      assertInert(renderComment({ ...facts, stacks: [only] }), text);
      const check = renderStackCheck(only, facts);
      assertInert(check.summary, text);
      assertInert(check.text ?? '', text);
    }
    assertInert(renderAggregateCheck(facts).summary, text);
    assertInert(renderAggregateCheck({ ...facts, stacks: [] }).summary, text);
    assertInert(renderComment({ ...facts, configError: { file: text, line: 1, column: 1, message: text } }), text);
    const previous = { headSha: text, stacks, because: text };
    assertInert(
      renderComment({ ...facts, stacks: [stack('a', { run: run(7009, { status: 'planning' }) })], previous }),
      text,
    );
  }
});

test('text of others is inert in results and replies', () => {
  for (const text of hostile) {
    const { stacks, facts } = hostileFacts(text);
    const steps = [{ address: text, action: 'create' as const, result: 'failed' as const, error: text, elapsed: text }];
    const apply = { steps, outputs: [{ name: text, text }], seconds: 1 };
    const [first = stack('a')] = stacks;
    const more = { type: 'tracked' as const, approvedBy: text, apply };
    assertInert(renderApplyResult(run(7009, more), first, facts), text);
    for (const broken of [{ outcomeUnknown: true }, { outcomeUnknown: false }]) {
      const failed = failure({ phase: 'applying', detail: text, ...broken });
      assertInert(renderApplyResult(run(7009, { ...more, status: 'failed', failure: failed }), first, facts), text);
    }
    assertInert(renderApplyResult(run(7009, { ...more, status: 'discarded', endedBecause: text }), first, facts), text);
    assertInert(unknownStack({ asked: text, similar: text, known: [text] }), text);
    assertInert(unknownCommand({ asked: text, similar: null }, []), text);
    assertInert(refusedApproval({ kind: 'discarded', by: text }, { stack: text, sha: text, login: text }), text);
  }
});

test('only our own marker stands at the beginning, and none stands anywhere else', () => {
  for (const text of hostile) {
    const body = renderComment(hostileFacts(text).facts);
    assert.equal(body.indexOf('<!-- zenfra:v1 pr=42 sha=4f2c9d1 -->'), 0);
    assert.equal(body.lastIndexOf('<!-- zenfra:v1 pr=42 sha=4f2c9d1 -->\n'), 0);
  }
});

test('any text is inert in each of the ways it is put into Markdown', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.constantFrom(...hostile), (random, known) => {
      const text = random + known;
      assertInert(`Before ${code(text)} after`, text);
      assertInert(`Before ${prose(text)} after`, text);
      assertInert(`Before ${sentence(text)} after`, text);
      assertInert(fence(text), text);
      assertInert(`<details><summary><b>${html(text)}</b></summary>\n\nx\n\n</details>`, text);
    }),
    { numRuns: 500 },
  );
});

test('a cell holds any text and stays one cell', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.constantFrom(...hostile), (random, known) => {
      const page = marked.parse(table([{ title: 'A' }, { title: 'B' }], [[cellCode(known + random), 'end']]), {
        async: false,
      });
      assert.equal(page.match(/<td/g)?.length, 2, page);
      assert.match(page, /<td[^>]*>end<\/td>/);
    }),
    { numRuns: 500 },
  );
});
