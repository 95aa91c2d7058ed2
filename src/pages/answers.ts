import type { Answer } from '../../views/parts/notice.tsx';

/** What a button's redirect says, by a code: no text of anybody's travels in an address. */
const answers = {
  // These two stay on the page while the run goes on below them.
  approved: 'You approved this plan. How far its apply has come is below.',
  discarded: 'Discarded. Nothing of this plan is applied.',
  canceled: 'You asked for the run to be canceled: it ends once its engine has stopped.',
  rerun: 'A new run of the same type and commit was made. This is it.',
  triggered: 'The run was made. This is it.',
  run_there: 'This run of the same type and commit is under way already, so no other was made.',
  planned_again:
    'That run applied a pull request’s plan, so the pull request was planned again, at its head. This is the plan’s run.',
  released: 'Released. Plan again before you apply: the state may have changed.',
  lock_released: 'The lock was released.',
  rolled_back: 'Rolled back. The next plan shows how what exists differs from this state.',
  imported: 'Imported. Plan now: it should find no changes.',
  bundle_made: 'The bundle was made. Add variables and files, then attach it to stacks.',
  bundle_saved: 'Saved as a new version. Plans that were made before are out of date; plan again.',
  bundle_saved_short:
    'Saved as a new version. A secret of less than four bytes is not hidden in logs: it would hide half of every line. Choose a longer one.',
  bundle_same: 'Nothing differs from the version that is there, so no new one was made.',
  bundle_removed: 'Removed. Stacks do not get it any more.',
  attached: 'Attached. Plans that were made before are out of date; plan again.',
  detached: 'Detached. Plans that were made before are out of date; plan again.',
} as const;

export type AnswerCode = keyof typeof answers;

export function answerFor(code: string | undefined): Answer | null {
  if (code === undefined || !Object.hasOwn(answers, code)) return null;
  return { done: true, sentence: answers[code as AnswerCode] };
}
