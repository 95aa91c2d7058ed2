import type { Permission } from '../run/checks.ts';

type Rights = ReadonlyMap<number, Permission>;

const freshMs = 60_000;
/** Whoever may see nothing is installing the App at this moment, perhaps. */
const emptyMs = 5_000;
/** While GitHub does not answer, what it said last holds for as long. */
const staleMs = 15 * 60_000;
/** After GitHub did not answer, it is not asked again for as long by who is shown what it said last. */
const pauseMs = 5_000;
const mostEntries = 10_000;

/** GitHub did not say what somebody may see. */
export class RightsUnknown extends Error {
  override name = 'RightsUnknown';
}

interface Entry {
  at: number;
  /** Whoever asks before is given `answer`. */
  until: number;
  answer: Promise<Rights>;
  /** What GitHub said last, and when it was asked. */
  last: { rights: Rights; at: number } | undefined;
}

/** What GitHub said of people's rights, kept for a minute. Only for looking: what acts asks again. */
export class RightsCache {
  readonly #read: (subject: string) => Promise<Rights>;
  readonly #entries = new Map<string, Entry>();

  constructor(read: (subject: string) => Promise<Rights>) {
    this.#read = read;
  }

  async get(subject: string): Promise<Rights> {
    const known = this.#entries.get(subject);
    if (known && isWithin(known.at, known.until)) return known.answer;
    if (this.#entries.size >= mostEntries) this.#entries.clear();
    const entry = this.#ask(subject, known?.last);
    this.#entries.set(subject, entry);
    return entry.answer;
  }

  forget(subject: string): void {
    this.#entries.delete(subject);
  }

  #ask(subject: string, last: Entry['last']): Entry {
    const at = Date.now();
    const answer = this.#read(subject).then(
      (rights) => {
        entry.last = { rights, at };
        if (rights.size === 0) entry.until = at + emptyMs;
        return rights;
      },
      (error: unknown) => {
        const holds = last && isWithin(last.at, last.at + staleMs);
        entry.until = holds ? Date.now() + pauseMs : 0;
        if (holds) return last.rights;
        throw new RightsUnknown('GitHub was asked for the rights of a viewer and did not answer', { cause: error });
      },
    );
    const entry: Entry = { at, until: at + freshMs, answer, last };
    return entry;
  }
}

/** Not where the clock was set back since: what GitHub said would hold until it has caught up. */
function isWithin(from: number, until: number): boolean {
  return from <= Date.now() && Date.now() < until;
}
