import { parseArgs } from 'node:util';
import { runSoak } from './run-soak.ts';

/**
 * `npm run soak -- --minutes 10 --seed 7`: people at work while everything breaks, and then a look at the whole history.
 * What goes on is told on stderr; the last line of stdout is the result. Ends with 1 if a promise was broken.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } } });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) return refuse(`--minutes is ${JSON.stringify(values.minutes)}; it must be a number above 0.`);
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  if (!Number.isInteger(seed)) return refuse(`--seed is ${JSON.stringify(values.seed)}; it must be a whole number.`);
  const report = await runSoak({ seconds: minutes * 60, seed, tell: (line) => void process.stderr.write(`${line}\n`) });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = report.violations.length === 0 ? 0 : 1;
}

function refuse(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exitCode = 2;
}

await main();
