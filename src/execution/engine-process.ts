import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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
  /** Keep what it prints to stdout apart from what it prints to stderr: for a command that answers in JSON. */
  apart?: boolean;
  /** Bytes that the phase's log held before: a successor then knows how much of the output was passed on already. */
  loggedBefore: number;
}

/** Kept as `engine.json` beside the files it names; a command that only answers leaves none, nothing hangs on it. */
export interface EngineRecord {
  name: string;
  pid: number;
  /** Ticks since boot, from `/proc`; null where there is none. Tells our process from a later one of the same id. */
  startTime: string | null;
  outputFile: string;
  /** Same as `outputFile` unless stdout is kept apart. */
  errorFile: string;
  /** Holds the exit code and a newline once the engine has ended. */
  exitFile: string;
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
 * answers by ending in its own time; a child starts with the default again. Without the last newline the file is not
 * whole yet, which spares the process that a rename would cost.
 */
const wrapper = 'trap : INT TERM; exit_file=$1; shift; "$@"; code=$?; echo "$code" >"$exit_file"; exit "$code"';

export function startEngine(command: EngineCommand): EngineProcess {
  const outputFile = join(command.directory, `${command.name}.out`);
  const errorFile = command.apart ? join(command.directory, `${command.name}.err`) : outputFile;
  const exitFile = join(command.directory, `${command.name}.exit`);
  const output = openSync(outputFile, 'a', 0o600);
  const errors = command.apart ? openSync(errorFile, 'a', 0o600) : output;
  const child = spawn('/bin/sh', ['-c', wrapper, 'zenfra-engine', exitFile, ...command.argv], {
    cwd: command.cwd,
    env: command.env,
    detached: true,
    stdio: ['ignore', output, errors],
  });
  closeSync(output);
  if (errors !== output) closeSync(errors);
  const pid = child.pid;
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', (cause) => reject(new Error(`${command.argv[0]} could not be started`, { cause })));
    child.on('exit', (code) => {
      if (pid !== undefined) signalGroup(pid, 'SIGKILL');
      resolve(withoutSignal(code));
    });
  });
  const record = {
    name: command.name,
    pid: pid ?? 0,
    startTime: startTimeOf(pid ?? 0),
    outputFile,
    errorFile,
    exitFile,
    loggedBefore: command.loggedBefore,
  };
  if (pid !== undefined && !command.apart) saveRecord(command.directory, record);
  return { record, ended, leave: () => child.unref() };
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

/** What the last engine in that directory left, or null if there was none. */
export function readEngineRecord(directory: string): EngineRecord | null {
  try {
    return JSON.parse(readFileSync(join(directory, 'engine.json'), 'utf8')) as EngineRecord;
  } catch {
    return null;
  }
}

export function isEngineAlive(record: EngineRecord): boolean {
  const startTime = startTimeOf(record.pid);
  if (record.startTime !== null) return startTime === record.startTime;
  return isProcessAlive(record.pid);
}

/** Follows an engine that another process started. */
export function attachEngine(record: EngineRecord): EngineProcess {
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<number | null>((resolve) => {
    timer = setInterval(() => {
      if (isEngineAlive(record)) return;
      clearInterval(timer);
      // Our pid is only ours while its start time is: a group of that number may be someone else's by now.
      if (startTimeOf(record.pid) === record.startTime) signalGroup(record.pid, 'SIGKILL');
      resolve(readExitCode(record));
    }, 100);
  });
  return { record, ended, leave: () => clearInterval(timer) };
}

/** A shell tells of a child's death by a signal as 128 and its number. */
function withoutSignal(code: number | null): number | null {
  return code !== null && code > 128 ? null : code;
}

/** Null while there is none. */
function readExitCode(record: EngineRecord): number | null {
  try {
    const [, code] = /^(\d+)\n$/.exec(readFileSync(record.exitFile, 'utf8')) ?? [];
    return code === undefined ? null : withoutSignal(Number(code));
  } catch {
    return null;
  }
}

function saveRecord(directory: string, record: EngineRecord): void {
  writeFileSync(join(directory, 'engine.json'), JSON.stringify(record), { mode: 0o600 });
}

/** The 22nd field of `/proc/<pid>/stat`; the second may hold spaces and brackets, so fields are counted behind it. */
function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? null : (fields[18] ?? null);
  } catch {
    return null;
  }
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}
