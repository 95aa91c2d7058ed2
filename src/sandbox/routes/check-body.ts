import { z } from 'zod';
import { ApiError } from '../http/api-error.ts';

/** GitHub's limits for check runs: https://docs.github.com/rest/checks/runs. */
const MAX_TEXT = 65_535;
const MAX_ANNOTATIONS = 50;
const MAX_ACTIONS = 3;

const text = z.string().superRefine((value, context) => {
  // The documentation speaks of characters, and GitHub counts bytes. A text that is longer it cuts off: nobody wants that.
  const length = Buffer.byteLength(value);
  if (length <= MAX_TEXT) return;
  context.addIssue({ code: 'custom', message: `a maximum bytesize of ${MAX_TEXT} is exceeded: it has ${length}.` });
});

const time = z.iso.datetime({ offset: true });

const annotation = z.object({
  path: z.string(),
  start_line: z.int(),
  end_line: z.int(),
  start_column: z.int().nullish(),
  end_column: z.int().nullish(),
  annotation_level: z.enum(['notice', 'warning', 'failure']),
  message: z.string().max(64 * 1024),
  title: z.string().max(255).nullish(),
  raw_details: z
    .string()
    .max(64 * 1024)
    .nullish(),
});

const fields = {
  name: z.string().min(1),
  details_url: z.url({ protocol: /^https?$/ }).nullish(),
  external_id: z.string().nullish(),
  status: z.enum(['queued', 'in_progress', 'completed', 'waiting', 'requested', 'pending']),
  conclusion: z.enum(['success', 'failure', 'neutral', 'cancelled', 'skipped', 'timed_out', 'action_required']),
  started_at: time,
  completed_at: time,
  output: z.object({
    title: z.string().nullish(),
    summary: text,
    text: text.nullish(),
    annotations: z.array(annotation).max(MAX_ANNOTATIONS).optional(),
  }),
  actions: z
    .array(z.object({ label: z.string().max(20), description: z.string().max(40), identifier: z.string().max(20) }))
    .max(MAX_ACTIONS),
};

const update = z.object(fields).partial();
const creation = update.extend({ name: fields.name, head_sha: z.string() });

export type CheckCreation = z.infer<typeof creation>;
export type CheckUpdate = z.infer<typeof update>;

/** What the App wants a new check run to be. Throws a 422. */
export function parseCreation(body: Record<string, unknown>): CheckCreation {
  return parsed(creation.safeParse(body));
}

/** What the App wants to change in a check run. Throws a 422. */
export function parseUpdate(body: Record<string, unknown>): CheckUpdate {
  return parsed(update.safeParse(body));
}

function parsed<T extends CheckUpdate>(result: z.ZodSafeParseResult<T>): T {
  if (!result.success) throw new ApiError(422, `Invalid request.\n\n${result.error.issues.map(sentence).join('\n')}`);
  const { status, conclusion } = result.data;
  if (status === 'completed' && conclusion === undefined) {
    throw new ApiError(
      422,
      'Invalid request.\n\n"conclusion" wasn\'t supplied. It is required when status is "completed".',
    );
  }
  return result.data;
}

function sentence(issue: z.core.$ZodIssue): string {
  return issue.path.length > 0 ? `For 'properties/${issue.path.join('/')}', ${issue.message}` : issue.message;
}
