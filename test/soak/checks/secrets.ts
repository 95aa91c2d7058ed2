import type { History } from '../history.ts';

/** Nothing secret is in what people see, or in what the processes print. */
export function checkSecrets({ seen, secrets, logs, pulls, checks, runs }: History): string[] {
  const texts: [string, string][] = [
    ...[...logs].map(([runId, log]): [string, string] => [`the log of run ${runId}`, log]),
    ...pulls.map((pull): [string, string] => [`the conversation of #${pull.number}`, JSON.stringify(pull.comments)]),
    ['a check', JSON.stringify(checks)],
    ['a run', JSON.stringify(runs)],
  ];
  const leaks = [...seen.leaks].map((leak) => `The output of ${leak}.`);
  for (const [where, text] of texts)
    for (const [what, secret] of secrets)
      if (text.includes(secret)) leaks.push(`There is ${what} in ${where}: ${lineWith(text, secret)}`);
  return leaks;
}

function lineWith(text: string, secret: string): string {
  const line = text.split('\n').find((one) => one.includes(secret)) ?? '';
  return JSON.stringify(line.replaceAll(secret, '•').slice(0, 300));
}
