import { join } from 'node:path';
import { type Holder, lock, type StateServer, save, send, startStateServer } from '../state/state-server.ts';
import { runShell, writeTree } from './bare.ts';
import { type Report, reportOf } from './report.ts';
import { seedRun } from './seed-run.ts';
import { interleave, medians, timed } from './statistics.ts';
import { openWorld, type World } from './world.ts';

const resources = 200;

/** An apply of 200 resources through our state backend, and through terraform's own `pg` backend on the same PostgreSQL. */
export async function benchState(rounds: number): Promise<Report> {
  const world = await openWorld();
  const server = await startStateServer({ url: world.databaseUrl });
  try {
    const measured = await interleave(rounds, {
      ours: (round) => applyOurs(world, server, round),
      baseline: (round) => applyPg(world, round),
    });
    return reportOf({
      name: 'state',
      what: `terraform apply of ${resources} terraform_data, the state with us (encrypted, its versions kept)`,
      against: 'the same with the state in the same PostgreSQL by the backend "pg"',
      aim: 1.1,
      ours: measured.ours.map((one) => one.ms),
      baseline: measured.baseline,
      detail: { requests: medians(measured.ours.map((one) => one.requests)), ...(await stateSize(server)) },
    });
  } finally {
    await server.close();
    await world.close();
  }
}

const apply = 'terraform apply -input=false -auto-approve';

function configuration(backend: string): string {
  return `terraform {
  backend "${backend}" {}
}

resource "terraform_data" "it" {
  count = ${resources}
  input = "number \${count.index}"
}
`;
}

/** Only the apply is measured: both sides are set up by an init before. */
async function applyOurs(world: World, server: StateServer, round: number) {
  const holder = await seedRun(server);
  const directory = await writeTree(join(world.directory, `ours-${round}`), { 'main.tf': configuration('http') });
  const env = {
    TF_HTTP_ADDRESS: holder.address,
    TF_HTTP_LOCK_ADDRESS: holder.address,
    TF_HTTP_UNLOCK_ADDRESS: holder.address,
    TF_HTTP_USERNAME: holder.username,
    TF_HTTP_PASSWORD: holder.password,
  };
  await runShell(`cd '${directory}' && terraform init -input=false`, env);
  const ms = await timed(() => runShell(`cd '${directory}' && ${apply}`, env));
  return { ms, requests: await timeRequests(holder) };
}

async function applyPg(world: World, round: number): Promise<number> {
  const directory = await writeTree(join(world.directory, `pg-${round}`), { 'main.tf': configuration('pg') });
  const env = { PG_CONN_STR: `${world.databaseUrl}?sslmode=disable`, PG_SCHEMA_NAME: `bench_${round}` };
  await runShell(`cd '${directory}' && terraform init -input=false`, env);
  return timed(() => runShell(`cd '${directory}' && ${apply}`, env));
}

/** What an apply asks of us, one by one, with the state that it left. */
async function timeRequests(holder: Holder) {
  const state = (await (await send(holder, 'GET')).json()) as { serial: number };
  const next = JSON.stringify({ ...state, serial: state.serial + 1 });
  const times = {
    LOCK: await timed(() => expectOk(lock(holder))),
    GET: await timed(async () => (await expectOk(send(holder, 'GET'))).arrayBuffer()),
    POST: await timed(() => expectOk(save(holder, next))),
    UNLOCK: await timed(() => expectOk(send(holder, 'UNLOCK'))),
  };
  return times;
}

async function expectOk(sent: Promise<Response>): Promise<Response> {
  const response = await sent;
  if (!response.ok) throw new Error(`The state was not served: ${response.status} ${await response.text()}`);
  return response;
}

async function stateSize({ db }: StateServer): Promise<{ stateBytes: number }> {
  const { size } = await db.selectFrom('state_versions').select('size').limit(1).executeTakeFirstOrThrow();
  return { stateBytes: size };
}
