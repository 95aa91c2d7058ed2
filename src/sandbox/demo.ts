import { createLog } from '../log.ts';
import { clearGround, type DemoGround } from './demo-database.ts';
import { banner, brokenOff, failedStep, farewell, stepLines } from './demo-print.ts';
import { type DemoSettings, readDemoSettings } from './demo-settings.ts';
import { openStage, type Stage } from './stage.ts';
import { story } from './story/index.ts';
import { openLastPull } from './story/last-pull.ts';
import { type StoryStage, setUpStory, writer } from './story/story-stage.ts';

interface Demo {
  ground: DemoGround;
  stage: Stage;
  story: StoryStage;
}

interface Played {
  ok: boolean;
  steps: { name: string; ms: number }[];
}

/** `demo [--exit]`: plays the story and stays up for the user; with `--exit` it ends and sums up in one line of JSON. */
async function main(): Promise<void> {
  const settings = await readDemoSettings(process.env, print);
  if ('problems' in settings) return fail(settings.problems.join('\n'));
  const ending = endOnSignal();
  const demo = await start(settings, ending.signal);
  print(banner(demo.stage, demo.story, settings.engine));
  const played = await play(demo.story);
  const stays = !process.argv.includes('--exit');
  if (stays && !ending.signal.aborted) {
    print(played.ok ? farewell(demo.stage, await openLastPull(demo.story)) : brokenOff);
  }
  if (stays) await ending.asked;
  const runs = await listRunUrls(demo);
  await stop(demo);
  if (!stays) print(JSON.stringify({ ...played, runs }));
  process.exit(played.ok ? 0 : 1);
}

async function start(settings: DemoSettings, signal: AbortSignal): Promise<Demo> {
  const ground = await clearGround(settings.directory, createLog('warn', process.stderr));
  try {
    const { zenfra, github } = settings.ports;
    const ports = { ...(zenfra === 0 ? {} : { zenfra }), github };
    const { databaseUrl, directory } = ground;
    const stage = await openStage({
      databaseUrl,
      directory,
      ports,
      engines: settings.engines,
      isolation: settings.isolation,
      localUser: writer,
      logLevel: 'warn',
    });
    return { ground, stage, story: await setUpStory(stage, { signal }) };
  } catch (error) {
    await ground.stop();
    throw error;
  }
}

async function play(stage: StoryStage): Promise<Played> {
  const steps: Played['steps'] = [];
  for (const [index, step] of story.entries()) {
    const started = performance.now();
    try {
      const { link } = await step.play(stage);
      const ms = Math.round(performance.now() - started);
      steps.push({ name: step.name, ms });
      print(stepLines(index + 1, { name: step.name, ms, link }));
    } catch (error) {
      const why = stage.signal.aborted ? 'interrupted' : error instanceof Error ? error.message : String(error);
      print(failedStep(index + 1, step, why));
      return { ok: false, steps };
    }
  }
  return { ok: true, steps };
}

async function listRunUrls({ stage }: Demo): Promise<string[]> {
  const runs = await stage.app.db.selectFrom('runs').select('id').orderBy('number').execute();
  return runs.map(({ id }) => `${stage.url}/runs/${id}`);
}

async function stop({ ground, stage }: Demo): Promise<void> {
  await stage.stop();
  await ground.stop();
}

/** The second signal does not hurry us: engines that run are waited for. */
function endOnSignal(): { signal: AbortSignal; asked: Promise<void> } {
  const controller = new AbortController();
  const asked = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        controller.abort();
        resolve();
      });
    }
  });
  return { signal: controller.signal, asked };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(text: string): void {
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}

main().catch((error: unknown) => {
  fail(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
