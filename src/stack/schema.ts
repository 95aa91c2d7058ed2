import { z } from 'zod';
import { checkBranch } from './branch.ts';
import { commentDetails, stackNamePattern, stackNameRule } from './definition.ts';
import { checkGlob } from './glob.ts';
import { checkStackPath, checkVarFile } from './paths.ts';
import { quote } from './quote.ts';

const mostPerList = 100;

const triggers = z.strictObject({
  on_push: z.strictObject({ paths: listOf(checkGlob).optional() }).optional(),
});

const iac = z.strictObject({
  engine: z.enum(['terraform', 'tofu']).optional(),
  version: text(checkVersion).optional(),
});

/** What a stack may say and `defaults` may say for all of them. A new setting of stacks is one line here. */
const shared = {
  branch: text(checkBranch).optional(),
  var_files: listOf(checkVarFile).optional(),
  triggers: triggers.optional(),
  iac: iac.optional(),
};

export const defaultsSchema = z.strictObject(shared);

export const stackSchema = z.strictObject({
  path: text(checkStackPath),
  renamed_from: text(checkStackName).optional(),
  ...shared,
});

/** zenfra.yml. Names of stacks are checked apart: zod would not look into a stack whose name is wrong. */
export const fileSchema = z.strictObject({
  version: z.literal(1).optional(),
  defaults: defaultsSchema.optional(),
  stacks: z.record(z.string(), stackSchema),
  comments: z.strictObject({ detail: z.enum(commentDetails).optional() }).optional(),
});

export type StackInput = z.output<typeof stackSchema>;
export type DefaultsInput = z.output<typeof defaultsSchema>;

export function checkStackName(name: string): string | null {
  return stackNamePattern.test(name) ? null : `${quote(name)} is not a stack's name: ${stackNameRule}.`;
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

function checkVersion(version: string): string | null {
  if (/^\d{1,3}\.\d{1,3}(\.\d{1,3}(-(alpha|beta|rc)\.?\d{1,9})?)?$/.test(version)) return null;
  return `${quote(version)} is not a version. Write one such as "1.11.4", or "1.11" for any of its patches.`;
}

function text(check: (value: string) => string | null) {
  return z.string().superRefine((value, context) => {
    const problem = check(value);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });
}

function listOf(check: (value: string) => string | null) {
  return z.array(text(check)).superRefine((list, context) => {
    if (list.length <= mostPerList) return;
    context.addIssue({ code: 'custom', message: `has ${list.length} entries; at most ${mostPerList} are allowed.` });
  });
}
