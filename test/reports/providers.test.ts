import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planNotes } from '../../src/reports/plan-notes.ts';
import { plan, pullRequest, run, stack } from './example-facts.ts';

test('a plan with other providers than the stack was applied with says which', () => {
  const planned = run(128, {
    providers: [
      { source: 'registry.terraform.io/hashicorp/aws', from: '5.99.0', to: '5.100.0' },
      { source: 'registry.opentofu.org/hashicorp/null', from: '3.2.4', to: null },
      { source: 'example.com/acme/`own`', from: null, to: '0.1.0-**b**' },
    ],
  });
  const one = stack('network', { run: planned });
  assert.equal(
    planNotes(plan([]), { run: planned, stack: one, facts: pullRequest([one]) }),
    '**Providers** `hashicorp/aws` 5.99.0 → 5.100.0 · `hashicorp/null` 3.2.4 is gone · `` example.com/acme/`own` `` `0.1.0-**b**` is new',
  );
});
