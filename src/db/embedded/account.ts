import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './error.ts';

/** Who the server runs as, and how its commands are started so that they do. */
export interface Account {
  /** Set when we are root: PostgreSQL refuses to run as root. */
  user: { name: string; uid: number; gid: number } | undefined;
  /** A capability without which that user could not walk into the data directory. */
  capability: 'dac_read_search' | 'dac_override' | undefined;
  /** Absolute path of a setpriv that knows `--pdeathsig`; where there is none a watchdog takes its place. */
  setpriv: string | undefined;
}

/**
 * As root: the owner of existing data, else `postgres`, else `nobody`. If that user cannot reach the data directory
 * (a clone in root's own 0700 home), it is given the right to walk through directories, rather than opening the home
 * to everybody.
 */
export async function chooseAccount(dataDir: string): Promise<Account> {
  if (process.platform === 'win32') {
    throw new EmbeddedPostgresError(
      'The embedded PostgreSQL does not run on Windows. Set DATABASE_URL to a PostgreSQL, or use WSL.',
    );
  }
  const setpriv = await findSetpriv();
  if (process.getuid?.() !== 0) return { user: undefined, capability: undefined, setpriv };
  const user = (await ownerOfData(dataDir)) ?? (await serviceUser());
  if (await canEnter(user, dataDir)) return { user, capability: undefined, setpriv };
  const capability = await heldCapability();
  if (!setpriv || !capability) {
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, and the user ${user.name} cannot enter ${dataDir}. Set ZENFRA_DATA_DIR to a directory that ${user.name} can reach, such as /var/lib/zenfra, or start as an ordinary user.`,
    );
  }
  return { user, capability, setpriv };
}

/** The command line that runs `program` as the account; where setpriv is, the kernel interrupts it when we die. */
export function commandAs(
  { user, capability, setpriv }: Account,
  program: string,
): { file: string; args: string[]; identity: { uid?: number; gid?: number } } {
  if (!setpriv) return { file: program, args: [], identity: user ? { uid: user.uid, gid: user.gid } : {} };
  const args = ['--no-new-privs', '--pdeathsig', 'INT'];
  if (user) {
    args.push(`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups');
    args.push(capability ? `--inh-caps=-all,+${capability}` : '--inh-caps=-all');
  }
  // access(2), by which initdb looks for itself, leaves capabilities out of account unless this is set (capabilities(7)).
  if (capability) args.push(`--ambient-caps=+${capability}`, '--securebits=+no_setuid_fixup');
  return { file: setpriv, args: [...args, '--', program], identity: {} };
}

/** Whether `user` may read (and for directories and programs also run) everything in `paths`, by their mode bits. */
export async function mayUse(user: { uid: number; gid: number }, paths: string[]): Promise<boolean> {
  for (const path of paths) {
    const { mode, uid, gid } = await stat(path);
    const bits = uid === user.uid ? mode >> 6 : gid === user.gid ? mode >> 3 : mode;
    const wanted = (mode & 0o111) !== 0 ? 0o5 : 0o4;
    if ((bits & wanted) !== wanted) return false;
  }
  return true;
}

/** Whether `user` may walk to `directory` from the root. Only the mode bits count: an access list would be a surprise to the better. */
export async function canEnter(user: { uid: number; gid: number }, directory: string): Promise<boolean> {
  for (let path = directory; ; path = dirname(path)) {
    const { mode, uid, gid } = await stat(path);
    const bits = uid === user.uid ? mode >> 6 : gid === user.gid ? mode >> 3 : mode;
    if ((bits & 0o1) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

async function ownerOfData(dataDir: string): Promise<Account['user']> {
  const owner = await stat(join(dataDir, 'postgres', 'cluster')).catch(() => undefined);
  if (!owner || owner.uid === 0) return undefined;
  return { name: `with id ${owner.uid}`, uid: owner.uid, gid: owner.gid };
}

async function serviceUser(): Promise<NonNullable<Account['user']>> {
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  for (const wanted of ['postgres', 'nobody']) {
    const [name, , uid, gid] = lines.find(([name]) => name === wanted) ?? [];
    if (name && Number(uid) > 0) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root (we are ${userInfo().username}), and there is no user postgres or nobody to run it as. Start as an ordinary user, or set DATABASE_URL.`,
  );
}

/**
 * Containers often lack the narrower of the two (Docker's default set has only dac_override). Without CAP_SETPCAP,
 * `commandAs` could not make it count.
 */
async function heldCapability(): Promise<Account['capability']> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const held = (name: string) => BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1] ?? '0'}`);
  const usable = held('CapPrm') & held('CapBnd');
  // Numbers from linux/capability.h.
  if (!(usable & (1n << 8n))) return undefined;
  if (usable & (1n << 2n)) return 'dac_read_search';
  if (usable & (1n << 1n)) return 'dac_override';
  return undefined;
}

/** BusyBox has a setpriv too, without the option that matters. */
async function findSetpriv(): Promise<string | undefined> {
  const script = 'command -v setpriv && setpriv --help';
  const found = await promisify(execFile)('/bin/sh', ['-c', script]).catch(() => undefined);
  return found?.stdout.includes('--pdeathsig') ? found.stdout.split('\n')[0] : undefined;
}
