import { randomUUID } from 'node:crypto';
import { signOf } from '../../../views/parts/log-lines.tsx';
import { findLogEnds, type LogChunk, type LogEnds, readChunksAfter } from '../../db/log-tail.ts';
import { findPageRun } from '../../db/page-run.ts';
import type { Permission } from '../../run/checks.ts';
import { type LoggedPhase, loggedPhases } from '../../run/status.ts';
import { isFinal } from '../../run/transition.ts';
import type { PagesDeps } from '../deps.ts';
import { githubLinks } from '../github-links.ts';
import { findFirstError } from '../log-error.ts';
import { loadRunFacts, type RunFacts, versionOf } from '../run-facts.ts';
import { frameOf } from './frames.ts';
import { type LogCursor, type NewLines, openLogCursor } from './log-cursor.ts';
import { formatPosition, isUpToDate, nothingShown, type Position } from './position.ts';
import { renderLines, renderSwap, type Swap } from './render-swap.ts';
import { pagedTurns, type Turns } from './turns.ts';

/** Somebody who watches the run. What a watcher gets is put into frames once for all of them. */
export interface RunWatcher {
  level: Permission;
  formToken: string;
  send(frame: Uint8Array): void;
  /** After the run's end: nothing more comes. */
  end(): void;
}

/** A phase's log was read up to a chunk; with what that shows. */
interface ReadOn {
  phase: LoggedPhase;
  end: number;
  lines: NewLines | null;
}

type HubDeps = Pick<PagesDeps, 'db' | 'changes' | 'githubServerUrl' | 'log'>;

/** Stands for a watcher's own form token in what is rendered for several. Nobody can name a branch so. */
const tokenPlace = `form-token-${randomUUID()}`;
/** Every hub looks by itself so often: a worker that dies announces nothing. */
const lookEveryMs = 15_000;

/**
 * One run as it is watched in this process: woken by the database, it reads what is new once and renders it once,
 * however many watch. It lives as long as somebody does.
 */
export class RunHub {
  readonly #deps: HubDeps;
  readonly #runId: string;
  readonly #watchers = new Set<RunWatcher>();
  readonly #cursors = new Map<LoggedPhase, LogCursor>();
  readonly #firstErrors = new Map<LoggedPhase, number>();
  readonly #turns: Turns;
  readonly #timer: NodeJS.Timeout;
  #unsubscribe = () => {};
  #facts: RunFacts;
  #shown: Position = nothingShown;
  #factsAreOld = false;
  /** Read, and not sent yet: a turn may fail in between. */
  #unsent: ReadOn[] = [];
  #over = false;

  /** Undefined if there is no such run. */
  static async open(deps: HubDeps, runId: string): Promise<RunHub | undefined> {
    const facts = await loadFacts(deps, runId);
    if (!facts) return undefined;
    const hub = new RunHub(deps, facts);
    try {
      await hub.#begin();
    } catch (error) {
      hub.close();
      throw error;
    }
    return hub;
  }

  private constructor(deps: HubDeps, facts: RunFacts) {
    this.#deps = deps;
    this.#runId = facts.run.id;
    this.#facts = facts;
    this.#turns = pagedTurns(() => this.#turn(), deps.log);
    this.#timer = setInterval(() => this.#wake(`run:${this.#runId}`), lookEveryMs);
    // The stack: what the run waits for is a matter of its other runs and its holds.
    const topics = [`log:${this.#runId}`, `run:${this.#runId}`, `stack:${facts.run.stack_id}`];
    this.#unsubscribe = deps.changes.subscribe(topics, (topic) => this.#wake(topic));
  }

  get runId(): string {
    return this.#runId;
  }

  /** What everybody who watches has been sent. */
  get shown(): Position {
    return this.#shown;
  }

  /** Reads what the database has now; also what it has not announced yet. */
  async refresh(): Promise<void> {
    this.#factsAreOld = true;
    await this.#turns.take();
  }

  /** Whether the run has ended and a page at this position shows all of it. */
  isOver(position: Position): boolean {
    return this.#over && isUpToDate(position, this.#shown);
  }

  get over(): boolean {
    return this.#over;
  }

  /** From now on the watcher gets every frame. */
  add(watcher: RunWatcher): void {
    this.#watchers.add(watcher);
  }

  remove(watcher: RunWatcher): void {
    this.#watchers.delete(watcher);
  }

  /** The page as it is now, but for its logs, for a watcher who may have an older one, and who has these log lines. */
  wholePage(watcher: RunWatcher, ends: LogEnds): Uint8Array {
    const swap = this.#renderFor(watcher.level, null);
    return pageFrame(swap, watcher, { version: this.#shown.version, ends });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#turns.stop();
    this.#unsubscribe();
  }

  #wake(topic: string): void {
    if (!topic.startsWith('log:')) this.#factsAreOld = true;
    this.#turns.takeSoon();
  }

  async #begin(): Promise<void> {
    const { db } = this.#deps;
    const ends = await findLogEnds(db, this.#runId);
    for (const phase of loggedPhases) {
      const log = { runId: this.#runId, phase };
      const cursor = await openLogCursor(db, log, ends[phase]);
      this.#cursors.set(phase, cursor);
      const error = await findFirstError(db, log, { first: cursor.lines() + 1, lines: [] });
      if (error !== null) this.#firstErrors.set(phase, error);
    }
    this.#shown = { version: this.#versionOf(this.#facts), ends };
    await this.refresh();
  }

  /** Logs are read before the facts: the facts then know the phase that a line belongs to, and are sent first. */
  async #turn(): Promise<void> {
    for (let more = true; more; ) {
      const read = await readChunksAfter(this.#deps.db, this.#runId, this.#ends());
      const known = this.#loggedPhases();
      this.#unsent.push(...this.#read(read.chunks));
      more = read.more;
      if (this.#factsAreOld || this.#loggedPhases().length > known.length) {
        await this.#readFacts();
        // The run's last lines may have come between the two questions.
        more ||= isFinal(this.#facts.run.status) && !this.#over;
      }
      for (const lines of this.#unsent.splice(0)) this.#sendLines(lines);
      if (!more && isFinal(this.#facts.run.status)) this.#end();
    }
  }

  #read(chunks: LogChunk[]): ReadOn[] {
    return loggedPhases.flatMap((phase) => {
      const own = chunks.filter((chunk) => chunk.phase === phase);
      const cursor = this.#cursors.get(phase);
      const lines = own.length > 0 ? cursor?.read(own) : null;
      if (lines) this.#noteError(lines);
      return cursor && own.length > 0 ? [{ phase, end: cursor.end(), lines: lines ?? null }] : [];
    });
  }

  #noteError({ phase, first, lines }: NewLines): void {
    const index = lines.findIndex((line) => signOf(line) === 'error');
    if (index !== -1 && !this.#firstErrors.has(phase)) this.#firstErrors.set(phase, first + index);
  }

  #sendLines({ phase, end, lines }: ReadOn): void {
    this.#shown = { ...this.#shown, ends: { ...this.#shown.ends, [phase]: end } };
    if (!lines) return;
    const frame = frameOf({
      event: 'log',
      id: formatPosition(this.#shown),
      data: { phase, first: lines.first, html: renderLines(lines) },
    });
    for (const watcher of this.#watchers) watcher.send(frame);
  }

  async #readFacts(): Promise<void> {
    this.#factsAreOld = false;
    const facts = await loadFacts(this.#deps, this.#runId).catch((error: unknown) => {
      this.#factsAreOld = true;
      throw error;
    });
    if (!facts) return;
    const before = this.#facts;
    const version = this.#versionOf(facts);
    this.#facts = facts;
    if (version === this.#shown.version) return;
    this.#shown = { ...this.#shown, version };
    const swaps = new Map<Permission, Swap>();
    for (const watcher of this.#watchers) {
      const swap = swaps.get(watcher.level) ?? this.#renderFor(watcher.level, before);
      swaps.set(watcher.level, swap);
      watcher.send(pageFrame(swap, watcher, this.#shown));
    }
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    const frame = frameOf({ event: 'end', id: formatPosition(this.#shown) });
    for (const watcher of this.#watchers) {
      watcher.send(frame);
      watcher.end();
    }
  }

  #renderFor(may: Permission, before: RunFacts | null): Swap {
    const logs = new Map(
      this.#loggedPhases().map((phase) => [
        phase,
        { total: this.#cursors.get(phase)?.lines() ?? 0, firstError: this.#firstErrors.get(phase) ?? null },
      ]),
    );
    const links = githubLinks(this.#deps.githubServerUrl, this.#facts.run);
    return renderSwap(this.#facts, before, { may, links, formToken: tokenPlace, logs });
  }

  #versionOf(facts: RunFacts): string {
    return versionOf(facts, this.#loggedPhases());
  }

  #loggedPhases(): LoggedPhase[] {
    return loggedPhases.filter((phase) => (this.#cursors.get(phase)?.end() ?? 0) > 0);
  }

  #ends(): LogEnds {
    const end = (phase: LoggedPhase) => this.#cursors.get(phase)?.end() ?? 0;
    return {
      preparing: end('preparing'),
      initializing: end('initializing'),
      planning: end('planning'),
      applying: end('applying'),
    };
  }
}

async function loadFacts(deps: HubDeps, runId: string): Promise<RunFacts | undefined> {
  const run = await findPageRun(deps.db, runId);
  return run && loadRunFacts(deps.db, run);
}

function pageFrame(swap: Swap, { formToken }: RunWatcher, position: Position): Uint8Array {
  const data = { ...swap, html: swap.html.replaceAll(tokenPlace, escapeAttribute(formToken)) };
  return frameOf({ event: 'page', id: formatPosition(position), data });
}

function escapeAttribute(text: string): string {
  return text.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
