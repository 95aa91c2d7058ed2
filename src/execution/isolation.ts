/**
 * How an engine is kept apart from the worker that starts it and from other runs. What a configuration can start or
 * read is what the engine can, so this is where the line is drawn.
 */
export type Isolation = Shared & (Bubblewrap | { kind: 'user'; program: string } | Open);

interface Bubblewrap {
  kind: 'bubblewrap';
  program: string;
  /**
   * What makes a run a user of its own in there, where the worker is root. Root without a capability still writes to
   * `/proc/sys`, and so has the kernel start what it likes outside. Null for a worker that is nobody special.
   */
  setpriv: string | null;
}

interface Open {
  kind: 'none';
  /** Why not, in a sentence. */
  why: string;
}

interface Shared {
  limits: RunLimits;
  /** More that a run may read, and write; absolute paths. */
  readable: string[];
  writable: string[];
  /** Gives a program its default reaction to an interrupt back (`env --default-signal`); empty where there is none. */
  resetSignals: string[];
}

/** Of each process of a run; 0 is no limit. */
export interface RunLimits {
  memoryMb: number;
  /** Threads count. Only where the run is a user of its own: else it would count all of the worker's. */
  processes: number;
}

export const noIsolation: Isolation = {
  kind: 'none',
  why: 'it is switched off',
  limits: { memoryMb: 0, processes: 0 },
  readable: [],
  writable: [],
  resetSignals: [],
};

/** Whether runs work as users of their own, so that what they are to read has to be given to them. */
export function hasOwnUsers(isolation: Isolation | undefined): boolean {
  return isolation?.kind === 'user' || (isolation?.kind === 'bubblewrap' && isolation.setpriv !== null);
}

export interface IsolationNote {
  protected: boolean;
  says: string;
}

/** What an operator has to know of it: a warning where something is not protected. */
export function describeIsolation(isolation: Isolation): IsolationNote {
  switch (isolation.kind) {
    case 'bubblewrap':
      return { protected: true, says: 'Each run sees its own work directory alone (bubblewrap).' };
    case 'user':
      return { protected: true, says: 'Each run is a user of its own, without rights on what is the worker’s.' };
    case 'none':
      return { protected: false, says: `Runs are not isolated: ${isolation.why}. ${notProtected}` };
  }
}

const notProtected =
  'A plan can read what the worker can: its environment and files, the keys in ZENFRA_DATA_DIR, and the work of other ' +
  'runs. Whoever may open a pull request could see them.';
