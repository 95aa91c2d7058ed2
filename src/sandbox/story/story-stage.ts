import type { Kysely } from 'kysely';
import type { Database } from '../../db/schema.ts';
import type { Sandbox, SandboxRepository } from '../github.ts';
import { sampleFiles } from '../sample/index.ts';
import type { Stage } from '../stage.ts';

/** The person with write permission, and the one who may only read. */
export const writer = 'kim';
export const reader = 'lee';

/** Where the story is played: a stage with the sample repository on it. */
export interface StoryStage {
  sandbox: Sandbox;
  db: Kysely<Database>;
  /** Of Zenfra's pages. */
  url: string;
  repository: SandboxRepository;
  /** The numbers of the pull requests, by their head's branch. */
  pulls: Map<string, number>;
  /** Ends all waiting. */
  signal: AbortSignal;
}

export interface StoryStep {
  name: string;
  /** Does it and checks what came of it. Throws a sentence that says what was expected and what was there. */
  play(story: StoryStage): Promise<{ link: string }>;
}

export interface SetUp {
  /** Default: the sample. */
  files?: Record<string, string>;
  private?: boolean;
  signal?: AbortSignal;
}

/** Puts a repository and its two people on a stage. */
export async function setUpStory(
  stage: Pick<Stage, 'sandbox' | 'url'> & { app: { db: Kysely<Database> } },
  setUp: SetUp = {},
): Promise<StoryStage> {
  const { sandbox } = stage;
  for (const login of [writer, reader]) sandbox.createUser(login);
  const repository = await sandbox.createRepository({
    owner: 'acme',
    name: 'infra',
    private: setUp.private ?? true,
    files: setUp.files ?? sampleFiles,
    author: writer,
  });
  sandbox.setPermission(repository, writer, 'write');
  sandbox.setPermission(repository, reader, 'read');
  const signal = setUp.signal ?? new AbortController().signal;
  return { sandbox, db: stage.app.db, url: stage.url, repository, pulls: new Map(), signal };
}
