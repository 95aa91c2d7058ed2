import { randomUUID } from 'node:crypto';
import { listStacks } from '../../src/db/stacks.ts';
import type { SandboxRepository } from '../../src/sandbox/github.ts';
import type { Delivery } from '../../src/sandbox/webhooks.ts';
import { ledgerRunner } from './engine.ts';
import type { House } from './house.ts';
import { Ledger } from './ledger.ts';
import { ModelWorker } from './model-worker.ts';
import { Oracle } from './oracle.ts';

export const writer = 'kim';
export const admin = 'ada';

interface Begun {
  /** Of the stack, in clear. */
  state: string;
  /** Of the pull request. */
  head: string;
  permitted: boolean;
}

/** One repository with one stack and one pull request, two workers, and what the world saw of it. */
export class Play {
  readonly house: House;
  readonly repository: SandboxRepository;
  readonly ledger: Ledger;
  /** What was planned, by the plan's id. */
  readonly plans = new Map<string, string>();
  /** What was so when a run's plan was used, by the run's id. */
  readonly begun = new Map<string, Begun>();
  /** Whether who approves may write to the repository. */
  permitted = true;
  readonly workers: ModelWorker[] = [];
  readonly oracle: Oracle;
  readonly pull: number;
  readonly stackId: string;
  /** Webhooks that GitHub has sent and nobody has brought yet. */
  pending: Delivery[] = [];
  #seen = 0;
  #pushes = 0;

  private constructor(about: { house: House; repository: SandboxRepository; pull: number; stackId: string }) {
    this.house = about.house;
    this.repository = about.repository;
    this.pull = about.pull;
    this.stackId = about.stackId;
    this.ledger = new Ledger(about.house.routes);
    this.oracle = new Oracle(this);
  }

  static async begin(house: House): Promise<Play> {
    const { sandbox } = house;
    for (const login of [writer, admin]) sandbox.createUser(login);
    const repository = await sandbox.createRepository({
      owner: 'acme',
      name: `infra-${randomUUID().slice(0, 8)}`,
      author: writer,
      files: { 'zenfra.yml': 'stacks:\n  network:\n    path: network\n', 'network/main.tf': '# 0\n' },
    });
    sandbox.setPermission(repository, writer, 'write');
    sandbox.setPermission(repository, admin, 'admin');
    const pushed = { branch: 'change', files: { 'network/change.tf': '# 0\n' }, message: 'Change', author: writer };
    await sandbox.commit(repository, pushed);
    const pull = await sandbox.openPullRequest(repository, {
      ...{ title: 'Change', head: 'change', base: 'main', author: writer },
    });
    for (const delivery of await sentFor(house, repository)) await house.deliver(delivery);
    const [stack] = await listStacks(house.database.db, repository.id);
    if (!stack) throw new Error('The repository has no stack');
    const play = new Play({ house, repository, pull, stackId: stack.id });
    play.#seen = (await sentFor(house, repository)).length;
    for (const _ of [0, 1]) await play.startWorker(play.workers.length);
    return play;
  }

  async startWorker(place: number): Promise<void> {
    const { ledger, plans } = this;
    const begun = async (runId: string, state: string) => {
      this.begun.set(runId, { state, head: await this.head(), permitted: this.permitted });
    };
    const worker = new ModelWorker(this.house.common, (steps) => ledgerRunner({ ledger, plans, steps, begun }));
    this.workers[place] = worker;
    await worker.start();
  }

  async end(): Promise<void> {
    for (const worker of this.workers) if (worker.process !== 'dead') await worker.kill();
  }

  async push(branch: 'change' | 'main'): Promise<void> {
    this.#pushes += 1;
    const files = { [`network/${branch}.tf`]: `# ${this.#pushes}\n` };
    const message = `Change ${this.#pushes}`;
    await this.house.sandbox.commit(this.repository, { branch, files, message, author: writer });
    await this.collect();
  }

  async comment(login: string, body: string): Promise<void> {
    this.house.sandbox.comment(this.repository, this.pull, { login, body });
    await this.collect();
  }

  async head(): Promise<string> {
    return this.house.sandbox.head(this.repository, 'change');
  }

  /** Takes note of the webhooks that GitHub has sent since. */
  async collect(): Promise<void> {
    const sent = await sentFor(this.house, this.repository);
    this.pending.push(...sent.slice(this.#seen));
    this.#seen = sent.length;
  }

  async deliverNext(which: number, keep: boolean): Promise<void> {
    const index = which % Math.max(this.pending.length, 1);
    const delivery = this.pending[index];
    if (!delivery) return;
    if (!keep) this.pending.splice(index, 1);
    await this.oracle.aroundApproval(() => this.house.deliver(delivery));
    await this.collect();
  }
}

async function sentFor({ sandbox }: House, repository: SandboxRepository): Promise<Delivery[]> {
  await sandbox.idle();
  return sandbox.deliveries.filter(({ repositoryId }) => repositoryId === repository.id);
}
