import { randomUUID } from 'node:crypto';
import { addCredential, addStack, type Holder, type StateServer } from '../state/state-server.ts';

/** A stack of its own with a run that is under way, as far as the rows say: no worker takes it. And its credential. */
export async function seedRun(server: StateServer): Promise<Holder> {
  const stackId = await addStack(server);
  const runId = randomUUID();
  const now = new Date();
  const inAnHour = new Date(Date.now() + 3_600_000);
  await server.db
    .insertInto('runs')
    .values({
      id: runId,
      stack_id: stackId,
      repository_id: 1,
      ...{ type: 'plan_only', status: 'planning', started_at: now, lease_expires_at: inAnHour },
      ...{ trigger: 'page', triggered_by: 'kim', trigger_reason: 'kim triggered it' },
      ...{ branch: 'main', commit_sha: 'a'.repeat(40), commit_title: 'Change' },
    })
    .execute();
  await server.db.insertInto('run_phases').values({ run_id: runId, phase: 'planning', started_at: now }).execute();
  return addCredential(server, { stackId, runId, access: 'write' });
}
