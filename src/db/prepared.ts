import pg from 'pg';

/** Texts with a name, and those seen once: what is built for a list of a certain length would have many. */
const most = 300;

/**
 * Names the statements that a pool runs again and again. Of a named statement the server keeps the analysed text and,
 * after five times, its plan, for as long as the connection lives: measured, that is two thirds of its time for a short
 * statement, and a third of ours.
 *
 * A statement that returns all columns of a table is refused, for ever, on a connection where it was prepared before a
 * migration by a newer process added one. Then all names are given anew.
 */
export class StatementNames {
  readonly #seen = new Set<string>();
  readonly #names = new Map<string, string>();
  #generation = 0;

  /** Undefined for one that is not known to come again. Only what has parameters can be named: else it may be several. */
  of(text: string, values: readonly unknown[]): string | undefined {
    if (values.length === 0) return undefined;
    const name = this.#names.get(text);
    if (name !== undefined || this.#names.size === most) return name;
    if (!this.#seen.delete(text)) {
      if (this.#seen.size === most) this.#seen.clear();
      this.#seen.add(text);
      return undefined;
    }
    const given = `zenfra_${this.#generation}_${this.#names.size}`;
    this.#names.set(text, given);
    return given;
  }

  forget(): void {
    this.#names.clear();
    this.#generation += 1;
  }
}

/**
 * PostgreSQL's `feature_not_supported` covers much. What tells which it is must not be the message, which the server says
 * in its own language (`lc_messages`), but where in the server it comes from.
 */
export function isOutdated(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '0A000' && error.routine === 'RevalidateCachedQuery';
}
