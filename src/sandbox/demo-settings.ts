import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type EngineSettings, readEngines } from '../config/engines.ts';
import { collectProblems, readNumber, type Variables } from '../config/environment.ts';
import { type IsolationSettings, readIsolation } from '../config/isolation.ts';
import { pickInherited } from '../execution/inherited-environment.ts';
import { engineFinder } from '../runners/engines/find-engine.ts';

export interface DemoSettings {
  /** Everything of the demo is below it but an engine that was downloaded, which the next demo needs again. */
  directory: string;
  /** 0 for any that is free. */
  ports: { zenfra: number; github: number };
  /** Such as `terraform 1.11.4`. */
  engine: string;
  engines: EngineSettings;
  isolation: IsolationSettings;
}

const usual = { zenfra: 3000, github: 3001 };

/** What the demo works with on this machine, or what it lacks, in sentences. */
export async function readDemoSettings(
  variables: Variables,
  tell: (text: string) => void,
): Promise<DemoSettings | { problems: string[] }> {
  const { env, problems } = collectProblems(variables);
  const given = env.get('PORT') !== undefined;
  const port = readNumber(env, 'PORT', { least: 1, most: 65_535, otherwise: usual.zenfra });
  if (given && problems.length === 0 && !(await isFree(port))) {
    problems.push(`PORT is ${port}, and something listens there. Stop it, or leave PORT unset: the demo finds a port.`);
  }
  const data = resolve(env.get('ZENFRA_DATA_DIR') ?? '.zenfra');
  const engines = readEngines(env, data);
  const isolation = readIsolation(env);
  const engine = await engineFinder(pickInherited(variables), engines).findEngine(anyEngine, tell);
  if ('missing' in engine) problems.push(`${engine.missing}.\n${engineAdvice}`);
  if (!(await hasGit())) problems.push('The demo needs git on the PATH: its sandbox keeps real repositories.');
  if (problems.length > 0 || 'missing' in engine) return { problems };
  const free = async (wanted: number) => (wanted !== port && (await isFree(wanted)) ? wanted : 0);
  return {
    directory: join(data, 'demo'),
    engines,
    isolation,
    ports: { zenfra: given || (await isFree(port)) ? port : 0, github: await free(usual.github) },
    engine: `${engine.engine} ${engine.version}`,
  };
}

const anyEngine = { engine: null, constraint: null, said: '', by: '' };

const engineAdvice = `The demo takes Terraform (1.4 or newer) or OpenTofu from the PATH, or else downloads OpenTofu.
Install one of them, then start the demo again:
  Terraform  https://developer.hashicorp.com/terraform/install
  OpenTofu   https://opentofu.org/docs/intro/install/`;

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = once(server, 'listening').then(
    () => true,
    () => false,
  );
  server.listen(port, '127.0.0.1');
  const free = await listening;
  if (free) await new Promise((done) => server.close(done));
  return free;
}

async function hasGit(): Promise<boolean> {
  return promisify(execFile)('git', ['--version']).then(
    () => true,
    () => false,
  );
}
