import { openWorld } from './world.ts';
import { preparePullRequest, handlePullRequest, quiet } from './pull-request.ts';
import pg from 'pg';
import fs from 'node:fs';
import cp from 'node:child_process';
const lines: { t: number; e: number; what: string; id: any }[] = [];
const q = pg.Client.prototype.query as any;
(pg.Client.prototype as any).query = function (...a: any[]) {
  const text = typeof a[0] === 'string' ? a[0] : a[0]?.text ?? a[0]?.name ?? '?';
  const line = { t: Date.now() + performance.now() % 1 * 0, e: 0, s: performance.now(), what: text.replace(/\s+/g, ' ').slice(0, 110), id: (this as any).processID };
  lines.push(line as any);
  const done = () => { (line as any).d = performance.now() - (line as any).s; };
  const cb = a.findIndex((x) => typeof x === 'function');
  if (cb >= 0) { const f = a[cb]; a[cb] = (...r: any[]) => { done(); f(...r); }; return q.apply(this, a); }
  const r = q.apply(this, a);
  if (r?.then) r.then(done, done);
  return r;
};
const origFetch = globalThis.fetch;
const world = await openWorld();
const cfg = 'resource "terraform_data" "network" {\n  input = "10.0.0.0/16"\n}\n';
for (let round = 0; round < 12; round++) {
  const pull = await preparePullRequest(world.stage, { round, stacks: { network: cfg } });
  lines.length = 0;
  const h = await handlePullRequest(world.stage, pull);
  if (round < 11) { await quiet(world.stage); continue; }
  for (const c of h.calls) lines.push({ t: c.at, id: 'API', what: `${c.method} ${c.path} ${c.ms.toFixed(1)}ms` } as any);
  lines.sort((a, b) => a.t - b.t);
  for (const l of lines as any[]) console.log(String((l.t - h.sentAt).toFixed(0)).padStart(5), String(l.id).padStart(7), (l.d ?? 0).toFixed(1).padStart(6), l.what);
  console.log('END', h.endedAt - h.sentAt, 'queries', lines.length);
}
await world.close();
