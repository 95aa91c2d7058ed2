import { createHash, randomUUID } from 'node:crypto';
import type { Hono } from 'hono';
import type { StateAccess } from '../../src/execution/contract.ts';
import type { Assignment } from '../../src/runners/runner.ts';
import { lockInfo, stateText } from '../state/state-server.ts';

/** An apply, as the world saw it: a line of the ledger, and the engine's process. */
export interface Applied {
  runId: string;
  planId: string;
  /** The plan file that it was given. */
  file: string;
  adopted: boolean;
  process: 'alive' | 'ended' | 'killed';
  state: StateAccess;
  lockId: string;
}

/** What was done outside, whatever Zenfra says of it; and the states that Zenfra has acknowledged. */
export class Ledger {
  readonly applied: Applied[] = [];
  readonly acknowledged: { stackId: string; text: string }[] = [];
  readonly #routes: Hono;

  constructor(routes: Hono) {
    this.#routes = routes;
  }

  /** The version of the state that a plan is made from is noted with its credential. */
  async readState(access: StateAccess): Promise<string> {
    const answer = await this.#send(access, 'GET');
    if (answer.status !== 200 && answer.status !== 204) throw new Error(`The state answered ${answer.status}`);
    return answer.text();
  }

  /** Undefined if it may not lock the state: it has changed nothing then. */
  async startEngine({ run, planId, state, apply }: Assignment): Promise<Applied | undefined> {
    if (!apply || typeof state === 'string') throw new Error(`Run ${run.id} has nothing to apply, or no state`);
    const lockId = randomUUID();
    const locked = await this.#send(state, 'LOCK', { body: lockInfo(lockId) });
    if (locked.status !== 200) return undefined;
    const file = Buffer.from(apply.file).toString();
    const line = { runId: run.id, planId, file, adopted: apply.adoptedFrom !== null, state, lockId };
    const applied: Applied = { ...line, process: 'alive' };
    this.applied.push(applied);
    return applied;
  }

  /** Saves the next state and unlocks, as far as it still may. */
  async endEngine(applied: Applied): Promise<void> {
    const { state, lockId } = applied;
    applied.process = 'ended';
    const present = await this.#send(state, 'GET');
    if (present.status === 200 || present.status === 204) {
      const serial = present.status === 204 ? 1 : JSON.parse(await present.text()).serial + 1;
      const text = stateText(serial, `lineage of ${stackOf(state)}`, JSON.stringify({ plan: applied.planId }));
      const saved = await this.#send(state, 'POST', { query: `?ID=${lockId}`, body: text });
      if (saved.status === 200) this.acknowledged.push({ stackId: stackOf(state), text });
    }
    await this.#send(state, 'UNLOCK', { body: lockInfo(lockId) });
  }

  findLive(): Applied[] {
    return this.applied.filter(({ process }) => process === 'alive');
  }

  async #send(access: StateAccess, method: string, { query = '', body }: { query?: string; body?: string } = {}) {
    const authorization = `Basic ${Buffer.from(`${access.username}:${access.password}`).toString('base64')}`;
    const md5 = body === undefined ? {} : { 'content-md5': createHash('md5').update(body).digest('base64') };
    const { pathname } = new URL(access.address);
    return this.#routes.request(pathname + query, {
      method,
      headers: { authorization, ...md5 },
      ...(body === undefined ? {} : { body }),
    });
  }
}

function stackOf({ address }: StateAccess): string {
  return address.split('/').at(-1) ?? '';
}
