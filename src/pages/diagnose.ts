import { plural } from '../../views/parts/text.tsx';
import type { InstallationFacts } from '../db/doctor.ts';
import type { AppHealth } from '../github/app-health.ts';
import { appEvents, appPermissions, optionalPermissions } from '../github/app-manifest.ts';

export type Verdict = 'good' | 'warning' | 'bad';

/** One thing that was looked at: how it stands, and what to do if it should stand otherwise. */
export interface Finding {
  what: string;
  verdict: Verdict;
  says: string;
  todo: string | null;
}

export interface DoctorFacts {
  now: Date;
  publicUrl: string;
  signIn: boolean;
  installation: InstallationFacts;
  /** How many sealed values there are of each key, and the key of today. */
  sealed: { key: string; former: string[]; counts: ReadonlyMap<string, number> };
  /** Or why GitHub did not say. */
  github: AppHealth | { failed: string };
}

const clockToleranceMs = 30_000;

/** What is well with an installation and what is not. Pure: facts in, findings out. */
export function diagnose(facts: DoctorFacts): Finding[] {
  const { github } = facts;
  const ofGitHub =
    'failed' in github
      ? [
          bad(
            'GitHub',
            github.failed,
            'Check APP_ID, PRIVATE_KEY and GITHUB_API_URL, and that this server reaches GitHub.',
          ),
        ]
      : [
          permissionsOf(github),
          eventsOf(github),
          ...installationsOf(github),
          webhookOf(facts, github),
          deliveriesOf(github),
        ];
  return [
    ...ofGitHub,
    signInOf(facts),
    clockOf(facts),
    databaseOf(facts),
    encryptionOf(facts),
    workersOf(facts),
    ...enginesOf(facts),
    ...isolationOf(facts),
    ...backlogOf(facts),
  ];
}

function good(what: string, says: string): Finding {
  return { what, verdict: 'good', says, todo: null };
}

function bad(what: string, says: string, todo: string): Finding {
  return { what, verdict: 'bad', says, todo };
}

function warn(what: string, says: string, todo: string): Finding {
  return { what, verdict: 'warning', says, todo };
}

/** Those that are lacking; `write` includes `read`. */
function lacking(granted: Record<string, string>): string[] {
  return Object.entries(appPermissions)
    .filter(([area, level]) => granted[area] !== level && granted[area] !== 'write' && granted[area] !== 'admin')
    .map(([area, level]) => `${area}: ${level}`);
}

function isOptional(permission: string): boolean {
  return optionalPermissions.includes(permission.split(':', 1)[0] ?? '');
}

function permissionsOf({ name, permissions }: AppHealth): Finding {
  const missing = lacking(permissions);
  const granted = Object.keys(appPermissions).map((area) => `${area}: ${permissions[area] ?? 'none'}`);
  if (missing.length === 0) return good('Permissions', `${name} has all that it needs: ${granted.join(', ')}.`);
  const says = `${name} lacks ${missing.join(', ')}. It has ${granted.join(', ')}.`;
  const todo = 'Grant them on the App’s page, under Permissions & events.';
  return missing.every(isOptional) ? warn('Permissions', says, todo) : bad('Permissions', says, todo);
}

function eventsOf({ events }: AppHealth): Finding {
  const missing = appEvents.filter((event) => !events.includes(event));
  if (missing.length === 0) return good('Events', 'Everything that Zenfra acts on is subscribed to.');
  const todo = 'Subscribe to them on the App’s page, under Permissions & events.';
  return bad('Events', `The App is not told of ${missing.join(', ')}.`, todo);
}

function installationsOf({ installations }: AppHealth): Finding[] {
  if (installations.length === 0)
    return [
      bad(
        'Installations',
        'The App is installed nowhere.',
        'Install it on the repositories that hold your infrastructure.',
      ),
    ];
  const troubled = installations.flatMap((one): Finding[] => {
    if (one.suspended)
      return [bad('Installations', `${one.account} has suspended the App.`, 'An owner there can lift it.')];
    const missing = lacking(one.permissions).filter((permission) => !isOptional(permission));
    if (missing.length === 0) return [];
    const says = `${one.account} has not granted ${missing.join(', ')}.`;
    return [bad('Installations', says, 'An owner there accepts the App’s new permissions in the account’s settings.')];
  });
  if (troubled.length > 0) return troubled;
  return [good('Installations', `Installed on ${installations.map((one) => one.account).join(', ')}.`)];
}

function webhookOf({ publicUrl }: DoctorFacts, { webhookUrl }: AppHealth): Finding {
  const wanted = `${publicUrl}/api/github/webhooks`;
  if (webhookUrl === wanted) return good('Webhook address', wanted);
  return bad(
    'Webhook address',
    `The App sends to ${webhookUrl || 'nowhere'}.`,
    `Set it to ${wanted} on the App’s page.`,
  );
}

function deliveriesOf({ deliveries }: AppHealth): Finding {
  const [newest] = deliveries;
  const failed = deliveries.filter((one) => one.statusCode < 200 || one.statusCode > 299);
  if (!newest) return warn('Webhooks', 'GitHub has sent none yet.', 'Push to a repository, or open a pull request.');
  if (failed.length === 0) return good('Webhooks', `The last ${deliveries.length} were taken.`);
  const says = `${failed.length} of the last ${deliveries.length} were not taken; the newest answer was ${newest.statusCode || newest.status}.`;
  const todo =
    'GitHub must reach this server, and WEBHOOK_SECRET must be the App’s. Missed ones are fetched by themselves.';
  return newest.statusCode >= 200 && newest.statusCode <= 299
    ? warn('Webhooks', says, todo)
    : bad('Webhooks', says, todo);
}

function signInOf({ signIn }: DoctorFacts): Finding {
  if (signIn) return good('Sign-in', 'People sign in with GitHub.');
  return warn(
    'Sign-in',
    'Nobody can sign in.',
    'Set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET, which are on the App’s page.',
  );
}

/** GitHub refuses an App's key from a clock that is off by a minute; the database's clock decides leases and deadlines. */
function clockOf({ now, installation, github }: DoctorFacts): Finding {
  const clocks: [string, Date][] = [['the database’s', installation.database.now]];
  if (!('failed' in github) && github.now) clocks.push(['GitHub’s', github.now]);
  const off = clocks.flatMap(([whose, clock]) => {
    const difference = now.getTime() - clock.getTime();
    return Math.abs(difference) > clockToleranceMs ? [`${Math.round(difference / 1000)} s from ${whose}`] : [];
  });
  if (off.length === 0)
    return good('Clock', `This server’s clock agrees with ${clocks.map(([whose]) => whose).join(' and ')}.`);
  return bad('Clock', `This server’s clock is ${off.join(' and ')}.`, 'Let NTP set the clocks.');
}

function databaseOf({ installation: { database } }: DoctorFacts): Finding {
  if (database.unsafe.length === 0) return good('Database', `PostgreSQL ${database.version}.`);
  const says = `PostgreSQL ${database.version} may lose what it acknowledged: ${database.unsafe.join(', ')}.`;
  return bad('Database', says, 'Switch it on: a state that is lost is infrastructure that nobody knows of.');
}

/** A key that is given up too early takes with it what is still sealed with it. */
function encryptionOf({ sealed: { key, former, counts } }: DoctorFacts): Finding {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const old = total - (counts.get(key) ?? 0);
  const lost = [...counts].filter(([id]) => id !== key && !former.includes(id));
  if (lost.length > 0) {
    const says = `${lost.map(([id, count]) => `${plural(count, 'value')} of the key ${id}`).join(', ')}, which is not given.`;
    return bad(
      'Encryption',
      says,
      'Add that key to ZENFRA_SECRET_KEYS_FORMER: what it sealed cannot be read without it.',
    );
  }
  if (old > 0) {
    const says = `Of ${plural(total, 'value')} ${old} are still sealed with a former key; all are sealed anew with ${key}.`;
    return warn('Encryption', says, 'Keep ZENFRA_SECRET_KEYS_FORMER until none is left.');
  }
  const spare = former.length > 0 ? ' ZENFRA_SECRET_KEYS_FORMER is not needed any more.' : '';
  return good('Encryption', `Sealed with the key ${key}: ${plural(total, 'value')}, which is all.${spare}`);
}

function workersOf({ installation: { workers } }: DoctorFacts): Finding {
  const live = workers.filter((worker) => worker.live && worker.slots > 0);
  const slots = live.reduce((sum, worker) => sum + worker.slots, 0);
  if (slots === 0) return bad('Workers', 'None is running: runs wait.', 'Start one: npm run start:worker.');
  return good('Workers', `${plural(live.length, 'worker')} with ${plural(slots, 'slot')} in all.`);
}

/** Nothing to say while no worker runs. */
function enginesOf({ installation: { workers } }: DoctorFacts): Finding[] {
  const live = workers.filter((worker) => worker.live && worker.slots > 0);
  const bare = live.filter((worker) => worker.engines.length === 0);
  if (bare.length > 0) {
    const says = `${bare.map((worker) => worker.host).join(', ')} found no engine on the PATH.`;
    return [
      warn('Engines', says, 'Runs download theirs. To spare that, install Terraform or OpenTofu on the worker’s PATH.'),
    ];
  }
  const all = [...new Set(live.flatMap((worker) => worker.engines))].sort();
  return all.length === 0 ? [] : [good('Engines', `${all.join(', ')}.`)];
}

/** Of workers that keep runs apart in the same way one is enough to be said. */
function isolationOf({ installation: { workers } }: DoctorFacts): Finding[] {
  const live = workers.filter((worker) => worker.live && worker.slots > 0);
  const notes = live.flatMap(({ isolation }) => (isolation === null ? [] : [isolation]));
  const open = notes.find((note) => !note.protected);
  if (open !== undefined) {
    return [warn('Isolation', open.says, 'Install bubblewrap on the worker, or start it as root, then restart it.')];
  }
  return [...new Set(notes.map(({ says }) => says))].map((says) => good('Isolation', says));
}

function backlogOf({ installation }: DoctorFacts): Finding[] {
  const { deliveries, waiting, deadJobs } = installation;
  const findings: Finding[] = [];
  if (deliveries.unhandled > 0)
    findings.push(
      warn(
        'Webhooks in hand',
        `Stored and not handled yet: ${deliveries.unhandled}.`,
        'If it does not fall, look at the server’s log.',
      ),
    );
  if (waiting.runs > 0)
    findings.push(
      warn(
        'Queue',
        `Waiting for a free worker slot: ${plural(waiting.runs, 'run')}.`,
        'Start more workers, or give them more slots.',
      ),
    );
  if (deadJobs > 0)
    findings.push(
      warn(
        'Jobs',
        `Tried as often as they may be: ${deadJobs}.`,
        'Look at the server’s log for why; they are tried again by the sweep.',
      ),
    );
  return findings;
}
