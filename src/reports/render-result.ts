import { autoApplier } from '../run/auto-apply.ts';
import { isSameProblem, longestDetail, type RunFailure } from '../run/failure.ts';
import { duration, joined } from './amounts.ts';
import { changesMade } from './check-titles.ts';
import { cellCode, code, mention, sentence } from './escape.ts';
import type { PullRequestFacts, RunFacts, StackFacts } from './facts.ts';
import { failureFence, failureWords, isRefusedApply, logFragment } from './failure-text.ts';
import { commitLink, runLink } from './links.ts';
import { anewWords, small } from './next-step.ts';
import { paragraphs } from './paragraphs.ts';
import { warningLines } from './plan-notes.ts';
import { folded } from './stack-details.ts';
import { fittingRows, table } from './table.ts';
import { mergeWords, unknownOutcomeSteps, unknownOutcomeWords } from './words/notes.ts';

type ApplyFacts = NonNullable<RunFacts['apply']>;
type ApplyStep = ApplyFacts['steps'][number];
type OutputValue = ApplyFacts['outputs'][number];

/** Characters of table rows that a result shows at most. */
const maxRowCharacters = 35_000;

/**
 * What an apply came to: a comment of its own, because GitHub tells nobody of an edited one. `run` is the run that
 * applied and has ended, with the plan it adopted.
 */
export function renderApplyResult(run: RunFacts, stack: StackFacts, facts: PullRequestFacts): string {
  const about = { run: { ...run, plan: run.plan ?? stack.run?.plan ?? null }, stack, facts };
  const marker = `<!-- zenfra:v1 pr=${facts.number} run=${run.id.replace(/[^0-9A-Za-z-]/g, '')} result -->`;
  return `${marker}\n${resultForm(about)}`;
}

interface About {
  run: RunFacts;
  stack: StackFacts;
  facts: PullRequestFacts;
}

function resultForm(about: About): string {
  const { failure, status } = about.run;
  if (status === 'finished') return appliedForm(about);
  if (failure?.outcomeUnknown) return unknownForm(about, failure);
  if (failure?.applied) return afterwardsForm(about, failure);
  return failure?.phase === 'applying' ? failedForm(about) : notAppliedForm(about);
}

function appliedForm(about: About): string {
  const { run, stack, facts } = about;
  const made = madePhrase(run);
  const outputs = run.apply?.outputs ?? [];
  const seconds = run.apply?.seconds ?? run.seconds;
  const time = seconds === null ? [] : [duration(seconds)];
  const line = [...approval(run), `run ${runLink(run)}`, ...time, `commit ${commitLink(facts.repository, run.commit)}`];
  return paragraphs([
    `### ✅ Applied ${code(stack.name)}${made === '' ? '' : ` · ${made}`}`,
    line.join(' · '),
    warningLines({ ...about, run: { ...run, warnings: newWarnings(run, stack) } }).join('\n'),
    outputs.length > 0 ? folded('Outputs', outputTable(outputs), { open: false }) : '',
    // After an empty line: what follows a closing tag directly is HTML, where code spans mean nothing.
    facts.ended === undefined ? small([mergeWords(facts.baseBranch)]) : '',
  ]);
}

/** The plan's are in its own comment. */
function newWarnings({ id, warnings }: RunFacts, { run: planned }: StackFacts): RunFacts['warnings'] {
  if (planned === null || planned.id === id) return warnings;
  return warnings.filter((warning) => !planned.warnings.some((known) => isSameProblem(known, warning)));
}

/** All of the plan was applied; a command of the stack's own failed then. */
function afterwardsForm(about: About, failure: RunFailure): string {
  const { run, stack } = about;
  return paragraphs([
    `### ❌ Applied ${code(stack.name)}, and failed afterwards · ${changesWere(run)} made`,
    `> [!WARNING]\n> ${cellCode(failure.headline)}. What it was to do may be missing.`,
    stepTable(run),
    folded('Error', failureFence(failure, longestDetail), { open: false }),
    failedLines(about),
  ]);
}

function failedForm(about: About): string {
  const { run, stack } = about;
  return paragraphs([
    `### ❌ ${run.failure ? failureWords(run.failure) : 'Apply failed'} in ${code(stack.name)} · ${changesWere(run)} made`,
    `> [!WARNING]\n> ${madeWords(run)} Plan again before doing anything else.`,
    stepTable(run),
    run.failure ? folded('Error', failureFence(run.failure, longestDetail), { open: false }) : '',
    failedLines(about),
  ]);
}

function madeWords(run: RunFacts): string {
  const [made, , all] = changesMade(run).split(' ');
  if (made === '0') return noneMadeWords(run);
  const whole = made === all && run.apply?.steps.every(({ result }) => result === 'done');
  return whole
    ? 'Every change was reported as made; what failed is something else.'
    : 'The infrastructure is **partly changed**.';
}

const noCounts = { import: 0, move: 0, forget: 0 };

/** Imports and the like are in the state alone, and are no steps: they come first, also where all else fails. */
function noneMadeWords({ plan }: RunFacts): string {
  const { import: imported, move, forget } = plan?.counts ?? noCounts;
  if (imported + move + forget === 0) return 'No change was reported as made.';
  return 'No resource was reported as created, changed or destroyed. What was to be imported, moved or forgotten may be so already.';
}

function failedLines({ run, stack, facts }: About): string {
  const seconds = run.apply?.seconds ?? run.seconds;
  const how = run.endedBecause === null ? 'failed' : sentence(run.endedBecause, cellCode);
  const after = seconds === null ? [] : [`${how} after ${duration(seconds)}`];
  const line = [...approval(run), `run ${runLink(run, `#${run.number}`, '#applying')}`, ...after].join(' · ');
  return `${line}\n${facts.ended === undefined ? planOnWords : anewWords(run, stack.name)}`;
}

const planOnWords =
  'Next: `/plan` — the lock on this stack stays with this pull request until it is applied, closed or `/unlock`ed.';

function unknownForm({ run, stack, facts }: About, failure: RunFailure): string {
  return paragraphs([
    `### ⚠️ Nobody knows how the apply of ${code(stack.name)} ended · ${changesWere(run)} reported`,
    `> [!CAUTION]\n> ${unknownOutcomeWords(failure)}`,
    stepTable(run),
    unknownOutcomeSteps(stack.name, {
      log: runLink(run, 'log of the apply', '#applying'),
      planned: facts.ended === undefined ? '`/plan`' : 'a new run',
    }),
    folded('What we know', failureFence(failure, longestDetail), { open: false }),
    [...approval(run), `run ${runLink(run)}`].join(' · '),
  ]);
}

/** The run ended before the engine was told to apply. */
function notAppliedForm({ run, stack, facts }: About): string {
  const why = run.failure ? failureWords(run.failure).toLowerCase() : (run.endedBecause ?? run.status);
  const shown = /^[A-Za-z ]+$/.test(why) ? why : code(why);
  return paragraphs([
    `### ❌ Not applied: ${code(stack.name)}${isRefusedApply(run) ? '' : ` · ${shown}`}`,
    'Nothing was changed: the run ended before the apply began.',
    run.failure ? folded('Error', failureFence(run.failure, longestDetail), { open: true }) : '',
    `${[...approval(run), `run ${runLink(run, `#${run.number}`, logFragment(run.failure))}`].join(' · ')}\n${facts.ended === undefined ? 'Next: `/plan` to plan again.' : anewWords(run, stack.name)}`,
  ]);
}

function changesWere(run: RunFacts): string {
  const changes = changesMade(run);
  return `${changes} ${changes.endsWith('change') ? 'was' : 'were'}`;
}

function approval(run: RunFacts): string[] {
  if (run.approvedBy === null) return [];
  return [
    run.approvedBy === autoApplier ? 'Applied by itself (`auto_apply`)' : `Approved by ${mention(run.approvedBy)}`,
  ];
}

/** Of an apply that has finished. What is no step of it was done as planned; it is told where nothing else is. */
function madePhrase(run: RunFacts): string {
  const steps = (run.apply?.steps ?? []).filter(({ result }) => result === 'done');
  const count = (action: ApplyStep['action']) => steps.filter((step) => step.action === action).length;
  const [added, changed, destroyed] = [count('create'), count('update'), count('delete')];
  const { import: imported, move, forget } = run.plan?.counts ?? noCounts;
  const changes = joined([
    [added, `${added} added`],
    [changed, `${changed} changed`],
    [destroyed, `${destroyed} destroyed`],
  ]);
  const others = joined([
    [imported, `${imported} imported`],
    [move, `${move} moved`],
    [forget, `${forget} forgotten`],
  ]);
  return changes || others;
}

function outputTable(outputs: readonly OutputValue[]): string {
  const rows = outputs.map(({ name, text }) => [cellCode(name), text === null ? '(sensitive)' : cellCode(text)]);
  return limitedTable(['Output', 'Value'], rows);
}

function stepTable(run: RunFacts): string {
  const steps = new Map<string, ApplyStep[]>();
  for (const step of run.apply?.steps ?? []) {
    if (step.action !== 'read') steps.set(step.address, [...(steps.get(step.address) ?? []), step]);
  }
  const planned = (run.plan?.resources ?? []).filter(({ action }) => /^(?:create|update|delete|replace)$/.test(action));
  // The engines name a deposed object in other words while they apply than a plan does.
  const idle = planned
    .filter(({ address }) => !steps.has(address.replace(/ \(deposed ([0-9a-f]+)\)$/, ' (deposed object $1)')))
    .map(({ address }) => [cellCode(address), '⏭ not started']);
  const rowsOf = (tried: [string, ApplyStep[]][]) =>
    tried.map(([address, own]) => [cellCode(address), own.map(stepResult).join(', ')]);
  const rows = [...rowsOf([...steps]), ...idle];
  if (rows.length === 0) return '';
  // Where not all are seen at a glance, or fit, those that did not go well come first.
  const short = rows.length <= glance && fittingRows(rows, maxRowCharacters).length === rows.length;
  if (short) return limitedTable(['Resource', 'Result'], rows);
  const isDone = ([, own]: [string, ApplyStep[]]) => own.every(({ result }) => result === 'done');
  const [done, failed] = [[...steps].filter(isDone), [...steps].filter((each) => !isDone(each))];
  return limitedTable(['Resource', 'Result'], [...rowsOf(failed), ...rowsOf(done), ...idle]);
}

const glance = 30;

function stepResult({ action, result, elapsed, error }: ApplyStep): string {
  if (result === 'failed') return `❌ ${cellCode(error ?? 'failed')}`;
  if (result === 'started') return '❔ started, its end was not reported';
  const done = { create: 'created', update: 'changed', delete: 'destroyed', read: 'read' }[action];
  return `✅ ${done}${elapsed === undefined ? '' : ` in ${elapsed.replace(/[^\dhms.]/g, '')}`}`;
}

function limitedTable(titles: string[], rows: string[][]): string {
  const shown = fittingRows(rows, maxRowCharacters);
  const left = rows.length - shown.length;
  const columns = titles.map((title) => ({ title }));
  return table(columns, shown) + (left > 0 ? `\n\nAnd ${left} more, on the run's page.` : '');
}
