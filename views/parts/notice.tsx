import type { Child } from 'hono/jsx';
import { Icon, type IconName } from './icons.tsx';

export type NoticeKind = 'info' | 'good' | 'wait' | 'bad';

const icons: Record<NoticeKind, IconName> = { info: 'clock', good: 'check', wait: 'pause', bad: 'warning' };

/** A sentence or two that the reader should not miss. `alert` for an answer to what they just did. */
export function Notice({ kind, alert = false, children }: { kind: NoticeKind; alert?: boolean; children: Child }) {
  return (
    <div class={`notice ${kind}`} role={alert ? 'alert' : undefined}>
      <Icon name={icons[kind]} />
      <div>{children}</div>
    </div>
  );
}

/** The answer to what the reader just did: that it was done, or why not. */
export interface Answer {
  done: boolean;
  sentence: string;
}

export function AnswerNotice({ answer }: { answer: Answer | null }) {
  if (!answer) return null;
  return (
    <Notice kind={answer.done ? 'good' : 'bad'} alert>
      {answer.sentence}
    </Notice>
  );
}
