import { Hono } from 'hono';
import { DoctorPage, type DoctorProps } from '../../views/doctor.tsx';
import { readInstallationFacts } from '../db/doctor.ts';
import { countSealed } from '../db/sealed.ts';
import type { AppHealth } from '../github/app-health.ts';
import type { Permission } from '../run/checks.ts';
import type { PagesDeps } from './deps.ts';
import { diagnose } from './diagnose.ts';
import { type PageContext, type PageEnv, viewerOf } from './env.ts';
import { frameFor, sendMessage } from './respond.ts';

/** `GET /doctor`: for who administers one of the repositories, or sits at a server that is open to its own machine. */
export function doctorRoutes(deps: PagesDeps): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/doctor', async (c) => {
    const rights = await deps.access.listRights(viewerOf(c));
    if (!mayLook(c, rights)) return sendMessage(c, deps, 403, forAdmins);
    const [installation, github, counts] = await Promise.all([
      readInstallationFacts(deps.db),
      askGitHub(deps),
      countSealed(deps.db),
    ]);
    const { id: key, former } = deps.state.masterKey;
    const sealed = { key, former: former.map(({ id }) => id), counts };
    const facts = {
      now: new Date(),
      publicUrl: deps.publicUrl,
      signIn: deps.signIn !== null,
      installation,
      sealed,
      github,
    };
    return c.html(
      DoctorPage({
        frame: frameFor(c, deps),
        findings: diagnose(facts),
        workers: installation.workers,
        deliveries: 'failed' in github ? [] : github.deliveries.map(toDelivery),
        holds: installation.holds
          .filter((hold) => rights.has(hold.repositoryId))
          .map((hold) => ({
            stack: { id: hold.stackId, name: hold.stack },
            repository: hold.repository,
            note: hold.note,
            since: hold.since,
            run: hold.runId === null || hold.runNumber === null ? null : { id: hold.runId, number: hold.runNumber },
          })),
      }),
    );
  });
}

const forAdmins = 'This page is for whoever administers one of the repositories here.';

function mayLook(c: PageContext, rights: ReadonlyMap<number, Permission>): boolean {
  return viewerOf(c).session === null || [...rights.values()].includes('admin');
}

async function askGitHub(deps: PagesDeps): Promise<AppHealth | { failed: string }> {
  try {
    return await deps.readAppHealth();
  } catch (error) {
    deps.log.warn({ err: error }, 'the doctor could not ask GitHub');
    const status = (error as { status?: number }).status;
    return { failed: status === undefined ? 'GitHub did not answer.' : `GitHub answered ${status}.` };
  }
}

function toDelivery(one: AppHealth['deliveries'][number]): DoctorProps['deliveries'][number] {
  const good = one.statusCode >= 200 && one.statusCode <= 299;
  const again = one.redelivery ? ', sent again' : '';
  return { id: one.id, event: one.event, at: one.at, answer: `${one.statusCode || one.status}${again}`, good };
}
