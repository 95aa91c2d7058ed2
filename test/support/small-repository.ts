import { randomUUID } from 'node:crypto';
import type { Run } from '../../src/db/runs.ts';
import { finalStatuses } from '../../src/run/transition.ts';
import type { SandboxRepository } from '../../src/sandbox/github.ts';
import { reader, type StoryStage, writer } from '../../src/sandbox/story/story-stage.ts';
import { until } from '../../src/sandbox/story/until.ts';

/** A root module with one resource, which every number plans anew. */
export function module(input: number | string): string {
  return `resource "terraform_data" "a" {\n  input = ${JSON.stringify(input)}\n}\n`;
}

const twoStacks = 'stacks:\n  network:\n    path: network\n  dns:\n    path: dns\n';

/** A repository with two stacks, `network` and `dns`; kim may write to it and lee may read it. */
export async function makeRepository(
  scene: StoryStage,
  name: string,
  more: { owner?: string; files?: Record<string, string> } = {},
): Promise<SandboxRepository> {
  const repository = await scene.sandbox.createRepository({
    owner: more.owner ?? 'acme',
    name,
    private: true,
    author: writer,
    files: more.files ?? { 'zenfra.yml': twoStacks, 'network/main.tf': module(1), 'dns/main.tf': module(1) },
  });
  scene.sandbox.setPermission(repository, writer, 'write');
  scene.sandbox.setPermission(repository, reader, 'read');
  return repository;
}

let values = 1;

/** Opens a pull request that changes the network stack. Its number and its head. */
export async function openPull(
  scene: StoryStage,
  repository: SandboxRepository,
  change: { branch?: string; title?: string } = {},
): Promise<{ number: number; sha: string; branch: string }> {
  const { branch = `change-${randomUUID().slice(0, 8)}`, title = 'Change the network' } = change;
  const sha = await push(scene, repository, branch);
  const pull = { title, head: branch, base: repository.defaultBranch, author: writer };
  return { number: await scene.sandbox.openPullRequest(repository, pull), sha, branch };
}

/** Commits another change of the network stack. */
export async function push(scene: StoryStage, repository: SandboxRepository, branch: string): Promise<string> {
  values += 1;
  const files = { 'network/main.tf': module(values) };
  return scene.sandbox.commit(repository, { branch, files, message: `Set it to ${values}`, author: writer });
}

/** The repository's runs, oldest first. */
export async function runsOf(scene: StoryStage, repository: SandboxRepository): Promise<Run[]> {
  return scene.db.selectFrom('runs').selectAll().where('repository_id', '=', repository.id).orderBy('number').execute();
}

/** Waits until the repository has so many runs and all have ended, or wait for a person. Returns them. */
export async function settledRuns(scene: StoryStage, repository: SandboxRepository, count: number): Promise<Run[]> {
  const resting = [...finalStatuses, 'unconfirmed'];
  return until(scene.signal, {
    expected: `${count} runs of ${repository.fullName} to have settled`,
    look: async () => {
      const runs = await runsOf(scene, repository);
      return runs.length >= count && runs.every((run) => resting.includes(run.status)) ? runs : undefined;
    },
    seen: async () => describe(await runsOf(scene, repository)),
  });
}

/** For messages: `#3 plan_only finished (4f2c9d1)`. */
export function describe(runs: Run[]): string {
  return runs.map((run) => `#${run.number} ${run.type} ${run.status} (${run.commit_sha.slice(0, 7)})`).join(', ');
}
