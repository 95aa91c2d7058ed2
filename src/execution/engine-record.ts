import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { findByArgument, ownPlace, startTimeOf } from './process-identity.ts';

/** Kept as `engine.json` beside the files it names; a command that only answers leaves none, nothing hangs on it. */
export interface EngineRecord {
  name: string;
  /** Of the wrapper, and of the group. 0 when the worker was gone before it knew. */
  pid: number;
  /** Ticks since boot, from `/proc`; null where there is none. Tells our process from a later one of the same id. */
  startTime: string | null;
  /** The user that the engine works as, if it has one of its own. */
  user?: number;
  /** Where the process id means something. */
  place: string;
  outputFile: string;
  /** Same as `outputFile` unless stdout is kept apart. */
  errorFile: string;
  /** Begins with the exit code and a newline once the engine has ended. */
  exitFile: string;
  loggedBefore: number;
}

/** A record and an exit code have room in these whatever the disk is like by then: they are written in place. */
const recordBytes = 4096;
const exitBytes = 8;

/**
 * Takes the room that the engine's end will need, before it starts; and says that it is about to, so that without a
 * record it is certain that nothing has.
 */
export function reserveRecord(directory: string, record: EngineRecord, kept: boolean): void {
  writeFileSync(record.exitFile, ' '.repeat(exitBytes), { mode: 0o600 });
  // A command that is run again has its name from before.
  rmSync(interruptFile(record), { force: true });
  if (kept) writeFileSync(join(directory, 'engine.json'), padded(record), { mode: 0o600 });
}

export function writeRecord(directory: string, record: EngineRecord): void {
  const file = openSync(join(directory, 'engine.json'), 'r+');
  try {
    writeSync(file, padded(record), 0);
  } finally {
    closeSync(file);
  }
}

/** What the last engine in that directory left, or null if there was none. */
export function readEngineRecord(directory: string): EngineRecord | null {
  try {
    const record = JSON.parse(readFileSync(join(directory, 'engine.json'), 'utf8')) as EngineRecord;
    if (record.pid > 0 || record.place !== ownPlace()) return record;
    const pid = findByArgument(record.exitFile) ?? 0;
    return { ...record, pid, startTime: startTimeOf(pid) };
  } catch {
    return null;
  }
}

/** Null while there is none, or if a signal ended the engine. */
export function readExitCode(record: EngineRecord): number | null {
  return withoutSignal(readWrittenCode(record));
}

/** Whether the engine's end was seen and written down, by whatever it ended. */
export function hasExited(record: EngineRecord): boolean {
  return readWrittenCode(record) !== null;
}

function readWrittenCode({ exitFile }: EngineRecord): number | null {
  try {
    const [, code] = /^(\d+)\n/.exec(readFileSync(exitFile, 'utf8')) ?? [];
    return code === undefined ? null : Number(code);
  } catch {
    return null;
  }
}

/**
 * To be called right before the engine is interrupted, by whoever follows it. Answers how long ago another did so, in
 * milliseconds, or null if nobody has; also if there is no room to note it, since a cancel must work all the same.
 */
export function noteInterrupt(record: EngineRecord): number | null {
  try {
    closeSync(openSync(interruptFile(record), 'wx', 0o600));
    return null;
  } catch {
    const noted = statSync(interruptFile(record), { throwIfNoEntry: false });
    return noted === undefined ? null : Math.max(0, Date.now() - noted.mtimeMs);
  }
}

function interruptFile({ exitFile }: EngineRecord): string {
  return `${exitFile}.interrupted`;
}

/** A shell tells of a child's death by a signal as 128 and its number. Beyond the last signal's it is a program's own: ssh and the AWS CLI end with 255. */
export function withoutSignal(code: number | null): number | null {
  return code !== null && code > 128 && code <= 128 + lastSignal ? null : code;
}

const lastSignal = 64;

function padded(record: EngineRecord): string {
  return JSON.stringify(record).padEnd(recordBytes);
}
