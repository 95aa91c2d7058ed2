import type { PhaseState, PhaseView } from './timeline.tsx';

const width = 1000;
const gap = 4;
/** No phase is thinner than this, so that a short one can still be seen. */
const least = 16;

const tones: Record<PhaseState, string> = {
  done: 'ok',
  running: 'run',
  waiting: 'wait',
  failed: 'bad',
  stopped: 'quiet',
  pending: 'rest',
};

/** Where the run's time went: one bar, a part for each phase. Drawn as SVG because the pages allow no inline style. */
export function ProgressBar({ phases, now }: { phases: PhaseView[]; now: Date }) {
  const shown = phases.filter((view) => view.phase !== 'finished');
  const weights = shown.map((view) => weightOf(view, now));
  const room = width - gap * (shown.length - 1) - least * shown.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  let x = 0;
  const bars = shown.map((view, index) => {
    const bar = {
      x,
      width: least + (room * (weights[index] ?? 0)) / total,
      tone: tones[view.state],
      label: view.label,
    };
    x += bar.width + gap;
    return bar;
  });
  return (
    <svg class="bar" viewBox={`0 0 ${width} 6`} preserveAspectRatio="none" aria-hidden="true">
      {bars.map((bar) => (
        <rect class={bar.tone} x={bar.x.toFixed(1)} y="0" width={bar.width.toFixed(1)} height="6" rx="2" />
      ))}
    </svg>
  );
}

/** The root of the time: a night's wait for approval must not hide the minutes of work. */
function weightOf(view: PhaseView, now: Date): number {
  if (!view.startedAt) return 0.4;
  return Math.sqrt(Math.max(0, (view.endedAt ?? now).getTime() - view.startedAt.getTime()) / 1000);
}
