import { join } from 'node:path';
import { planBare, writeTree } from './bare.ts';
import { phasesOf, readFrame, readRuns } from './phases.ts';
import { type Handled, handlePullRequest, preparePullRequest, quiet } from './pull-request.ts';
import { type Report, reportOf } from './report.ts';
import { interleave, medians, rounded, timed } from './statistics.ts';
import { openWorld, type World } from './world.ts';

/** One small stack: what all the rest costs beside three commands that a person would type. */
const configuration = `resource "terraform_data" "network" {
  input = "10.0.0.0/16"
}

output "range" {
  value = terraform_data.network.output
}
`;

/** From the webhook to the completed check and the comment, for one stack. */
export async function benchPipeline(rounds: number): Promise<Report> {
  const world = await openWorld();
  try {
    const measured = await interleave(rounds, {
      ours: (round) => measureOurs(world, round),
      baseline: (round) => measureBare(world, round),
    });
    return reportOf({
      name: 'pipeline',
      what: 'from the webhook to the completed check and the comment, one stack',
      against: 'terraform init, plan -out and show -json in one shell',
      aim: 1.7,
      ours: measured.ours.map((one) => one.ms),
      baseline: measured.baseline,
      detail: detailOf(measured.ours),
    });
  } finally {
    await world.close();
  }
}

type Ours = Awaited<ReturnType<typeof measureOurs>>;

async function measureOurs({ stage }: World, round: number) {
  const pull = await preparePullRequest(stage, { round, stacks: { network: configuration } });
  const handled = await handlePullRequest(stage, pull);
  await quiet(stage);
  const runs = await readRuns(stage.app.db, handled);
  const [run] = runs;
  if (!run) throw new Error('The pull request has no run');
  const { webhook, trigger, report, sandbox } = await readFrame(stage.app.db, handled, runs);
  return {
    ms: handled.endedAt - handled.sentAt,
    phases: { webhook, trigger, ...phasesOf(run), report },
    sandbox,
    calls: handled.calls.length,
    reports: reportTimes(handled, run.ended),
  };
}

function reportTimes({ commentedAt, checkedAt }: Handled, ended: number) {
  return { comment: commentedAt - ended, checks: checkedAt - ended };
}

async function measureBare({ directory }: World, round: number): Promise<number> {
  const stack = await writeTree(join(directory, `bare-${round}`), { 'main.tf': configuration });
  return timed(() => planBare([stack]));
}

function detailOf(ours: Ours[]) {
  const [sandbox] = [medians(ours.map(({ sandbox }) => ({ sandbox }))).sandbox];
  const phases = medians(ours.map((one) => one.phases));
  const engine = rounded(phases.init + phases.plan + phases.show);
  return {
    phases,
    engine: `${engine} ms of it are init, plan and show`,
    sandbox: `${sandbox} ms of it are the sandbox GitHub's own answers (the path waits for them)`,
    afterTheRun: medians(ours.map((one) => one.reports)),
    calls: medians(ours.map(({ calls }) => ({ calls }))).calls,
  };
}
