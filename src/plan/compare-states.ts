import { isRecord, type JsonRecord, parseExactly, textOf } from './json-value.ts';
import { readPlan } from './read-plan.ts';
import { sameValue } from './same-value.ts';
import { instancesOf, marksProviders, type StateInstance } from './state-instances.ts';
import { outputsOf } from './state-outputs.ts';
import type { PlanSummary } from './summary.ts';

export interface StateSide {
  /** A state file of format version 4. */
  bytes: Uint8Array;
  /** That of the run that wrote it; null where nobody knows, as of an import. */
  engine: 'terraform' | 'tofu' | null;
}

export interface StateComparison {
  /** Resources, outputs and counts as of a plan that leads from the one state to the other. */
  changes: PlanSummary;
  /** Values are hidden because one of the states does not say which of them the providers call sensitive. */
  hidesValues: boolean;
  /** The engine's version, as the states say. */
  versions: { before: string | null; after: string | null };
}

/**
 * What differs between two states of a stack, masked: what `sensitive_attributes` covers, sensitive outputs, and
 * every value equal to one of these. Read as a plan from the one to the other, so that masks, limits and order are the
 * same as everywhere. Null is no state at all. Throws for what is no JSON.
 */
export function compareStates(before: StateSide | null, after: StateSide | null): StateComparison {
  const [from, to] = [parseSide(before), parseSide(after)];
  const [old, now] = [instancesOf(from.state, from.telling), instancesOf(to.state, to.telling)];
  const keys = [...new Set([...old.keys(), ...now.keys()])];
  const changes = readPlan({
    resource_changes: keys.map((key) => toEntry(old.get(key), now.get(key))),
    output_changes: compareOutputs(from.state, to.state),
  });
  return {
    changes,
    hidesValues: [...old.values(), ...now.values()].some((instance) => instance.hidden),
    versions: { before: versionOf(from.state), after: versionOf(to.state) },
  };
}

function parseSide(side: StateSide | null): { state: JsonRecord; telling: boolean } {
  const parsed = side === null ? {} : parseExactly(new TextDecoder().decode(side.bytes));
  const state = isRecord(parsed) ? parsed : {};
  return { state, telling: side === null || marksProviders(state, side.engine) };
}

function versionOf(state: JsonRecord): string | null {
  return textOf(state.terraform_version)?.slice(0, 40) ?? null;
}

function toEntry(before: StateInstance | undefined, after: StateInstance | undefined): JsonRecord {
  const same = before && after && before.tainted === after.tainted && sameValue(before.values, after.values);
  return {
    ...(after ?? before)?.entry,
    ...(after?.tainted ? { action_reason: 'replace_because_tainted' } : {}),
    change: {
      actions: [same ? 'no-op' : after ? (before ? 'update' : 'create') : 'delete'],
      before: before?.values ?? null,
      after: after?.values ?? null,
      before_sensitive: before?.mask ?? false,
      after_sensitive: after?.mask ?? false,
    },
  };
}

/** Those that stay are listed as well: what they call sensitive must not show elsewhere. */
function compareOutputs(before: JsonRecord, after: JsonRecord): JsonRecord {
  const [old, now] = [outputsOf(before), outputsOf(after)];
  const changes = [...new Set([...old.keys(), ...now.keys()])].map((name) => {
    const [one, other] = [old.get(name), now.get(name)];
    const same = one && other && sameValue(one.value, other.value);
    const change = {
      actions: [same ? 'no-op' : other ? (one ? 'update' : 'create') : 'delete'],
      before: one?.value,
      after: other?.value,
      before_sensitive: one?.sensitive ?? false,
      after_sensitive: other?.sensitive ?? false,
    };
    return [name, change] as const;
  });
  return Object.fromEntries(changes);
}
