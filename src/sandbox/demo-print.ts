import type { Stage } from './stage.ts';
import type { StoryStage } from './story/story-stage.ts';
import { reader, writer } from './story/story-stage.ts';

export function banner(stage: Stage, story: StoryStage, engine: string): string {
  return `
Zenfra demo, with ${engine}. Only GitHub is a stand-in; nothing leaves this machine.

  GitHub (sandbox)  ${story.repository.htmlUrl}
  Zenfra            ${stage.url}

${writer} may write to the repository, ${reader} may only read it. The story:
`;
}

/** One step on two lines: what happened and how long it took, and where to see it. */
export function stepLines(number: number, step: { name: string; ms: number; link: string }): string {
  return `${String(number).padStart(4)}  ✓ ${step.name} (${step.ms} ms)\n        ${step.link}`;
}

export function failedStep(number: number, step: { name: string }, why: string): string {
  return `${String(number).padStart(4)}  ✗ ${step.name}\n        ${why}`;
}

/** After a step that failed, when the demo stays up. */
export const brokenOff = `
The story ends here. Zenfra and the sandbox stay up, so that you can look around; Ctrl-C ends the demo.
`;

export function farewell(stage: Stage, pull: string): string {
  return `
Now it is your turn.

  ${pull}
  has two plans that wait. Comment /approve as ${writer}, or as ${reader}; push another commit; merge it.

  ${stage.url}
  has every run with its logs. Its buttons act as ${writer} here.

Ctrl-C ends the demo.
`;
}
