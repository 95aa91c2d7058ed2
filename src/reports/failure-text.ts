import { visibleText } from '../plan/visible-text.ts';
import type { FailurePhase, RunFailure } from '../run/failure.ts';
import { fence } from './escape.ts';
import type { RunFacts } from './facts.ts';

/** What failed, in the words that begin a title: `Plan failed`. */
export function failureWords(failure: RunFailure): string {
  const phase = phaseNouns[failure.phase];
  if (failure.phase === 'applying' && failure.outcomeUnknown) return 'Apply outcome unknown';
  if (failure.reason === 'timed_out') return `${phase} timed out`;
  return failure.reason === 'canceled' ? `${phase} canceled` : `${phase} failed`;
}

/**
 * Whether it is an approval that came to nothing. A run that applies the plan of another plans nothing: what it is refused in
 * that phase is the apply.
 */
export function isRefusedApply({ adopted, failure }: Pick<RunFacts, 'adopted' | 'failure'>): boolean {
  return adopted === true && failure?.phase === 'planning' && failure.reason === 'refused';
}

/** The engine's own words in a fence, or ours, cut at a line's end where they are too long. */
export function failureFence(failure: RunFailure, maxCharacters: number): string {
  const words = wordsOf(failure);
  if (words.length > maxCharacters && endsWithReason(failure))
    return fence(`… cut: the run's log has all of it\n${endFromLine(words, maxCharacters)}`);
  const text = visibleText(words.slice(0, maxCharacters + 1));
  return fence(
    text.length <= maxCharacters ? text : `${cutAtLine(text, maxCharacters)}\n… cut: the run's log has all of it`,
  );
}

/** What a command has printed that knows no messages in frames, such as a hook: why it failed, it says last. */
function endsWithReason({ reason, diagnostics, detail }: RunFailure): boolean {
  return reason === 'exit' && diagnostics.length === 0 && !detail.trimStart().startsWith('Error');
}

/** An engine's text begins with what went wrong; our advice does not. */
function wordsOf({ reason, headline, detail }: RunFailure): string {
  const text = detail.trim();
  if (text === '') return headline;
  return reason === 'exit' || text.startsWith(headline) ? text : `${headline}\n\n${text}`;
}

/** The place that a title or a link names: that of the first error the engine located. */
export function failurePlace(failure: RunFailure): { file: string; line?: number } | null {
  const located = failure.diagnostics.find(({ severity, file }) => severity === 'error' && file !== undefined);
  if (located?.file === undefined) return null;
  return { file: located.file, ...(located.line !== undefined && { line: located.line }) };
}

/** The part of the run page that has the log of a failed phase. */
export function logFragment(failure: RunFailure | null): string {
  return failure === null || failure.phase === 'queued' ? '' : `#${failure.phase}`;
}

const phaseNouns: Record<FailurePhase, string> = {
  queued: 'Queue',
  preparing: 'Preparation',
  initializing: 'Initialization',
  planning: 'Plan',
  applying: 'Apply',
};

function cutAtLine(text: string, maxCharacters: number): string {
  const start = text.slice(0, maxCharacters);
  const end = start.lastIndexOf('\n');
  return end > maxCharacters / 2 ? start.slice(0, end) : start.replace(/[\ud800-\udbff]$/, '');
}

function endFromLine(text: string, maxCharacters: number): string {
  const shown = visibleText(text.slice(text.length - maxCharacters).replace(/^[\udc00-\udfff]/, ''));
  const end = shown.slice(Math.max(0, shown.length - maxCharacters));
  const start = end.indexOf('\n');
  return start < maxCharacters / 2 ? end.slice(start + 1) : end;
}
