import { isFinal } from '../../../src/run/transition.ts';
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
  // GitHub keeps one that has ended as it was: a run that goes on after it waited for approval has another.
  const plans = checks.map((check) => `${check.external_id ?? 'of all'}: ${check.output.title} on ${check.head_sha}`);
  const broken = plans
    .filter((plan, index) => plans.indexOf(plan) !== index && !plan.startsWith('of all'))
    .map((plan) => `There are two checks of ${plan}.`);
  for (const check of checks) {
    const run = runs.find(({ id }) => id === check.external_id);
    if (run && isFinal(run.status) && check.status !== 'completed')
      broken.push(`Run #${run.number} is ${run.status}, and its check is ${check.status}.`);
  }
  return broken;
}
