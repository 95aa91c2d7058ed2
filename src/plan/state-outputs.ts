import { isRecord, type JsonRecord, parseExactly, WrittenNumber } from './json-value.ts';
import { type HideSecrets, secretsOf, sensitiveText } from './secrets.ts';
import { instancesOf } from './state-instances.ts';

interface StateOutput {
  name: string;
  /** JSON, or null when sensitive. */
  text: string | null;
}

const textLimit = 10_000;

/**
 * The outputs of a state, as `state pull` prints it. Whatever else the state calls sensitive is hidden in them: the engine
 * marks no copy that a provider makes, and so no output of it (seen with Terraform 1.11).
 */
export function readStateOutputs(bytes: Uint8Array): StateOutput[] {
  const parsed = parseExactly(new TextDecoder().decode(bytes));
  const state = isRecord(parsed) ? parsed : {};
  const outputs = outputsOf(state);
  const hide = secretsIn(state, outputs);
  return [...outputs].map(([name, { value, sensitive }]) => ({ name, text: sensitive ? null : textOf(value, hide) }));
}

type Outputs = Map<string, { value: unknown; sensitive: boolean }>;

export function outputsOf(state: JsonRecord): Outputs {
  if (!isRecord(state.outputs)) return new Map();
  const { outputs } = state;
  return new Map(
    Object.keys(outputs).map((name) => {
      const output = outputs[name];
      // One that is not of the known shape does not say whether it is sensitive.
      if (!isRecord(output)) return [name, { value: output, sensitive: true }];
      const open = output.sensitive === undefined || output.sensitive === false;
      return [name, { value: output.value, sensitive: !open }];
    }),
  );
}

function secretsIn(state: JsonRecord, outputs: Outputs): HideSecrets {
  const told = [...instancesOf(state, true).values()].filter((instance) => !instance.hidden);
  return secretsOf({
    resource_changes: told.map(({ values, mask }) => ({ change: { after: values, after_sensitive: mask } })),
    output_changes: Object.fromEntries(
      [...outputs].map(([name, { value, sensitive }]) => [name, { after: value, after_sensitive: sensitive }]),
    ),
  });
}

function textOf(value: unknown, hide: HideSecrets): string | null {
  const hidden = hiddenIn(value, hide);
  return hidden === sensitiveText ? null : (JSON.stringify(hidden) ?? 'null').slice(0, textLimit);
}

function hiddenIn(value: unknown, hide: HideSecrets): unknown {
  if (typeof value === 'string') return hide(value);
  if (Array.isArray(value)) return value.map((item) => hiddenIn(item, hide));
  if (isRecord(value))
    return Object.fromEntries(Object.keys(value).map((key) => [hide(key), hiddenIn(value[key], hide)]));
  if (typeof value !== 'number' && !(value instanceof WrittenNumber)) return value;
  const text = value instanceof WrittenNumber ? value.text : String(value);
  return hide(text) === text ? value : sensitiveText;
}
