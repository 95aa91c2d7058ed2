import { type ArmedFailpoint, type Failpoint, failpointActions } from '../../src/failpoint.ts';

/** How a run must end that met a fault: its status, whether its outcome is known, and the lines in the ledger. */
export interface Expected {
  status: 'finished' | 'failed';
  unknown: boolean;
  ledger: 0 | 1;
}

const done: Expected = { status: 'finished', unknown: false, ledger: 1 };
/** Zenfra itself broke before anything was changed. */
const broken: Expected = { status: 'failed', unknown: false, ledger: 0 };
const unknown = (ledger: 0 | 1): Expected => ({ status: 'failed', unknown: true, ledger });

/** A process that is killed or stopped there, and one whose code throws. */
const outcomes: Record<Failpoint, { lost: Expected; thrown: Expected }> = {
  claimed: { lost: done, thrown: done },
  prepared: { lost: done, thrown: broken },
  plan_made: { lost: done, thrown: broken },
  before_plan_finish: { lost: done, thrown: broken },
  after_plan_finish: { lost: done, thrown: done },
  before_begin_apply: { lost: done, thrown: broken },
  // The plan is used up, and whether the engine was started cannot be told from outside.
  after_begin_apply: { lost: unknown(0), thrown: unknown(0) },
  engine_started: { lost: done, thrown: unknown(1) },
  before_apply_finish: { lost: done, thrown: unknown(1) },
  after_apply_finish: { lost: done, thrown: done },
  // The engine asks again, of whoever answers by then.
  before_lock_commit: { lost: done, thrown: done },
  after_lock_commit: { lost: done, thrown: done },
  before_state_commit: { lost: done, thrown: done },
  after_state_commit: { lost: done, thrown: done },
};

export interface Case extends Omit<ArmedFailpoint, 'run'> {
  expected: Expected;
}

/** Of that kind of fault; the three kinds share the boundaries among them, unless all of them are asked for. */
export function casesOf(action: ArmedFailpoint['action']): Case[] {
  const turn = failpointActions.indexOf(action);
  const names = (Object.keys(outcomes) as Failpoint[]).filter((_, index) => whole || index % 3 === turn);
  return names.map((name) => {
    const { lost, thrown } = outcomes[name];
    return { name, action, expected: action === 'throw' ? thrown : lost };
  });
}

const whole = process.env.ZENFRA_TEST_SWEEP === 'whole';
