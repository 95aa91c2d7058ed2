import { execFile } from 'node:child_process';
import { accessSync, chmodSync, chownSync, constants, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { confine, ownRooms } from './confine.ts';
import { hasOwnUsers, type Isolation, type RunLimits } from './isolation.ts';
import { userOf } from './run-user.ts';
import { layOutWorkspace } from './workspace.ts';

const run = promisify(execFile);

export interface IsolationWanted {
  /** `auto` takes the best that works here. */
  kind: 'auto' | 'bubblewrap' | 'user' | 'none';
  limits: RunLimits;
  readable: string[];
  writable: string[];
}

interface Place {
  /** Runs work below it. */
  workDirectory: string;
  environment: Record<string, string>;
}

/**
 * What isolates runs on this machine: bubblewrap where it works, else a user for each run where this is root, else
 * nothing, with the reason. Each is tried, since whether it works depends on the kernel, the container and the rights
 * on the directories above. Throws if what the operator insists on does not work.
 */
export async function findIsolation(wanted: IsolationWanted, place: Place): Promise<Isolation> {
  const shared = {
    limits: wanted.limits,
    readable: wanted.readable,
    writable: wanted.writable,
    resetSignals: await findReset(),
  };
  const none = (why: string): Isolation => ({ ...shared, kind: 'none', why });
  if (wanted.kind === 'none') return none('it is switched off (ZENFRA_ISOLATION)');
  const reasons: string[] = [];
  for (const kind of wanted.kind === 'auto' ? (['bubblewrap', 'user'] as const) : [wanted.kind]) {
    const found = await tryKind(kind, { shared, place });
    if (typeof found !== 'string') return found;
    reasons.push(found);
  }
  if (wanted.kind === 'auto') return none(reasons.join('; '));
  throw new Error(`ZENFRA_ISOLATION is ${wanted.kind}, which does not work here: ${reasons.join('; ')}.`);
}

const programs = { bubblewrap: 'bwrap', user: 'setpriv' } as const;

async function tryKind(
  kind: 'bubblewrap' | 'user',
  { shared, place }: { shared: Omit<Isolation, 'kind' | 'why' | 'program'>; place: Place },
): Promise<Isolation | string> {
  if (process.platform !== 'linux') return 'only Linux can';
  if (kind === 'user' && process.getuid?.() !== 0) return 'a user for each run takes root';
  const program = findProgram(programs[kind], place.environment.PATH ?? '');
  if (program === undefined) return `${programs[kind]} is not on the PATH`;
  const setpriv = isRoot() ? findProgram(programs.user, place.environment.PATH ?? '') : null;
  if (setpriv === undefined) return `${programs.user} is not on the PATH`;
  const isolation: Isolation = { ...shared, ...(kind === 'user' ? { kind, program } : { kind, program, setpriv }) };
  const before = hasOwnUsers(isolation) ? letOthersRead() : process.umask();
  const problem = await probe(isolation, place);
  if (problem === null) return isolation;
  process.umask(before);
  return `${programs[kind]} does not work here (${problem})`;
}

/**
 * Users of runs start the engines and providers that this process and others of them have fetched. A service manager
 * may have told it to keep all to itself (`UMask=0077`); what is secret is written so whatever that says. Returns what
 * it was.
 */
function letOthersRead(): number {
  return process.umask(process.umask() & ~0o055);
}

/** Of the machine, whose root a user namespace's (a rootless container's) is not: that has no users to give. */
function isRoot(): boolean {
  return process.getuid?.() === 0 && /^\s*0\s+0\s/.test(readFileSync('/proc/self/uid_map', 'utf8'));
}

/** Does in a directory like a run's what a run does first: it enters it and writes. */
async function probe(isolation: Isolation, { workDirectory, environment }: Place): Promise<string | null> {
  const workspace = layOutWorkspace(join(workDirectory, 'runs', `probe-${process.pid}`), '.');
  try {
    mkdirSync(workspace.directory, { recursive: true, mode: 0o711 });
    // These two are ours; what is above them is the operator's.
    if (isolation.kind === 'user')
      for (const path of [workDirectory, join(workDirectory, 'runs')]) chmodSync(path, 0o711);
    for (const room of ownRooms(workspace)) {
      mkdirSync(room, { mode: 0o700 });
      if (hasOwnUsers(isolation)) chownSync(room, userOf(workspace.directory), userOf(workspace.directory));
    }
    const keptProviders = join(workDirectory, 'plugins');
    const confined = { isolation, workspace, program: '/bin/sh', keptProviders, inherited: environment };
    const enter = 'cd "$1" && : >probe';
    const [program = '/bin/sh', ...rest] = [...confine(confined), '/bin/sh', '-c', enter, 'probe', workspace.source];
    await run(program, rest, {
      env: environment,
      timeout: 10_000,
    });
    return null;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    return (said || (error instanceof Error ? error.message : String(error))).split('\n').slice(0, 2).join(' ');
  } finally {
    rmSync(workspace.directory, { recursive: true, force: true });
  }
}

/** An interrupt must not end bubblewrap before the engine, so it is ignored down to here; the engine then gets it back. */
async function findReset(): Promise<string[]> {
  const reset = '--default-signal=INT,TERM';
  return run('/usr/bin/env', [reset, 'true']).then(
    () => ['/usr/bin/env', reset],
    () => [],
  );
}

function findProgram(name: string, searchPath: string): string | undefined {
  return searchPath
    .split(delimiter)
    .filter(Boolean)
    .map((directory) => join(directory, name))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
