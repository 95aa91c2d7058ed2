import { Icon } from './icons.tsx';
import { Notice } from './notice.tsx';
import type { RunView } from './run-header.tsx';
import { Shown } from './text.tsx';

/** The next step after a plan for a pull request, which is taken there. */
export function HowToApply({ command, pullRequest }: { command: string; pullRequest: RunView['pullRequest'] }) {
  return (
    <Notice kind="info">
      To apply this plan, comment on {pullRequest && <a href={pullRequest.url}>#{pullRequest.number}</a>}:{' '}
      <code class="kbd">
        <Shown text={command} />
      </code>{' '}
      <button class="btn sm icon-only js" type="button" data-copy={command} title="Copy the command">
        <Icon name="copy" />
        <span class="sr">Copy the command</span>
      </button>
    </Notice>
  );
}
