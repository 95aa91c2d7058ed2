import { z } from 'zod';
import { stackNamePattern } from './definition.ts';
import { fileSchema } from './schema.ts';

/** As much of JSON Schema as ours uses. `shown` is not of it: words for a default that is no value. */
export interface JsonSchema {
  description?: string;
  type?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  shown?: string;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  propertyNames?: JsonSchema;
  required?: string[];
  pattern?: string;
}

let made: object | undefined;

/** The schema of zenfra.yml for editors (JSON Schema, draft 7), made from the one it is read with. */
export function zenfraJsonSchema(): object {
  made ??= {
    ...(withDefaultsSaid(describedSchema()) as object),
    title: 'zenfra.yml',
    description: 'The stacks of a repository, for Zenfra.',
  };
  return made;
}

/** The same with `shown`, for the documentation. */
export function describedSchema(): JsonSchema {
  const schema = z.toJSONSchema(fileSchema, { target: 'draft-7', io: 'input' }) as JsonSchema;
  const { stacks } = schema.properties ?? {};
  if (stacks) stacks.propertyNames = { type: 'string', pattern: stackNamePattern.source };
  return schema;
}

function withDefaultsSaid(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withDefaultsSaid);
  if (typeof value !== 'object' || value === null) return value;
  const { shown, ...rest } = value as { shown?: unknown; description?: unknown };
  const said = Object.entries(rest).map(([key, inner]) => [key, withDefaultsSaid(inner)]);
  const object = Object.fromEntries(said);
  return typeof shown === 'string' ? { ...object, description: `${rest.description} Default: ${shown}.` } : object;
}
