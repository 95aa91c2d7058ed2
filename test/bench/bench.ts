import { parseArgs } from 'node:util';
import { benchAssets } from './assets.ts';
import { benchLog } from './log.ts';
import { benchLongLog } from './long-log.ts';
import { benchMonorepo, benchMonorepoEmpty } from './monorepo.ts';
import { benchPages } from './pages.ts';
import { benchPipeline } from './pipeline.ts';
import { type Report, showReport } from './report.ts';
import { benchState } from './state.ts';
import { benchTwenty, benchTwentySlow } from './twenty.ts';
import { benchWatchers } from './watchers.ts';

/** `npm run bench`: each figure beside its baseline, measured in turn. `--json` prints them as one line at the end. */
const benches: Record<string, (rounds: number) => Promise<Report>> = {
  pipeline: benchPipeline,
  twenty: benchTwenty,
  'twenty-slow': benchTwentySlow,
  monorepo: benchMonorepo,
  'monorepo-empty': benchMonorepoEmpty,
  state: benchState,
  log: benchLog,
  pages: benchPages,
  longlog: benchLongLog,
  watchers: benchWatchers,
  assets: benchAssets,
};

const fewestRounds = 15;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: String(fewestRounds) } },
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => !Object.hasOwn(benches, name));
  if (unknown !== undefined) {
    return refuse(`There is no bench ${JSON.stringify(unknown)}. There are: ${Object.keys(benches).join(', ')}.`);
  }
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    return refuse(`--rounds is ${JSON.stringify(values.rounds)}; it must be a number of 1 or more.`);
  }
  const names = positionals.length > 0 ? positionals : Object.keys(benches);
  const reports: Report[] = [];
  for (const name of names) {
    const report = await benches[name]?.(rounds);
    if (!report) continue;
    reports.push(report);
    process.stdout.write(`${showReport(report)}\n\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify(reports)}\n`);
}

function refuse(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exitCode = 2;
}

await main();
