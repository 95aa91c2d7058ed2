import { isAbsolute, join, posix, sep } from 'node:path';
import type { RunFailure } from '../run/failure.ts';
import type { ExternalState } from './contract.ts';
import type { Execution } from './execution.ts';
import { type Refusal, unansweredFailure } from './failure.ts';
import type { BackendSearch, OwnBackend } from './find-backend.ts';
import { readRecordedBackend } from './override-file.ts';
import { askEngine } from './run-engine.ts';
import { earlyFileArguments } from './variable-files.ts';

/** A stack's state is where the tracked branch says, also for a pull request that is about to change that. */
export const lineFirst = 'What a pull request says of that takes effect after its merge, so merge that line first.';

/**
 * For a stack whose repository says where its state is (`state: external`). Before init: is there a backend at all, and
 * one that plans can be made with here? Without one the state would be a file in the work directory, gone with it.
 */
export function refuseWithoutBackend({ found, unreadable }: BackendSearch, rootModule: string): Refusal | null {
  // What cannot be read the engine explains in its own words; no credential of ours is near.
  if (unreadable.length > 0) return null;
  if (found?.plansElsewhere === false) return null;
  if (found === null) {
    return {
      headline: `${posix.normalize(rootModule)} declares no backend`,
      detail:
        '"state: external" of zenfra.yml holds for this stack, so its configuration has to say where the state is. Add a ' +
        `backend block, or remove the setting: then Zenfra keeps the state. ${lineFirst}`,
    };
  }
  const place = `${posix.join(rootModule, found.file)} line ${found.line}`;
  return {
    headline: `${place}: ${blockName(found)} cannot be used here`,
    detail:
      'With it plans are made elsewhere and cannot be saved to be approved. Use a backend that only keeps ' +
      'the state (s3, gcs, azurerm, pg, …), or remove the block and "state: external": then Zenfra keeps the state.',
  };
}

/** Of one with which plans are made elsewhere. */
function blockName({ word }: OwnBackend): string {
  return word === 'cloud' ? 'the cloud block' : 'the backend "remote"';
}

/** After init: what it recorded, since a backend's settings may come from other places than its block. */
export async function checkOwnBackend({ spec, workspace }: Execution): Promise<string | null> {
  const backend = await readRecordedBackend(workspace.module);
  if (backend === undefined) return 'After init no backend was recorded, so the state would vanish with this run.';
  if (backend.type === 'remote' || backend.type === 'cloud') {
    return `The backend "${backend.type}" makes its plans elsewhere, and they cannot be saved to be approved. Use one that only keeps the state.`;
  }
  if (backend.type !== 'local') return null;
  const path: unknown = Reflect.get(backend.config, 'path');
  if (typeof path === 'string' && isAbsolute(path) && !isBelow(spec.directory, path)) return null;
  return `The backend "local" keeps its state in ${JSON.stringify(path ?? 'terraform.tfstate')}, which would vanish with this run. Give it an absolute path outside of the work directory, or use another backend.`;
}

/** Which state the backend has now. It may hold secrets: only these two facts of it leave this function. */
export async function askExternalState(
  execution: Execution,
  phase: 'initializing' | 'applying',
): Promise<{ ok: true; state: ExternalState } | { ok: false; failure: RunFailure }> {
  const asked = await askEngine(execution, { phase, args: ['state', 'pull', ...earlyFileArguments(execution)] });
  if (asked.answer === null) {
    const command = `${execution.engine?.engine} state pull`;
    const { rootModule } = execution.spec;
    return { ok: false, failure: unansweredFailure(phase, { ...asked, command, rootModule }) };
  }
  return { ok: true, state: readExternalState(Buffer.from(asked.answer).toString()) };
}

const none: ExternalState = { lineage: null, serial: null };

/** Where there is no state `state pull` prints nothing, or one without lineage, as the backend pleases. A serial is a 64-bit number, which JSON.parse would round. */
export function readExternalState(text: string): ExternalState {
  if (text.trim() === '') return none;
  const parsed: unknown = JSON.parse(text, (key, value: unknown, context?: { source?: string }) =>
    key === 'serial' && typeof value === 'number' ? (context?.source ?? String(value)) : value,
  );
  if (typeof parsed !== 'object' || parsed === null) return none;
  const [lineage, serial]: unknown[] = [Reflect.get(parsed, 'lineage'), Reflect.get(parsed, 'serial')];
  return typeof lineage === 'string' && lineage !== '' ? { lineage, serial: String(serial) } : none;
}

function isBelow(directory: string, path: string): boolean {
  const plain = join(path);
  return plain === directory || plain.startsWith(directory + sep);
}
