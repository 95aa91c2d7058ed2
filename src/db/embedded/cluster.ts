import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './account.ts';
import { type Binaries, prepareRuntime } from './binaries.ts';
import { EmbeddedPostgresError } from './error.ts';
import { isRunning } from './live.ts';
import { runAs } from './run-as.ts';

const major = '18';

interface MakeCluster {
  dataDir: string;
  account: Account;
  binaries: Binaries;
  /** Wait until the new files are on disk. */
  durable: boolean;
}

/**
 * The folder `postgres` of the data directory, made on the first start: `cluster` (PostgreSQL's own), `password`,
 * `server.log`. It is built beside and renamed at the end, so that a first start that was killed, or two at once,
 * leave a whole one.
 */
export async function makeCluster({ dataDir, account, binaries, durable }: MakeCluster): Promise<string> {
  const directory = join(dataDir, 'postgres');
  await removeUnfinished(dataDir);
  if (await isCluster(directory)) return directory;
  const unfinished = join(dataDir, `postgres.new-${process.pid}`);
  try {
    await mkdir(unfinished, { mode: 0o700 });
  } catch (error) {
    throw cannotWrite(dataDir, error);
  }
  try {
    await initialize({ directory: unfinished, account, binaries, durable });
    await rename(unfinished, directory).catch(async (error) => {
      if (!(await isCluster(directory))) throw cannotWrite(dataDir, error);
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return directory;
}

/** Throws if the directory was made by another user. */
export async function readPassword(directory: string): Promise<string> {
  try {
    return (await readFile(join(directory, 'password'), 'utf8')).trim();
  } catch (error) {
    throw notOurs(directory, error);
  }
}

/** Throws where something is in the way: not a cluster, another version's, or somebody else's. */
async function isCluster(directory: string): Promise<boolean> {
  const found = await stat(directory).catch(() => undefined);
  if (!found) return false;
  if (!found.isDirectory()) {
    throw new EmbeddedPostgresError(`${directory} is to hold the database, but is not a directory. Move it away.`);
  }
  const version = await readFile(join(directory, 'cluster', 'PG_VERSION'), 'utf8').catch((error) => {
    if (error.code === 'EACCES') throw notOurs(directory, error);
    return undefined;
  });
  if (version?.trim() === major) return true;
  if (version !== undefined) {
    throw new EmbeddedPostgresError(
      `The database in ${directory} was made by PostgreSQL ${version.trim()}; this version of Zenfra brings PostgreSQL ${major}, which cannot read it. Dump it with PostgreSQL ${version.trim()}, move the directory away, start again and load the dump.`,
    );
  }
  if ((await readdir(directory)).length === 0) return false;
  throw new EmbeddedPostgresError(
    `${directory} is not empty and holds no PostgreSQL database. Move it away, or set ZENFRA_DATA_DIR to another directory.`,
  );
}

async function initialize({
  directory,
  account,
  binaries,
  durable,
}: Omit<MakeCluster, 'dataDir'> & { directory: string }) {
  const { bin, libraries } = await prepareRuntime(binaries, account, directory);
  const password = join(directory, 'password');
  await writeFile(password, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 });
  const cluster = join(directory, 'cluster');
  await mkdir(cluster, { mode: 0o700 });
  if (account.user) {
    for (const path of [directory, password, cluster]) await chown(path, account.user.uid, account.user.gid);
  }
  const options = ['--username=zenfra', '--auth=scram-sha-256', `--pwfile=${password}`, '--encoding=UTF8'];
  options.push('--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions');
  if (!durable) options.push('--no-sync');
  const { code, output } = await runAs(account, join(bin, 'initdb'), ['-D', cluster, ...options], libraries);
  if (code !== 0) {
    const nameless = /could not look up effective user ID (\d+)/.exec(output)?.[1];
    if (nameless !== undefined) throw hasNoName(nameless);
    throw new EmbeddedPostgresError(
      `PostgreSQL's initdb could not make a database in ${directory} (exit code ${code}): ${output.trim().slice(-1500)}`,
    );
  }
  await chmod(directory, 0o700);
}

/** Left by a first start that was killed. What cannot be removed is somebody else's, and harms nobody. */
async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir).catch(() => [])) {
    const pid = Number(/^postgres\.new-(\d+)$/.exec(name)?.[1] ?? 0);
    if (pid === 0 || (pid !== process.pid && (await isRunning(pid)))) continue;
    await rm(join(dataDir, name), { recursive: true, force: true }).catch(() => {});
  }
}

function cannotWrite(dataDir: string, cause: unknown): EmbeddedPostgresError {
  const { code } = cause as NodeJS.ErrnoException;
  return new EmbeddedPostgresError(
    `The data directory ${dataDir} cannot be written to (${code}). Give it to the user we run as, or set ZENFRA_DATA_DIR to another directory.`,
    { cause },
  );
}

/** As `docker run --user 12345` has it. */
function hasNoName(uid: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `PostgreSQL makes no database for a user without a name, and ${uid}, which we run as, has none in /etc/passwd. Add a line for it there, start as a user who has one, or set DATABASE_URL to a PostgreSQL of your own.`,
  );
}

function notOurs(directory: string, cause: unknown): EmbeddedPostgresError {
  const { code } = cause as NodeJS.ErrnoException;
  return new EmbeddedPostgresError(
    `The database in ${directory} cannot be read (${code}): it was made by another user. Start as that user, as root, or set ZENFRA_DATA_DIR to another directory.`,
    { cause },
  );
}
