/** Where a fault can be let in, each just before or after something that must not be half done. */
export const failpoints = [
  'claimed',
  'prepared',
  'plan_made',
  'before_plan_finish',
  'after_plan_finish',
  'before_begin_apply',
  'after_begin_apply',
  'engine_started',
  'before_apply_finish',
  'after_apply_finish',
  'before_lock_commit',
  'after_lock_commit',
  'before_state_commit',
  'after_state_commit',
] as const;
export type Failpoint = (typeof failpoints)[number];

export const failpointActions = ['kill', 'pause', 'throw'] as const;

export interface ArmedFailpoint {
  name: Failpoint;
  action: (typeof failpointActions)[number];
  /** The number of the run that it is meant for. */
  run: number;
}

let armed: ArmedFailpoint[] = [];

/**
 * For tests: lets this process be killed, be stopped or get an error when that run first comes to that place. Set by the
 * entry point from the configuration; a state of the module, because what is reached for is deep in rooms that must not
 * know of tests.
 */
export function armFailpoints(points: ArmedFailpoint[]): void {
  armed = points;
}

/** Nothing, unless a test has armed this very place. */
export function reach(name: Failpoint, run: number): void {
  const point = armed.find((one) => one.name === name && one.run === run);
  if (point === undefined) return;
  armed = armed.filter((one) => one !== point);
  if (point.action === 'throw') throw new Error(`The fail point ${name} was reached`);
  process.kill(process.pid, point.action === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  // The signal may take effect a moment after the call: nothing more is done until it has.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
}
