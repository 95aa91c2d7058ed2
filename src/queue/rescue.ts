import type { Transaction } from 'kysely';
import type { Run } from '../db/runs.ts';
import type { Database } from '../db/schema.ts';
import { isExternal } from '../run/external.ts';
import { type RunFailure, withAdvice } from '../run/failure.ts';
import { type Kept, keepRescuedState } from '../state/rescue.ts';
import type { QueueDeps } from './deps.ts';

export async function keepUnsaved(
  deps: Pick<QueueDeps, 'masterKey' | 'log'>,
  trx: Transaction<Database>,
  run: Run,
  unsaved: Uint8Array,
): Promise<Kept> {
  const kept = await keepRescuedState(trx, deps.masterKey, {
    stackId: run.stack_id,
    runId: run.id,
    person: run.approved_by ?? run.triggered_by,
    bytes: Buffer.from(unsaved),
    aside: isExternal(run.definition) ? keptElsewhere : null,
  });
  deps.log.warn({ run: run.number, runId: run.id, ...kept }, 'an engine could not save its state; it was rescued');
  return kept;
}

const keptElsewhere = 'the backend of the repository keeps the state, so write it there with "terraform state push"';

/** What the run says of a state that its engine could not save. Stored, it is known what exists. */
export function tellRescue(failure: RunFailure, kept: Kept): RunFailure {
  const what = kept.stored
    ? `The engine could not save its state. What it left was stored as serial ${kept.serial}, so nothing of it is lost; plan again to see what is left to do.`
    : `The engine could not save its state, and what it left does not follow on the present one: ${kept.why}. It is kept aside as ${kept.id}. ` +
      'Compare it with what exists before the stack is released.';
  return { ...withAdvice(failure, what), ...(kept.stored ? {} : { outcomeUnknown: true }) };
}
