import { mkdtemp } from 'node:fs/promises';
import { pino } from 'pino';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import { openStage } from './stage.ts';
import { story } from './story/index.ts';
import { openLastPull } from './story/last-pull.ts';
import { setUpStory } from './story/story-stage.ts';
const dir = await mkdtemp('/tmp/zt-');
const pg = await startEmbeddedPostgres({ dataDir: `${dir}/data`, log: pino({ level: 'warn' }), settings: { fsync: 'off' } });
const stage = await openStage({ databaseUrl: pg.url, directory: `${dir}/stage`, pageUser: 'kim', logLevel: 'warn' });
const s = await setUpStory(stage);
const dump = () => { for (const n of s.pulls.values()) { const c = stage.sandbox.conversation(s.repository, n); console.log(`\n######## #${n} ${c.title} ${c.state}`); for (const m of c.comments) console.log(`--- ${m.author} [${m.reactions.map((r) => r.content)}]\n${m.body}`); } };
const seenChecks = () => { const all = new Map(); for (const call of stage.sandbox.calls) { if (/check-runs/.test(call.path) && call.method !== 'GET') { const b = call.body as Record<string, any>; console.log(call.method, b.name ?? call.path, b.head_sha?.slice(0,7) ?? '', b.status, b.conclusion ?? '', b.output?.title); } } return all; };
try {
  for (const [i, step] of story.entries()) {
    const t = Date.now();
    const { link } = await step.play(s);
    console.log(i + 1, step.name, Date.now() - t, link);
  }
  const t = Date.now();
  console.log(await openLastPull(s), Date.now() - t);
} catch (e) { console.log('FAILED', (e as Error).message); }
if (process.argv.includes('dump')) dump();
if (process.argv.includes('checks')) seenChecks();
await stage.stop(); await pg.stop();
process.exit(0);
