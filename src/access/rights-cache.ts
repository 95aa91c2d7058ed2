import type { Permission } from '../run/checks.ts';

type Rights = ReadonlyMap<number, Permission>;

const freshMs = 60_000;
/** While GitHub does not answer, what it said last holds for as long. */
const staleMs = 15 * 60_000;
const mostEntries = 10_000;

/** GitHub did not say what somebody may see. */
export class RightsUnknown extends Error {
  override name = 'RightsUnknown';
}

/** What GitHub said of people's rights, kept for a minute. Only for looking: what acts asks again. */
export class RightsCache {
  readonly #read: (subject: string) => Promise<Rights>;
  readonly #entries = new Map<string, { at: number; rights: Promise<Rights>; last: Rights | undefined }>();

  constructor(read: (subject: string) => Promise<Rights>) {
    this.#read = read;
  }

  async get(subject: string): Promise<Rights> {
    const known = this.#entries.get(subject);
    if (known && Date.now() - known.at < freshMs) return known.rights;
    if (this.#entries.size >= mostEntries) this.#entries.clear();
    const last = known && Date.now() - known.at < staleMs ? known.last : undefined;
    const rights = this.#read(subject);
    const entry = { at: Date.now(), rights, last };
    this.#entries.set(subject, entry);
    try {
      entry.last = await rights;
      return entry.last;
    } catch (error) {
      if (this.#entries.get(subject) === entry) this.#entries.delete(subject);
      if (last) return last;
      throw new RightsUnknown('GitHub was asked for the rights of a viewer and did not answer', { cause: error });
    }
  }

  forget(subject: string): void {
    this.#entries.delete(subject);
  }
}
