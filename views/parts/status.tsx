import { type RunStatus, statusLabels } from '../../src/run/status.ts';
import { Icon, type IconName } from './icons.tsx';

/** The mood of a status: its colour, and the page's icon in the tab. */
export type Tone = 'ok' | 'bad' | 'wait' | 'run' | 'quiet';

export const statusTones: Record<RunStatus, Tone> = {
  queued: 'quiet',
  preparing: 'run',
  initializing: 'run',
  planning: 'run',
  unconfirmed: 'wait',
  approved: 'run',
  applying: 'run',
  finished: 'ok',
  failed: 'bad',
  discarded: 'quiet',
  canceled: 'quiet',
};

const statusIcons: Record<RunStatus, IconName> = {
  queued: 'clock',
  preparing: 'spin',
  initializing: 'spin',
  planning: 'spin',
  unconfirmed: 'pause',
  approved: 'spin',
  applying: 'spin',
  finished: 'check',
  failed: 'cross',
  discarded: 'slash',
  canceled: 'slash',
};

/** A status as icon and word, never by colour alone. */
export function Status({ status }: { status: RunStatus }) {
  return (
    <span class={`status ${statusTones[status]}`}>
      <Icon name={statusIcons[status]} turning={statusIcons[status] === 'spin'} />
      {statusLabels[status]}
    </span>
  );
}
