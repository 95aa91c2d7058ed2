import assert from 'node:assert/strict';
import { test } from 'node:test';
import { corners, nothing } from './bounds.ts';
import { mutants, withoutSweep } from './mutants.ts';
import { productRules } from './rules.ts';
import { type Found, search } from './search.ts';
import { describeTrace } from './trace.ts';

for (const [corner, bounds] of Object.entries(corners)) {
  test(`whatever the order: ${corner}`, (t) => {
    const found = search({ bounds: { ...nothing, ...bounds }, rules: productRules });
    t.diagnostic(`${found.states} states, ${found.transitions} transitions in ${found.seconds.toFixed(1)} s`);
    assert.equal(complaint(found), null);
  });
}

function complaint({ violation, stuck }: Found): string | null {
  if (violation) return `${violation.invariant}: ${violation.why}\n${describeTrace(violation.trace)}`;
  return stuck && `a run may never end after this\n${describeTrace(stuck)}`;
}

for (const [design, { rules, breaks, bounds }] of Object.entries(mutants)) {
  test(`it would be found out: ${design}`, (t) => {
    const { violation } = search({ bounds: { ...nothing, ...bounds }, rules, watch: [breaks] });
    assert.ok(violation, `nothing contradicts “${breaks}”`);
    t.diagnostic(`${violation.invariant}: ${violation.why}\n${describeTrace(violation.trace)}`);
    // What breaks it is the design and nothing else.
    assert.equal(search({ bounds: { ...nothing, ...bounds }, rules: productRules, watch: [breaks] }).violation, null);
  });
}

test('it would be found out: a run whose worker is lost waits for it for ever', (t) => {
  const { stuck } = search({ bounds: { ...nothing, crashes: 1 }, rules: withoutSweep });
  assert.ok(stuck, 'every run can still end');
  t.diagnostic(describeTrace(stuck));
});
