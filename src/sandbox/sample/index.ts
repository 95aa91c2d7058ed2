import { appFiles } from './app.ts';
import { networkFiles } from './network.ts';

/** The sample repository as it is at first: two stacks without providers, so that nothing is downloaded or created. */
export const sampleFiles: Record<string, string> = {
  'README.md': `# Infrastructure of Acme

- \`network\`: the network and its subnets
- \`app\`: the web shop, made of services

Open a pull request; Zenfra plans what it changes.
`,
  'zenfra.yml': `# Which directories are stacks. A change below a stack's path concerns it.
stacks:
  network:
    path: network
  app:
    path: app
    triggers:
      on_push:
        # The stack uses the modules, so it is planned when they change.
        paths:
          - app/**
          - modules/**
`,
  ...networkFiles(),
  ...appFiles(),
};
