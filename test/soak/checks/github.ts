import { isFinal } from '../../../src/run/transition.ts';
import type { CheckView } from '../../../src/sandbox/acts/view.ts';
import type { History, SeenPull } from '../history.ts';

const markerLine = /^<!-- zenfra:v1 [^\n]* -->/;
/** The comment that is kept up to date names the head it speaks of. */
const ofHead = / sha=[^ ]*( stale)?(?= -->)/;

/** One comment per pull request, one check per plan, however often GitHub failed; and they say how it ended. */
export function checkGitHub(history: History): string[] {
  return [...history.pulls.flatMap(checkComments), ...checkChecks(history)];
}

function checkComments({ number, state, comments }: SeenPull): string[] {
  const own = comments.filter(({ author }) => author === 'zenfra[bot]');
  const markers = own.map(({ body }) => markerLine.exec(body)?.[0].replace(ofHead, '') ?? body.slice(0, 80));
  const twice = markers.filter((marker, index) => markers.indexOf(marker) !== index);
  const broken = twice.map((marker) => `Pull request #${number} has two comments ${marker}.`);
  if (state === 'open' && !markers.includes(`<!-- zenfra:v1 pr=${number} -->`))
    broken.push(`Pull request #${number} has no comment of ours.`);
  return broken;
}

function checkChecks({ checks, runs }: History): string[] {
  const broken = checks.flatMap((check, index) => {
    const before = checks.slice(0, index).findLast((one) => one.head_sha === check.head_sha && one.name === check.name);
    return before && isTwice(before, check)
      ? [`The check ${check.name} on ${check.head_sha} was made twice: ${check.output.title}.`]
      : [];
  });
  for (const check of checks) {
    const run = runs.find(({ id }) => id === check.external_id);
    if (!run || !isFinal(run.status) || check.status === 'completed') continue;
    const { number, status } = run;
    broken.push(
      `Run #${number} is ${status}, and its check on ${check.head_sha} is ${check.status}: ${check.output.title}.`,
    );
  }
  return broken;
}

/**
 * GitHub keeps a check that has ended as it was, so a run that goes on has another, and one to which a stack comes back
 * has too. Two of one run that say the same, one after the other, are the traces of a lost reply. The check that speaks
 * for all stacks begins anew with each plan, and may well end as the one before.
 */
function isTwice(before: CheckView, check: CheckView): boolean {
  return (
    check.external_id !== null && before.external_id === check.external_id && before.output.title === check.output.title
  );
}
