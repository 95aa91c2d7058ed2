import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EngineRecord,
  hasExited,
  readExitCode,
  reserveRecord,
  withoutSignal,
  writeRecord,
} from './engine-record.ts';
import { launch } from './launcher.ts';
import { groupLives, ownPlace, startTimeOf } from './process-identity.ts';
import { endUser } from './run-user.ts';

/**
 * Starts the engine in a session of its own with its output in a file: on a pipe it dies with the worker and saves no
 * state, this way it finishes, saves and unlocks. What it leaves on disk lets another worker take over.
 */
export interface EngineCommand {
  /** Names its files: `init`, `plan`, `show`, `apply`. */
  name: string;
  /** The engine's absolute path, then its arguments. */
  argv: string[];
  cwd: string;
  env: Record<string, string>;
  /** Where its files go: `Workspace.engine`. */
  directory: string;
  /** An interrupt ends none of the processes between us and the engine: see `confine.ts`. */
  shielded?: boolean;
  /** The user it works as, if that is not ours: all that user's processes go with it. */
  user?: number;
  /** Keep what it prints to stdout apart from what it prints to stderr: for a command that answers in JSON. */
  apart?: boolean;
  /** Bytes that the phase's log held before: a successor then knows how much of the output was passed on already. */
  loggedBefore: number;
}

export interface EngineProcess {
  record: EngineRecord;
  /** Resolves when the engine and all that it started in its group have ended: exit code, or null if a signal ended it. */
  ended: Promise<number | null>;
  /** Lets this process end before the engine does. */
  leave: () => void;
}

/**
 * Fixed text; what it runs comes as arguments. The trap keeps the shell alive through an interrupt that the engine
 * answers by ending in its own time; a child starts with the default again. The code is written into the file that is
 * there, `1<>`, and not into a new one: on a disk that is full by then there is room for it. Without its newline it is
 * not whole yet, which spares the process that a rename would cost.
 */
const wrapper = 'exit_file=$1; shift; "$@"; code=$?; echo "$code" 1<>"$exit_file"; exit "$code"';

/** Ignored is inherited by what the shell starts; caught is not. */
const caught = 'trap : INT TERM; ';
const ignored = "trap '' INT TERM; ";

/** For certain: nothing of the command runs, nor will it. */
export class NotStarted extends Error {
  override name = 'NotStarted';
}

/** From this very process, at once: when it returns the engine runs or never will. For an apply nothing else will do. */
export function startEngine(command: EngineCommand): EngineProcess {
  const { files, child } = spawnEngine(command);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', (cause) => reject(notStarted(command, cause)));
    child.on('exit', (code) => endGroup(child.pid ?? 0, code, command.user).then(resolve, reject));
  });
  // A failure may come before whoever follows the engine listens, and would end this process. So below.
  ended.catch(() => undefined);
  return { record: noteStarted(command, files, child.pid ?? 0), ended, leave: () => child.unref() };
}

function spawnEngine(command: EngineCommand): { files: Files; child: ChildProcess } {
  const { cwd, env } = command;
  const opened: number[] = [];
  try {
    const files = prepareFiles(command);
    const outputs = command.apart ? [files.outputFile, files.errorFile] : [files.outputFile];
    for (const path of outputs) opened.push(openSync(path, 'a', 0o600));
    const [file, ...args] = wrap(command, files);
    const stdio: StdioOptions = ['ignore', opened[0], opened.at(-1)];
    return { files, child: spawn(file, args, { cwd, env, detached: true, stdio }) };
  } catch (cause) {
    throw notStarted(command, cause);
  } finally {
    for (const file of opened) closeSync(file);
  }
}

function notStarted({ argv }: EngineCommand, cause: unknown): NotStarted {
  return new NotStarted(`${argv[0]} could not be started`, { cause });
}

/**
 * By the launcher, which costs a fraction: for what may be started a moment later, or never, without harm. Nobody takes
 * such a one over either, so there is no shell between that would keep its exit code: it costs 3 % of a small plan.
 */
export async function launchEngine(command: EngineCommand): Promise<EngineProcess> {
  const { cwd, env, argv, user, shielded } = command;
  const files = prepareFiles(command);
  const how = { cwd, env, output: files.outputFile, errors: files.errorFile };
  const launched = launch({ ...how, argv: shielded ? wrap(command, files) : argv });
  const { pid, ended } = await launched.catch((error: Error) => endAtOnce(files, error));
  const record = noteStarted(command, files, pid);
  const end = ended.then((code) => {
    if (code === 'unseen') return attachEngine(record).ended;
    // Without a shell between, what a signal has ended is the engine.
    return shielded ? endGroup(pid, code, user) : clearGroup(pid, code, user);
  });
  end.catch(() => undefined);
  // Nobody leaves one of these: what may be started late may be killed.
  return { record, ended: end, leave: () => undefined };
}

/** As a shell does it: what cannot be started has said so, and ended with 127. */
function endAtOnce({ errorFile }: Files, { message }: Error): Awaited<ReturnType<typeof launch>> {
  appendFileSync(errorFile, `${message}\n`, { mode: 0o600 });
  return { pid: 0, ended: Promise.resolve(127) };
}

type Files = Omit<EngineRecord, 'pid' | 'startTime'>;

function prepareFiles(command: EngineCommand): Files {
  const { name, directory, loggedBefore, user } = command;
  const outputFile = join(directory, `${name}.out`);
  const errorFile = command.apart ? join(directory, `${name}.err`) : outputFile;
  const exitFile = join(directory, `${name}.exit`);
  const owner = user === undefined ? {} : { user };
  const files: Files = { name, outputFile, errorFile, exitFile, loggedBefore, place: ownPlace(), ...owner };
  reserveRecord(directory, { ...files, pid: 0, startTime: null }, command.apart !== true);
  return files;
}

function wrap({ shielded, argv }: EngineCommand, { exitFile }: Files): [string, ...string[]] {
  return ['/bin/sh', '-c', `${shielded ? ignored : caught}${wrapper}`, 'zenfra-engine', exitFile, ...argv];
}

function noteStarted(command: EngineCommand, files: Files, pid: number): EngineRecord {
  const record = { ...files, pid, startTime: startTimeOf(pid) };
  if (pid > 0 && !command.apart) writeRecord(command.directory, record);
  return record;
}

/** A signal to the engine and its children alike. Nothing happens if all of them have ended. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 1) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!isNodeError(error) || (error.code !== 'ESRCH' && error.code !== 'EPERM')) throw error;
  }
}

/** Follows an engine that another process started. */
export function attachEngine(record: EngineRecord): EngineProcess {
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<number | null>((resolve, reject) => {
    timer = setInterval(() => {
      if (isEngineAlive(record)) return;
      clearInterval(timer);
      const cleared = killRemains(record) && record.user !== undefined ? endUser(record.user) : Promise.resolve();
      cleared.then(() => resolve(readExitCode(record)), reject);
    }, 100);
  });
  ended.catch(() => undefined);
  return { record, ended, leave: () => clearInterval(timer) };
}

/**
 * What an engine that has ended left running, such as a provider. False if that is not here any more. A group keeps the
 * number of its first process from being used again; so if there is no other, it is still ours.
 */
export function killRemains({ place, pid }: EngineRecord): boolean {
  const here = place === ownPlace() && startTimeOf(pid) === null;
  if (here) signalGroup(pid, 'SIGKILL');
  return here;
}

/**
 * Also one whose wrapper was killed, but none that only a provider is left of. Whether one of another machine or container
 * lives cannot be seen: its exit file says.
 */
export function isEngineAlive(record: EngineRecord): boolean {
  if (record.place !== ownPlace()) return false;
  const { pid, startTime } = record;
  const now = startTimeOf(pid);
  if (now !== null && now === startTime) return true;
  return now === null && pid > 0 && !hasExited(record) && groupLives(pid);
}

/**
 * What the engine left running goes with it. A wrapper that a signal ended may have left the engine itself, which has a
 * state to save: that is waited for.
 */
async function endGroup(pid: number, code: number | null, user: number | undefined): Promise<number | null> {
  while (code === null && groupLives(pid)) await new Promise((resolve) => setTimeout(resolve, 100));
  return clearGroup(pid, code, user);
}

async function clearGroup(pid: number, code: number | null, user: number | undefined): Promise<number | null> {
  signalGroup(pid, 'SIGKILL');
  if (user !== undefined) await endUser(user);
  return withoutSignal(code);
}

function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}
