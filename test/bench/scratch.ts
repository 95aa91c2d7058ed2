import { openWorld } from './world.ts';
import { preparePullRequest, handlePullRequest, quiet } from './pull-request.ts';
import { sql } from 'kysely';
const world = await openWorld();
const cfg = 'resource "terraform_data" "network" {\n  input = "10.0.0.0/16"\n}\n';
for (let round = 0; round < 6; round++) {
  const pull = await preparePullRequest(world.stage, { round, stacks: { network: cfg } });
  const h = await handlePullRequest(world.stage, pull);
  await quiet(world.stage);
  if (round < 3) continue;
  const rows = (await sql<any>`
   select extract(epoch from at)::float8*1000 t, 'log '||phase||' '||encode(substring(bytes for 60),'escape') what from log_chunks l join runs r on r.id=l.run_id where r.repository_id=${pull.repository.id}
   union all select extract(epoch from at)::float8*1000, 'event '||event from run_events e join runs r on r.id=e.run_id where r.repository_id=${pull.repository.id}
   union all select extract(epoch from created_at)::float8*1000, 'run created' from runs r where r.repository_id=${pull.repository.id}
   union all select extract(epoch from ended_at)::float8*1000, 'run ended' from runs r where r.repository_id=${pull.repository.id}
   union all select extract(epoch from p.created_at)::float8*1000, 'plan row' from plans p join runs r on r.id=p.run_id where r.repository_id=${pull.repository.id}
   union all select extract(epoch from p.created_at)::float8*1000, 'credential' from state_credentials p join runs r on r.id=p.run_id where r.repository_id=${pull.repository.id}
   union all select extract(epoch from p.served_at)::float8*1000, 'served' from state_credentials p join runs r on r.id=p.run_id where r.repository_id=${pull.repository.id}
   union all select extract(epoch from received_at)::float8*1000, 'received' from deliveries where received_at >= ${new Date(h.sentAt)}
   union all select extract(epoch from handled_at)::float8*1000, 'handled' from deliveries where received_at >= ${new Date(h.sentAt)}
   `.execute(world.stage.app.db)).rows;
  for (const c of h.calls) { rows.push({ t: c.at, what: `call ${c.method} ${c.path} ${c.ms.toFixed(1)}ms ${(c.body as any)?.status ?? ''}` }); }
  rows.push({t: h.endedAt, what: 'END'});
  rows.sort((a, b) => a.t - b.t);
  let last = h.sentAt;
  for (const r of rows) { console.log((r.t - h.sentAt).toFixed(1).padStart(7), ('+' + (r.t - last).toFixed(1)).padStart(7), r.what.replaceAll('\n', ' ').replaceAll('[Zenfra]','')); last = r.t; }
  console.log('---');
}
await world.close();
