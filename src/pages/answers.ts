import type { Answer } from '../../views/parts/notice.tsx';

/** What a button's redirect says, by a code: no text of anybody's travels in an address. */
const answers = {
  approved: 'Approved. The apply starts as soon as a worker is free.',
  discarded: 'Discarded. Nothing of this plan is applied.',
  canceled: 'Cancel requested. The run ends as soon as its engine has stopped.',
  rerun: 'A new run of the same type and commit was made. This is it.',
  triggered: 'The run was made. This is it.',
  released: 'Released. Plan again before you apply: the state may have changed.',
  lock_released: 'The lock was released.',
  rolled_back: 'Rolled back. The next plan shows how what exists differs from this state.',
  imported: 'Imported. Plan now: it should find no changes.',
} as const;

export type AnswerCode = keyof typeof answers;

export function answerFor(code: string | undefined): Answer | null {
  if (code === undefined || !Object.hasOwn(answers, code)) return null;
  return { done: true, sentence: answers[code as AnswerCode] };
}
