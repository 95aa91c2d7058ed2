import { type ArmedFailpoint, failpointActions, failpoints } from '../failpoint.ts';
import { type Environment, shown } from './environment.ts';

/** Reads `ZENFRA_FAILPOINT`, as in `claimed:kill:1,prepared:throw:2`. Empty if it is not set, as it is outside of tests. */
export function readFailpoints(env: Environment): ArmedFailpoint[] {
  const text = env.get('ZENFRA_FAILPOINT');
  if (text === undefined) return [];
  const points = text.split(',').map(readPoint);
  if (points.includes(undefined)) env.problem(`ZENFRA_FAILPOINT is ${shown(text)}. It is for tests; leave it unset.`);
  return points.filter((point) => point !== undefined);
}

function readPoint(text: string): ArmedFailpoint | undefined {
  const [first, second, run] = text.split(':');
  const name = failpoints.find((known) => known === first);
  const action = failpointActions.find((known) => known === second);
  return name && action && run ? { name, action, run: Number(run) } : undefined;
}
