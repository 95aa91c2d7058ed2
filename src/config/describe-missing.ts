/** The one screen (80 × 24) that `npm start` prints while the server waits for its set-up. */
export function describeSetUp(link: string): string {
  return `Zenfra is not connected to GitHub yet. To connect it, open:

  ${link}

GitHub makes the App there in two presses; nothing has to be started again. The
link is for whoever sees this screen, and until the next start.

To look at Zenfra first, with a sandbox instead of GitHub: npm run demo

To connect it by hand, create a GitHub App (app.yml lists its permissions and
events), install it on your repositories, and start again with:

  PUBLIC_URL      where people and GitHub reach this server; the App's webhook
                  URL is $PUBLIC_URL/api/github/webhooks
  APP_ID          "App ID" on the App's page
  PRIVATE_KEY     the path of the App's .pem file, its text, or that in base64
  WEBHOOK_SECRET  what you entered as the webhook's secret
  GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET
                  for people to sign in to the pages

`;
}

/** What a process that only works says before the installation is set up. */
export const notSetUp =
  'Zenfra is not set up yet: start a server (npm run start:server) and open the link that it prints, then start this worker again.\n';

/** What `npm start` prints instead of starting. */
export function describeMissing(problems: string[]): string {
  const [count, verb] = problems.length === 1 ? ['One setting', 'is'] : [`${problems.length} settings`, 'are'];
  return `Zenfra cannot start: ${count} ${verb} missing or wrong.

${problems.map((problem) => `  - ${problem}`).join('\n')}

Correct the environment and start again. npm run demo needs none of it.
`;
}
