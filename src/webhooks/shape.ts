import { z } from 'zod';

const id = z.number().int().positive();
const installation = z.object({ id });
const repository = z.object({ id, name: z.string(), full_name: z.string() });
const sender = z.object({ login: z.string(), type: z.string() });
const absent = z.undefined().optional();
const inRepository = { installation, repository };

/**
 * The parts of each event that handlers rest on. The signature covers the body only, so whoever replays one can change
 * the event's name: a body that does not fit its name is refused.
 */
const shapes = new Map<string, z.ZodType>([
  [
    'pull_request',
    z.object({
      ...inRepository,
      action: z.string(),
      pull_request: z.object({ number: id, head: z.object({ sha: z.string() }) }),
      sender,
    }),
  ],
  ['push', z.object({ ...inRepository, ref: z.string(), before: z.string(), after: z.string(), deleted: z.boolean() })],
  [
    'issue_comment',
    z.object({
      ...inRepository,
      action: z.string(),
      comment: z.object({ id, body: z.string(), created_at: z.string() }),
      issue: z.object({ number: id }),
      sender,
    }),
  ],
  [
    'check_run',
    z.object({ ...inRepository, action: z.string(), check_run: z.object({ id, head_sha: z.string() }), sender }),
  ],
  [
    'check_suite',
    z.object({ ...inRepository, action: z.string(), check_suite: z.object({ id, head_sha: z.string() }), sender }),
  ],
  [
    'merge_group',
    z.object({
      ...inRepository,
      action: z.string(),
      merge_group: z.object({ head_sha: z.string(), head_ref: z.string() }),
    }),
  ],
  // What happens in a repository has an action and an installation too: a deleted comment is no deleted installation.
  ['installation', z.object({ action: z.string(), installation, repository: absent, repositories_added: absent })],
  [
    'installation_repositories',
    z.object({
      action: z.string(),
      installation,
      repository: absent,
      repositories_added: z.array(z.unknown()),
      repositories_removed: z.array(z.object({ id }).loose()),
    }),
  ],
]);

/** A body that fits its event; `ignored` for an event that is not ours; else a sentence that says what is wrong. */
export type ShapeChecked = { payload: object } | 'ignored' | { problem: string };

export function checkShape(event: string, text: string): ShapeChecked {
  const payload = parse(text);
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    return { problem: 'The body is not a JSON object.' };
  }
  const shape = shapes.get(event);
  if (!shape) return 'ignored';
  const result = shape.safeParse(payload);
  if (result.success) return { payload };
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  return { problem: `The body does not fit the event ${event}: ${where} ${issue?.message ?? ''}`.trim() };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
