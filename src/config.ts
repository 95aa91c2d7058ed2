import { resolve } from 'node:path';
import { type EngineSettings, readEngines } from './config/engines.ts';
import {
  collectProblems,
  type Environment,
  readChoice,
  readNumber,
  readUrl,
  shown,
  type Variables,
} from './config/environment.ts';
import { readFailpoints } from './config/failpoint.ts';
import { type IsolationSettings, readIsolation } from './config/isolation.ts';
import {
  readDatabaseUrl,
  readFormerSecretKeys,
  readOAuth,
  readPrivateKey,
  readSecretKey,
  readWebhookSecret,
} from './config/secrets.ts';
import { pickInherited } from './execution/inherited-environment.ts';
import type { ArmedFailpoint } from './failpoint.ts';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Addresses have no slash at their end, directories are absolute. */
export interface Config {
  /** Null for the embedded database. */
  databaseUrl: string | null;
  /** Where people and GitHub reach the server. */
  publicUrl: string;
  /** Where workers reach it; null: see `workersUrl`. */
  internalUrl: string | null;
  port: number;
  github: GitHubConfig;
  /** 32 bytes; null means: made and kept in the data directory, which only an embedded database allows. */
  secretKey: Buffer | null;
  /** What was sealed with one of these is opened, and sealed anew. */
  formerSecretKeys: Buffer[];
  dataDirectory: string;
  /** The same on all workers: the paths of plans are below it. */
  workDirectory: string;
  workerSlots: number;
  logLevel: LogLevel;
  /** For tests: where faults are let in. */
  failpoints: ArmedFailpoint[];
  engines: EngineSettings;
  isolation: IsolationSettings;
  /** All that the engine's processes get of this process's environment. */
  engineEnvironment: Record<string, string>;
}

export interface GitHubConfig {
  appId: number;
  /** PKCS#8 PEM. */
  privateKey: string;
  webhookSecret: string;
  apiUrl: string;
  serverUrl: string;
  /** What people sign in with; null: nobody can. */
  oauth: { clientId: string; clientSecret: string } | null;
}

export interface ConfigFailure {
  ok: false;
  /** One sentence or two for each variable: the value received (never a secret's) and what to do. */
  problems: string[];
  /**
   * What set-up needs, where nothing is wrong but that the App is not set: the reader is new, not mistaken. Its
   * `publicUrl` may be empty, and its App is nobody's. Null: to be corrected.
   */
  setUp: Config | null;
}

const githubApi = 'https://api.github.com';
const githubServer = 'https://github.com';

/**
 * Reads the configuration from the environment's variables, all of it, so that every mistake is told at once. Nothing
 * else in the program reads `process.env`.
 */
export function loadConfig(variables: Variables): { ok: true; config: Config } | ConfigFailure {
  const { env, problems } = collectProblems(variables);
  const port = readNumber(env, 'PORT', { least: 1, most: 65_535, otherwise: 3000 });
  const databaseUrl = readDatabaseUrl(env);
  const dataDirectory = resolve(env.get('ZENFRA_DATA_DIR') ?? '.zenfra');
  const config: Config = {
    databaseUrl,
    publicUrl: readPublicUrl(env),
    internalUrl: readUrl(env, 'ZENFRA_INTERNAL_URL', { otherwise: '' }) || null,
    port,
    github: readGitHub(env),
    secretKey: readSecretKey(env, env.get('DATABASE_URL') === undefined),
    formerSecretKeys: readFormerSecretKeys(env),
    dataDirectory,
    workDirectory: resolve(env.get('ZENFRA_WORK_DIR') ?? `${dataDirectory}/work`),
    workerSlots: readNumber(env, 'ZENFRA_WORKER_SLOTS', { least: 1, most: 64, otherwise: 2 }),
    logLevel: readChoice(env, 'LOG_LEVEL', logLevels, 'info'),
    failpoints: readFailpoints(env),
    engines: readEngines(env, dataDirectory),
    isolation: readIsolation(env),
    engineEnvironment: pickInherited(variables),
  };
  if (problems.length === 0) return { ok: true, config };
  const untouched = appVariables.every((name) => env.get(name) === undefined);
  const wrong = untouched ? problems.filter((problem) => !isMissing.test(problem)) : problems;
  return { ok: false, problems: wrong, setUp: wrong.length === 0 ? config : null };
}

/** Where a worker reaches the server: it may be on another machine, unless they are one process. */
export function workersUrl(
  role: 'all' | 'server' | 'worker',
  { internalUrl, publicUrl, port }: Pick<Config, 'internalUrl' | 'publicUrl' | 'port'>,
): string {
  return internalUrl ?? (role === 'all' ? `http://127.0.0.1:${port}` : publicUrl);
}

/** Without any of them the App is unknown; with some of them somebody forgot the others. */
const appVariables = ['APP_ID', 'PRIVATE_KEY', 'WEBHOOK_SECRET'];
const isMissing = /^(PUBLIC_URL|APP_ID|PRIVATE_KEY|WEBHOOK_SECRET) is missing/;

function readPublicUrl(env: Environment): string {
  if (env.get('PUBLIC_URL') === undefined) {
    env.problem(
      'PUBLIC_URL is missing. Set the address at which people and GitHub reach this server, such as https://zenfra.example.com.',
    );
  }
  return readUrl(env, 'PUBLIC_URL', { otherwise: '' });
}

function readGitHub(env: Environment): GitHubConfig {
  const apiUrl = readUrl(env, 'GITHUB_API_URL', { otherwise: githubApi, pathAllowed: true });
  const serverUrl = readUrl(env, 'GITHUB_SERVER_URL', { otherwise: githubServer });
  if ((apiUrl === githubApi) !== (serverUrl === githubServer)) {
    env.problem(
      `GITHUB_API_URL is ${shown(apiUrl)} and GITHUB_SERVER_URL is ${shown(serverUrl)}, which belong to different places. Set both for GitHub Enterprise Server, neither for github.com.`,
    );
  }
  return {
    appId: readAppId(env),
    privateKey: readPrivateKey(env),
    webhookSecret: readWebhookSecret(env),
    apiUrl,
    serverUrl,
    oauth: readOAuth(env),
  };
}

function readAppId(env: Environment): number {
  const text = env.get('APP_ID');
  if (text === undefined) env.problem('APP_ID is missing. Set the number that the GitHub App\'s page calls "App ID".');
  else if (!/^[1-9]\d{0,14}$/.test(text)) {
    env.problem(
      `APP_ID is ${shown(text)}; it must be the number that the GitHub App's page calls "App ID", not the client ID.`,
    );
  }
  return Number(text);
}
