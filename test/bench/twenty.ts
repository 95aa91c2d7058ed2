import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { RecordedCall } from '../../src/sandbox/http/record.ts';
import { planBare, writeTree } from './bare.ts';
import { phasesOf, readFrame, readRuns } from './phases.ts';
import { handlePullRequest, preparePullRequest, quiet } from './pull-request.ts';
import { type Report, reportOf } from './report.ts';
import { interleave, medians, timed } from './statistics.ts';
import { openWorld, type World } from './world.ts';

const count = 20;
const slots = 2;

/** One pull request that touches twenty stacks. */
export async function benchTwenty(rounds: number): Promise<Report> {
  const what = 'one pull request that touches 20 stacks, 2 slots';
  return bench(rounds, { name: 'twenty', what, aim: 1.5, data: '' });
}

/** The same where each plan waits a second for something outside. */
export async function benchTwentySlow(rounds: number): Promise<Report> {
  const slow = await startSlowState(1_000);
  const what = 'the same with plans that wait a second for a data source';
  try {
    return await bench(rounds, { name: 'twenty-slow', what, aim: 1.2, data: slow.data });
  } finally {
    slow.close();
  }
}

interface Variant {
  name: string;
  what: string;
  aim: number;
  /** Added to each stack's configuration. */
  data: string;
}

async function bench(rounds: number, { name, what, aim, data }: Variant): Promise<Report> {
  const world = await openWorld({ slots });
  const stacks = Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`stack-${String(n + 1).padStart(2, '0')}`, configurationOf(n, data)]),
  );
  try {
    const measured = await interleave(rounds, {
      ours: (round) => measureOurs(world, { round, stacks }),
      baseline: (round) => measureBare(world, { round, stacks }),
    });
    return reportOf({
      ...{ name, what, aim },
      against: 'terraform init, plan -out and show -json for each, in two shells at once',
      ours: measured.ours.map((one) => one.ms),
      baseline: measured.baseline,
      detail: detailOf(measured.ours),
    });
  } finally {
    await world.close();
  }
}

function configurationOf(n: number, data: string): string {
  return `resource "terraform_data" "it" {\n  input = ${n}\n}\n${data}`;
}

interface Round {
  round: number;
  stacks: Record<string, string>;
}

async function measureOurs({ stage }: World, { round, stacks }: Round) {
  const handled = await handlePullRequest(stage, await preparePullRequest(stage, { round, stacks }));
  await quiet(stage);
  const runs = await readRuns(stage.app.db, handled);
  const { sandbox: _, ...frame } = await readFrame(stage.app.db, handled, runs);
  const is = (pattern: RegExp) => (call: RecordedCall) => pattern.test(`${call.method} ${call.path}`);
  return {
    ms: handled.endedAt - handled.sentAt,
    frame,
    /** What one run's own phases are, at the median of the twenty. */
    run: medians(runs.map(phasesOf)),
    reported: { firstComment: handled.commentedAt - handled.sentAt, checks: handled.checkedAt - handled.sentAt },
    calls: {
      all: handled.calls.length,
      reads: handled.calls.filter(is(/^GET/)).length,
      checks: handled.calls.filter(is(/^(POST|PATCH) .*check-runs/)).length,
      comments: handled.calls.filter(is(/^(POST|PATCH) .*comments/)).length,
      downloads: handled.calls.filter(is(/\/tarball\//)).length,
    },
  };
}

async function measureBare({ directory }: World, { round, stacks }: Round): Promise<number> {
  const directories = await Promise.all(
    Object.entries(stacks).map(([name, text]) =>
      writeTree(join(directory, `bare-${round}`, name), { 'main.tf': text }),
    ),
  );
  const shells = Array.from({ length: slots }, (_, slot) => directories.filter((_, n) => n % slots === slot));
  return timed(() => Promise.all(shells.map((directories) => planBare(directories))));
}

function detailOf(ours: Awaited<ReturnType<typeof measureOurs>>[]) {
  return {
    phases: medians(ours.map((one) => one.frame)),
    oneRun: medians(ours.map((one) => one.run)),
    reported: medians(ours.map((one) => one.reported)),
    githubCalls: medians(ours.map((one) => one.calls)),
    sourceDownloads: medians(ours.map((one) => one.calls)).downloads,
  };
}

/** A state that another stack reads, and that takes its time: a plan that waits, without a provider or a network. */
async function startSlowState(ms: number): Promise<{ data: string; close: () => void }> {
  const state = JSON.stringify({
    version: 4,
    terraform_version: '1.0.0',
    serial: 1,
    lineage: 'slow',
    outputs: {},
    resources: [],
  });
  const server = createServer((_request, response) => {
    setTimeout(() => response.end(state), ms);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const data = `data "terraform_remote_state" "slow" {\n  backend = "http"\n  config  = { address = "http://127.0.0.1:${port}/" }\n}\n`;
  return { data, close: () => server.close() };
}
