import { z } from 'zod';
import { hookNames } from '../run/hooks.ts';
import { approvalPermissions, approvalRequirements, autoApplyChoices } from '../run/policy.ts';
import { checkBranch } from './branch.ts';
import { checkCommand } from './command.ts';
import { commentDetails, stackNamePattern, stackNameRule } from './definition.ts';
import { checkDuration, durationPattern } from './duration.ts';
import { checkGlob } from './glob.ts';
import { checkStackPath, checkVarFile } from './paths.ts';
import { quote } from './quote.ts';
import { checkVersion, versionPattern } from './version.ts';

const mostPerList = 100;
const word = stackNamePattern.source;

const onPush = z.strictObject({
  paths: listOf(text(checkGlob))
    .meta({
      description:
        'Globs from the repository’s root; "!" excludes, and the last that matches a file decides. A list that begins with "!" adds to the default. In `defaults` it always adds.',
      examples: [['infra/app/**', 'modules/**', '!**/*.md']],
      shown: 'the stack’s directory, its var files and the local modules that it uses',
    })
    .optional(),
});

const onPullRequest = z.strictObject({
  drafts: z
    .boolean()
    .meta({
      description: 'Plan draft pull requests too; else they wait for "Ready for review" or `/plan`.',
      default: false,
    })
    .optional(),
});

const triggers = z
  .strictObject({ on_push: onPush.optional(), on_pull_request: onPullRequest.optional() })
  .meta({ description: 'What makes runs.' });

const iac = z
  .strictObject({
    engine: z
      .enum(['terraform', 'tofu'])
      .meta({ description: 'Terraform or OpenTofu.', shown: 'what the worker has, Terraform first' })
      .optional(),
    version: text(checkVersion)
      .meta({
        description: 'An exact version, `1.11` for any patch of it, or a constraint.',
        examples: ['1.11.4', '1.11', '~> 1.11', '>= 1.9, < 2'],
        pattern: versionPattern.source,
        shown: '`.opentofu-version`, `.terraform-version` or `required_version`, else any',
      })
      .optional(),
  })
  .meta({ description: 'The engine that plans and applies.' });

const approval = z
  .strictObject({
    requirements: listOf(z.enum(approvalRequirements))
      .meta({
        description:
          'What must hold of a pull request before its plans are applied: `approved` by a review of the head by somebody with write permission who is not its author, `undiverged` from its base, `checks_passed` other than Zenfra’s own.',
        default: [],
      })
      .optional(),
    permission: z
      .enum(approvalPermissions)
      .meta({ description: 'The permission on the repository that approving takes.', default: 'write' })
      .optional(),
    self_approve: z
      .boolean()
      .meta({
        description: 'Whether the author of a pull request, or whoever pushed or asked for the run, may approve it.',
        default: true,
      })
      .optional(),
    expires: text(checkDuration)
      .meta({
        description: 'How old a plan may be when it is applied.',
        examples: ['24h'],
        pattern: durationPattern.source,
        shown: '24h for a pull request’s plan, 8d for any other',
      })
      .optional(),
  })
  .meta({ description: 'Who may approve, and when.' });

const timeouts = z
  .strictObject({
    plan: text(checkDuration)
      .meta({
        description: 'How long planning may take until the engine is interrupted.',
        pattern: durationPattern.source,
        default: '1h',
      })
      .optional(),
    apply: text(checkDuration)
      .meta({
        description: 'How long applying may take until the engine is interrupted.',
        pattern: durationPattern.source,
        default: '6h',
      })
      .optional(),
  })
  .meta({ description: 'Limits, such as `45m` or `6h`.' });

const protect = z
  .strictObject({
    destroy: z
      .boolean()
      .meta({
        description: 'Refuse destroy runs, and leave plans that delete or replace resources to admins.',
        default: false,
      })
      .optional(),
  })
  .meta({ description: 'What is not to happen by mistake.' });

const commands = listOf(text(checkCommand)).optional();
const hooks = z
  .strictObject(Object.fromEntries(hookNames.map((name) => [name, commands])) as Record<HookKey, typeof commands>)
  .meta({
    description:
      'Shell commands, run in the stack’s directory with the engine’s environment. One that fails ends the run. `after_plan` finds the plan as JSON at `$ZENFRA_PLAN_JSON`.',
  });
type HookKey = (typeof hookNames)[number];

/** What a stack may say and `defaults` may say for all of them. A new setting of stacks is one line here. */
const shared = {
  branch: text(checkBranch)
    .meta({
      description: 'The tracked branch: pushes to it make runs, pull requests to it are planned.',
      shown: 'the default branch',
    })
    .optional(),
  var_files: listOf(text(checkVarFile))
    .meta({ description: 'Passed as `-var-file`, relative to `path`.', default: [] })
    .optional(),
  labels: listOf(text(checkWord))
    .meta({ description: 'Configuration bundles are attached by these.', default: [] })
    .optional(),
  environment: text(checkWord)
    .meta({ description: 'Such as `prod`. Counts as a label too.', pattern: word, shown: 'none' })
    .optional(),
  state: z
    .enum(['managed', 'external'])
    .meta({
      description: 'Who keeps the state: Zenfra, or the backend that the repository declares.',
      default: 'managed',
    })
    .optional(),
  triggers: triggers.optional(),
  iac: iac.optional(),
  approval: approval.optional(),
  auto_apply: z
    .enum(autoApplyChoices)
    .meta({
      description:
        'Whether runs of the tracked branch, by a push or the Trigger menu, apply by themselves: `no_destroy` if the plan deletes and replaces nothing. Never those of a pull request, no destroy run, and nothing that `protect.destroy` leaves to admins.',
      default: 'never',
    })
    .optional(),
  timeouts: timeouts.optional(),
  protect: protect.optional(),
  hooks: hooks.optional(),
};

export const defaultsSchema = z
  .strictObject(shared)
  .meta({ description: 'For every stack that does not say otherwise.' });

export const stackSchema = z.strictObject({
  path: text(checkStackPath).meta({ description: 'The root module’s directory, from the repository’s root.' }),
  renamed_from: text(checkStackName)
    .meta({
      description: 'The stack’s former name, so that its history, its state and the bundles attached to it come along.',
      pattern: word,
    })
    .optional(),
  depends_on: listOf(text(checkStackName))
    .meta({ description: 'Stacks that are planned and applied before this one.', default: [] })
    .optional(),
  ...shared,
});

/** zenfra.yml. Names of stacks are checked apart: zod would not look into a stack whose name is wrong. */
export const fileSchema = z.strictObject({
  version: z.literal(1).meta({ description: 'Of this format.', default: 1 }).optional(),
  defaults: defaultsSchema.optional(),
  stacks: z
    .record(z.string(), stackSchema)
    .meta({ description: `By name: ${stackNameRule}.` })
    .optional(),
  discover: z
    .strictObject({
      paths: listOf(text(checkGlob)).meta({
        description: 'Globs of directories from the repository’s root; "!" excludes.',
        examples: [['infra/**', '!infra/sandbox/**']],
      }),
    })
    .meta({ description: 'Makes a stack of each root module that is found there and has none.' })
    .optional(),
  comments: z
    .strictObject({
      detail: z
        .enum(commentDetails)
        .meta({
          description: 'How much of a plan the comment shows.',
          shown: '`diff`; in public repositories `resources`',
        })
        .optional(),
    })
    .meta({ description: 'Zenfra’s comments on pull requests.' })
    .optional(),
});

export type StackInput = z.output<typeof stackSchema>;
export type DefaultsInput = z.output<typeof defaultsSchema>;

export function checkStackName(name: string): string | null {
  return stackNamePattern.test(name) ? null : `${quote(name)} is not a stack's name: ${stackNameRule}.`;
}

/** A label or an environment has the form of a stack's name, so that no character in it needs care anywhere. */
function checkWord(name: string): string | null {
  return stackNamePattern.test(name) ? null : `${quote(name)} is not a label: ${stackNameRule}.`;
}

/** The keys that a mapping at this place of the file may have; empty where they are free or there is no mapping. */
export function keysAt(path: readonly PropertyKey[], schema: z.core.$ZodType = fileSchema): string[] {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  const [first, ...rest] = path;
  if (inner instanceof z.ZodRecord) return first === undefined ? [] : keysAt(rest, inner.valueType);
  if (!(inner instanceof z.ZodObject)) return [];
  if (first === undefined) return Object.keys(inner.shape);
  const child: z.core.$ZodType | undefined = inner.shape[String(first)];
  return child ? keysAt(rest, child) : [];
}

/** The paths to all keys of the file; the name of a stack is NAME. */
export function keyPaths(schema: z.core.$ZodType = fileSchema): string[][] {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  if (inner instanceof z.ZodRecord) return keyPaths(inner.valueType).map((path) => ['NAME', ...path]);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries<z.core.$ZodType>(inner.shape).flatMap(([key, child]) => [
    [key],
    ...keyPaths(child).map((path) => [key, ...path]),
  ]);
}

function text(check: (value: string) => string | null) {
  return z.string().superRefine((value, context) => {
    const problem = check(value);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });
}

function listOf<T extends z.ZodType>(entry: T) {
  return z.array(entry).superRefine((list, context) => {
    if (list.length <= mostPerList) return;
    context.addIssue({ code: 'custom', message: `has ${list.length} entries; at most ${mostPerList} are allowed.` });
  });
}
