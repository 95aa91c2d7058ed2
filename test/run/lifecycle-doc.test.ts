import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type RunStatus, runStatuses, runTypes, statusLabels } from '../../src/run/status.ts';
import { isFinal, type RunState, transition } from '../../src/run/transition.ts';
import { eventTypes, examples, failure, runThatIs } from './examples.ts';

const file = join(import.meta.dirname, '../../docs/run-lifecycle.md');
const start = '<!-- transition table -->';
const end = '<!-- end of the transition table -->';

test('the table in docs/run-lifecycle.md is what the rules say', async () => {
  const text = await readFile(file, 'utf8');
  const [before = '', rest = ''] = text.split(start);
  const [table = '', after = ''] = rest.split(end);
  const wanted = `\n${renderTable()}\n`;
  if (process.env.UPDATE_DOCS === '1') return writeFile(file, `${before}${start}${wanted}${end}${after}`);
  assert.equal(table, wanted, 'Run UPDATE_DOCS=1 node --import tsx --test test/run/lifecycle-doc.test.ts');
});

/** Each event, and where it can lead from each status that a run can still leave. */
function renderTable(): string {
  const from = runStatuses.filter((status) => !isFinal(status));
  const row = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [
    row(['event', ...from.map((status) => statusLabels[status])]),
    row([':--', ...from.map(() => ':--')]),
    ...eventTypes.map((event) => row([`\`${event}\``, ...from.map((status) => cell(event, status))])),
  ].join('\n');
}

function cell(event: keyof typeof examples, status: RunStatus): string {
  const leadsTo = new Set<RunStatus>();
  for (const run of everyRun(status)) {
    for (const variant of variantsOf(event)) {
      const moved = transition(run, variant);
      if (moved.ok) leadsTo.add(moved.step.status);
    }
  }
  const named = runStatuses.filter((one) => leadsTo.has(one));
  return named.map((one) => (one === status ? '(stays)' : statusLabels[one])).join(', ') || '·';
}

/** A run of every kind that can be in this status. */
function everyRun(status: RunStatus): RunState[] {
  const leased = ['preparing', 'initializing', 'planning', 'applying'].includes(status)
    ? [true]
    : status === 'approved'
      ? [true, false]
      : [false];
  const canceled = [
    {},
    { cancelRequested: true, cancelAs: 'canceled' },
    { cancelRequested: true, cancelAs: 'discarded' },
  ];
  return runTypes.flatMap((type) =>
    leased.flatMap((held) =>
      (type === 'tracked' ? [true, false] : [false]).flatMap((adopted) =>
        [1, 3].flatMap((attempt) =>
          canceled.map((more) => runThatIs(status, { type, leased: held, adopted, attempt, ...(more as object) })),
        ),
      ),
    ),
  );
}

function variantsOf(event: keyof typeof examples) {
  if (event === 'plan_finished') {
    const answers = [true, false];
    return answers.flatMap((hasChanges) => answers.map((autoApply) => ({ ...examples[event], hasChanges, autoApply })));
  }
  if (event === 'worker_lost') return [examples[event], { ...examples[event], applyStarted: true }];
  if (event === 'phase_failed')
    return [examples[event], { ...examples[event], failure: { ...failure, reason: 'canceled' as const } }];
  return [examples[event]];
}
