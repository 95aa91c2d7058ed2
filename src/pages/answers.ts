import type { Answer } from '../../views/parts/notice.tsx';

/** What a button's redirect says, by a code: no text of anybody's travels in an address. */
const answers = {
  approved: 'Approved. The apply starts as soon as a worker is free.',
  discarded: 'Discarded. Nothing of this plan is applied.',
  canceled: 'Cancel requested. The run ends as soon as its engine has stopped.',
  rerun: 'A new run of the same type and commit was made. This is it.',
  triggered: 'The run was made. This is it.',
} as const;

export type AnswerCode = keyof typeof answers;

export function answerFor(code: string | undefined): Answer | null {
  if (code === undefined || !Object.hasOwn(answers, code)) return null;
  return { done: true, sentence: answers[code as AnswerCode] };
}
