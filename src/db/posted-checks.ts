import type { Kysely } from 'kysely';
import { listOpenWithHead } from './pull-requests.ts';
import { requestPullRequestReport, requestReport } from './request-report.ts';
import { getRun } from './runs.ts';
import type { Database } from './schema.ts';
import { transact } from './transact.ts';

/**
 * Has what was told last in checks that have ended be told once more. Of a check that somebody wants to be re-run GitHub
 * waits to hear, also where nothing has changed. `name`: of one alone.
 */
export async function tellChecksAgain(
  db: Kysely<Database>,
  { repositoryId, headSha, name }: { repositoryId: number; headSha: string; name?: string },
): Promise<void> {
  await transact(db, async (trx) => {
    const forgotten = await trx
      .updateTable('posted_checks')
      .set({ body_sha256: null })
      .where('repository_id', '=', repositoryId)
      .where('head_sha', '=', headSha)
      .where('completed', '=', true)
      .$if(name !== undefined, (query) => query.where('name', '=', name ?? ''))
      .returning('run_id')
      .execute();
    for (const { run_id: id } of forgotten) if (id !== null) await requestReport(trx, await getRun(trx, id));
    if (!forgotten.some(({ run_id: id }) => id === null)) return;
    for (const number of await listOpenWithHead(trx, repositoryId, headSha))
      await requestPullRequestReport(trx, { repositoryId, number });
  });
}
