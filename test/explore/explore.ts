import { corners, nothing, wide } from './bounds.ts';
import { productRules } from './rules.ts';
import { search } from './search.ts';
import { describeTrace } from './trace.ts';

/** `npm run explore`: the rules of a run in every order that larger bounds allow. Ends with 1 if a promise breaks. */
let broken = 0;
for (const [name, bounds] of Object.entries({ ...corners, ...wide })) {
  console.log(
    `${name} (${Object.entries(bounds)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')})`,
  );
  const { states, transitions, seconds, violation, stuck } = search({
    bounds: { ...nothing, ...bounds },
    rules: productRules,
  });
  console.log(
    `  ${states} states, ${transitions} transitions, ${seconds.toFixed(1)} s (${Math.round(states / seconds)} states/s)`,
  );
  if (violation) console.log(`  broken: ${violation.invariant}: ${violation.why}\n${describeTrace(violation.trace)}`);
  if (stuck) console.log(`  a run may never end after this:\n${describeTrace(stuck)}`);
  if (violation || stuck) broken += 1;
}
process.exitCode = broken === 0 ? 0 : 1;
