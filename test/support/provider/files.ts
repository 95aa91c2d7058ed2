import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Attributes, type DynamicValue, read, unknown, write } from './values.ts';

/** Of all calls; each has some of these. */
export interface Request {
  type_name: string;
  id: string;
  config: DynamicValue;
  raw_state: DynamicValue;
  current_state: DynamicValue;
  prior_state: DynamicValue;
  proposed_new_state: DynamicValue;
  planned_state: DynamicValue;
}

type Response = Record<string, unknown>;

interface Described {
  type: string;
  required?: true;
  optional?: true;
  computed?: true;
  sensitive?: true;
}

/**
 * A provider whose resources are files of one directory, so that they can change behind the engine's back, be imported
 * and be looked at. `seconds` is how long an apply of a file takes, `fail` the message with which it fails.
 */
const file: Record<string, Described> = {
  name: { type: 'string', required: true },
  content: { type: 'string', optional: true },
  password: { type: 'string', optional: true, sensitive: true },
  seconds: { type: 'number', optional: true },
  fail: { type: 'string', optional: true },
  id: { type: 'string', computed: true },
  sha256: { type: 'string', computed: true },
};

const found: Record<string, Described> = {
  name: { type: 'string', required: true },
  content: { type: 'string', computed: true },
};

let directory = '';
const stopping = new AbortController();

export const handlers: Record<string, (request: Request) => Response | Promise<Response>> = {
  GetProviderSchema: () => ({
    provider: schema({
      directory: { type: 'string', required: true },
      token: { type: 'string', optional: true, sensitive: true },
    }),
    resource_schemas: { files_file: schema(file) },
    data_source_schemas: { files_file: schema(found) },
  }),
  ValidateProviderConfig: () => ({}),
  ValidateResourceConfig: () => ({}),
  ValidateDataResourceConfig: () => ({}),
  UpgradeResourceState: ({ raw_state }) => ({ upgraded_state: write(read(raw_state)) }),
  ConfigureProvider({ config }) {
    directory = String(read(config)?.directory);
    return existsSync(directory) ? {} : failed(`There is no directory ${directory}`);
  },
  ReadResource({ current_state }) {
    const state = read(current_state);
    return { new_state: write(state && look(state)) };
  },
  PlanResourceChange({ prior_state, proposed_new_state }) {
    const [prior, proposed] = [read(prior_state), read(proposed_new_state)];
    if (proposed === null) return { planned_state: write(null) };
    if (prior === null) return { planned_state: write({ ...proposed, id: unknown, sha256: unknown }) };
    const changed = prior.content !== proposed.content;
    return {
      planned_state: write({ ...proposed, ...(changed ? { sha256: unknown } : {}) }),
      requires_replace: prior.name === proposed.name ? [] : [{ steps: [{ attribute_name: 'name' }] }],
    };
  },
  async ApplyResourceChange({ prior_state, planned_state }) {
    const [prior, planned] = [read(prior_state), read(planned_state)];
    const { seconds, fail } = (planned ?? prior) as Attributes;
    const waited = await wait(1000 * Number(seconds ?? 0), true, { signal: stopping.signal }).catch(() => false);
    if (!waited) return { new_state: write(prior), ...failed('interrupted') };
    if (planned === null) {
      rmSync(pathOf(prior as Attributes), { force: true });
      return { new_state: write(null) };
    }
    if (fail === 'crash') process.exit(2);
    if (fail) return { new_state: write(prior), ...failed(String(fail)) };
    // Made anew: each run may be a user of its own.
    rmSync(pathOf(planned), { force: true });
    writeFileSync(pathOf(planned), String(planned.content ?? ''));
    return { new_state: write({ ...planned, id: planned.name, sha256: digest(String(planned.content ?? '')) }) };
  },
  ImportResourceState({ type_name, id }) {
    const nothing = Object.fromEntries(Object.keys(file).map((name) => [name, null]));
    const state = look({ ...nothing, id, name: id });
    if (state === null) return failed(`There is no file ${id}`);
    return { imported_resources: [{ type_name, state: write(state) }] };
  },
  ReadDataSource({ config }) {
    const asked = read(config) as Attributes;
    return existsSync(pathOf(asked))
      ? { state: write({ ...asked, content: readFileSync(pathOf(asked), 'utf8') }) }
      : failed(`There is no file ${asked.name}`);
  },
  StopProvider() {
    stopping.abort();
    return {};
  },
};

function look(state: Attributes): Attributes | null {
  if (!existsSync(pathOf(state))) return null;
  const content = readFileSync(pathOf(state), 'utf8');
  return { ...state, content, sha256: digest(content) };
}

function pathOf({ name }: Attributes): string {
  return join(directory, basename(String(name)));
}

function digest(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

function failed(summary: string): Response {
  return { diagnostics: [{ severity: 1, summary, detail: '' }] };
}

function schema(attributes: Record<string, Described>): Response {
  const described = Object.entries(attributes).map(([name, { type, ...rest }]) => {
    return { name, type: Buffer.from(JSON.stringify(type)), ...rest };
  });
  return { version: 0, block: { version: 0, attributes: described } };
}
