import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import type { Isolation } from './isolation.ts';
import { userOf } from './run-user.ts';
import type { Workspace } from './workspace.ts';

export interface Confined {
  isolation: Isolation;
  workspace: Workspace;
  /** Absolute path of the program that is started. */
  program: string;
  /** Where providers are kept for all runs. */
  keptProviders: string;
  /** What is passed on of the worker's own environment: what a run was given or has written shows it no file. */
  inherited: Record<string, string>;
}

/** What is put before a command so that it runs confined. All of it ends in `exec`, so that no process stays between. */
export function confine(confined: Confined): string[] {
  const { isolation, workspace } = confined;
  const limits = limitArguments(isolation);
  switch (isolation.kind) {
    case 'none':
      return limits;
    case 'user':
      return [...becomeUser(isolation.program, workspace), ...limits];
    case 'bubblewrap': {
      const { program, setpriv, resetSignals } = isolation;
      const view = viewArguments(confined);
      // Whoever may change what it has been shown, such as root in a user namespace, makes it writable again.
      if (setpriv === null) return [program, '--unshare-user', ...noRights, ...view, '--', ...resetSignals, ...limits];
      return [
        program,
        ...view,
        ...ownPasswd(workspace),
        '--',
        ...becomeUser(setpriv, workspace),
        ...resetSignals,
        ...limits,
      ];
    }
  }
}

const noRights = ['--cap-drop', 'ALL'];

function becomeUser(setpriv: string, { directory }: Workspace): string[] {
  const user = String(userOf(directory));
  const drop = ['--clear-groups', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'];
  return [setpriv, `--reuid=${user}`, `--regid=${user}`, ...drop, '--'];
}

/** There its user has a name and a home, without which ssh does nothing. */
function ownPasswd({ passwd }: Workspace): string[] {
  return ['--ro-bind-try', passwd, '/etc/passwd'];
}

/** The rooms of a work directory that a run may write to. What its engine prints and how it ended are not among them. */
export function ownRooms({ source, plugins, plan, home, temporary }: Workspace): string[] {
  return [source, plugins, plan, home, temporary];
}

/**
 * Fixed text. What a shell cannot limit it says nothing about (`-p` is how dash calls `-u`). A core of an engine would
 * hold all its secrets.
 */
const limiter =
  'ulimit -c 0; [ "$1" = 0 ] || ulimit -d "$1"; [ "$2" = 0 ] || ulimit -u "$2" 2>/dev/null || ulimit -p "$2"; shift 2; exec "$@"';

function limitArguments({ kind, limits }: Isolation): string[] {
  const processes = kind === 'none' ? 0 : limits.processes;
  if (limits.memoryMb === 0 && processes === 0) return [];
  return ['/bin/sh', '-c', limiter, 'zenfra-limits', String(limits.memoryMb * 1024), String(processes)];
}

/** A list of what is there, because a list of what is not forgets the next secret. */
function viewArguments(confined: Confined): string[] {
  const { isolation, workspace, program, keptProviders, inherited } = confined;
  const apart = ['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'];
  const read = [
    ...systemFiles,
    ...searchPath(inherited),
    ...mirrors(inherited),
    ...authorities(inherited),
    ...isolation.readable,
  ];
  const readable = [...read.filter(isAbsolute), ...[dirname(program), keptProviders].filter(isElsewhere)];
  const writable = [...isolation.writable, ...ownRooms(workspace)];
  return [
    ...apart,
    ...['--proc', '/proc', '--dev', '/dev'],
    ...['/tmp', '/dev/shm'].flatMap((path) => ['--perms', '1777', '--tmpfs', path]),
    ...above([...readable, ...writable, workspace.tmpdir]).flatMap((path) => ['--perms', '0755', '--dir', path]),
    ...systemDirectories.flatMap(showDirectory),
    ...readable.flatMap((path) => ['--ro-bind-try', path, path]),
    ...writable.flatMap((path) => ['--bind-try', path, path]),
    ...(workspace.tmpdir === workspace.temporary ? [] : ['--symlink', workspace.temporary, workspace.tmpdir]),
    ...['--chdir', workspace.module],
  ];
}

/** What bubblewrap makes by itself above a path is its own user's alone. */
function above(paths: readonly string[]): string[] {
  const found = new Set<string>();
  for (const path of paths)
    for (let at = dirname(path); isElsewhere(at) && !found.has(at); at = dirname(at)) found.add(at);
  return [...found].sort();
}

const systemDirectories = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store'];

/** Of /etc what programs need to find names, certificates and libraries; not what it holds of services and users. */
const systemFiles = [
  '/etc/alternatives',
  '/etc/ca-certificates',
  '/etc/ca-certificates.conf',
  '/etc/crypto-policies',
  '/etc/gai.conf',
  '/etc/gitconfig',
  '/etc/group',
  '/etc/host.conf',
  '/etc/hosts',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/nsswitch.conf',
  '/etc/passwd',
  '/etc/pki',
  '/etc/protocols',
  '/etc/resolv.conf',
  '/etc/services',
  '/etc/ssh/ssh_config',
  '/etc/ssh/ssh_known_hosts',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
];

/** Distributions that have merged /bin into /usr keep a link. */
function showDirectory(path: string): string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  return found.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
}

function searchPath({ PATH = '' }: Record<string, string>): string[] {
  return PATH.split(delimiter).filter((path) => isElsewhere(path) && existsSync(path));
}

/** Not in a directory that is shown anyway. */
function isElsewhere(path: string): boolean {
  return path !== '/' && !/^\/(usr|bin|sbin|lib\w*)(\/|$)/.test(path);
}

/** Whose certificates count, where the operator says so. */
function authorities(inherited: Record<string, string>): string[] {
  const names = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO', 'CURL_CA_BUNDLE'];
  return names.flatMap((name) => (inherited[name] ?? '').split(delimiter).filter(isElsewhere));
}

/** The operator's own CLI configuration, and the mirrors that it names. */
function mirrors({ TF_CLI_CONFIG_FILE: file }: Record<string, string>): string[] {
  if (file === undefined || !existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const paths = [...text.matchAll(/filesystem_mirror\s*\{[^}]*?\bpath\s*=\s*"(\/[^"]+)"/g)].map(
    ([, path = '']) => path,
  );
  return [file, ...paths.map((path) => join(path))];
}
