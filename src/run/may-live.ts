/** What is known of the process that a run left while it applied. Times are the database's. */
export interface LeftProcess {
  /** Whether the engine was seen to have ended. */
  engineEnded: boolean;
  /** Whether a worker of the very place where the engine was started is there to look. */
  watched: boolean;
  /** Since the run was given up. */
  secondsSinceEnd: number;
}

/** How long nobody hears of a place before the word of a person who has looked is enough. */
const silenceSeconds = 60;

/**
 * Whether the process could still change things, so that its stack must not be released. A worker of the same place
 * will see its end; where there is none any more nothing can be proven, and after a while the person decides.
 */
export function mayLive({ engineEnded, watched, secondsSinceEnd }: LeftProcess): boolean {
  return !engineEnded && (watched || secondsSinceEnd < silenceSeconds);
}
