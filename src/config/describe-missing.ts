import type { ConfigFailure } from '../config.ts';

/** The one screen (80 × 24) that `npm start` prints instead of starting. */
export function describeMissing(failure: ConfigFailure): string {
  return failure.untouched ? setUp(failure.problems) : corrections(failure.problems);
}

function setUp(problems: string[]): string {
  // Problems of variables that have nothing to do with GitHub would be found out only after the whole set-up.
  const others = problems.filter(
    (problem) => !/^(PUBLIC_URL|APP_ID|PRIVATE_KEY|WEBHOOK_SECRET) is missing/.test(problem),
  );
  return `Zenfra is not connected to GitHub yet.

To look at it first, with a sandbox instead of GitHub:

  npm run demo

To connect it, create a GitHub App (Settings > Developer settings > GitHub Apps;
app.yml lists its permissions and events), install it on your repositories, and
set:

  PUBLIC_URL      where people and GitHub reach this server, such as
                  https://zenfra.example.com; the App's webhook URL is
                  $PUBLIC_URL/api/github/webhooks
  APP_ID          "App ID" on the App's page
  PRIVATE_KEY     "Generate a private key" there: the path of the .pem file,
                  its text, or its text in base64
  WEBHOOK_SECRET  what you entered as the webhook's secret
  GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET
                  both on the App's page: people sign in to the pages with them

Then run npm start again. Nothing else is needed: the database is embedded
unless DATABASE_URL names one.
${others.length > 0 ? `\nAlso to be corrected:\n${list(others)}\n` : ''}`;
}

function corrections(problems: string[]): string {
  const [count, verb] = problems.length === 1 ? ['One setting', 'is'] : [`${problems.length} settings`, 'are'];
  return `Zenfra cannot start: ${count} ${verb} missing or wrong.

${list(problems)}

Correct the environment and start again. npm run demo needs none of it.
`;
}

function list(problems: string[]): string {
  return problems.map((problem) => `  - ${problem}`).join('\n');
}
