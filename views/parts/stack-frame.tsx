import type { Child } from 'hono/jsx';
import { hasPermission, type Permission } from '../../src/run/checks.ts';
import type { AutoApply } from '../../src/run/policy.ts';
import type { RunStatus } from '../../src/run/status.ts';
import { type Frame, Layout } from '../layout.tsx';
import { Hold, type HoldView, StateLock, type StateLockView } from './hold.tsx';
import { Icon } from './icons.tsx';
import { type Answer, AnswerNotice, Notice } from './notice.tsx';
import { type StackTab, StackTabs } from './stack-tabs.tsx';
import { Status, statusTones } from './status.tsx';
import { Shown } from './text.tsx';
import { TriggerMenu } from './trigger-menu.tsx';

export interface StackView {
  id: string;
  name: string;
  path: string;
  branch: { name: string; url: string };
  repository: { fullName: string; url: string };
  engine: string | null;
  lastStatus: RunStatus | null;
  removed: boolean;
  /** Which plans of its tracked runs wait for nobody; what is protected counted in. */
  appliesByItself: AutoApply;
  /** Set while the stack exists in this pull request alone. */
  pullRequest: { number: number; url: string } | null;
  holds: HoldView[];
  lock: StateLockView | null;
}

export interface StackFrameProps {
  frame: Frame;
  answer: Answer | null;
  stack: StackView;
  /** What the reader may do with it. */
  may: Permission;
  tab: StackTab;
  refresh?: { address: string; seconds: number; withoutScript: boolean } | null;
  events?: { address: string; after: string } | null;
  children: Child;
}

/** What all pages of a stack share: its head, with who holds it, and the tabs. */
export function StackFrame({
  frame,
  answer,
  stack,
  may,
  tab,
  refresh = null,
  events = null,
  children,
}: StackFrameProps) {
  const names = { runs: '', state: ' · State', settings: ' · Settings' };
  return (
    <Layout
      frame={frame}
      title={stack.name + names[tab]}
      tone={stack.lastStatus ? statusTones[stack.lastStatus] : 'quiet'}
      refresh={refresh}
      events={events}
    >
      <div class="answers" id="answers" data-keep>
        <AnswerNotice answer={answer} />
      </div>
      <StackHeader stack={stack} may={may} frame={frame} />
      <StackTabs stackId={stack.id} open={tab} />
      {children}
    </Layout>
  );
}

function StackHeader(props: { stack: StackView; may: Permission; frame: Frame }) {
  const { stack, may, frame } = props;
  const formToken = frame.viewer?.formToken ?? '';
  const canTrigger = hasPermission(may, 'write');
  return (
    <header class="page-head">
      <nav class="crumb" aria-label="Breadcrumb">
        <a href="/">Stacks</a>
      </nav>
      <div class="row head-row">
        <h1>
          <Shown text={stack.name} /> {stack.lastStatus && <Status status={stack.lastStatus} />}
        </h1>
        {canTrigger && !stack.removed && (
          <TriggerMenu stack={stack} formToken={formToken} mayDestroy={may === 'admin'} />
        )}
      </div>
      <p class="row facts mute">
        <a href={stack.repository.url}>
          <Shown text={stack.repository.fullName} />
        </a>
        <code>
          <Shown text={stack.path} />
        </code>
        <a class="with-icon" href={stack.branch.url}>
          <Icon name="branch" />
          <Shown text={stack.branch.name} />
        </a>
        {stack.engine && <span>{stack.engine}</span>}
      </p>
      {!canTrigger && (
        <p class="mute small">
          Runs are started by pushes, pull requests and comments such as /plan, and here by whoever has write permission
          on the repository.
        </p>
      )}
      {stack.removed && (
        <Notice kind="info">This stack is not in zenfra.yml any more. Its history and its state are kept.</Notice>
      )}
      {stack.pullRequest && (
        <Notice kind="info">
          This stack is added by <a href={stack.pullRequest.url}>#{stack.pullRequest.number}</a>, which is not merged
          yet.
        </Notice>
      )}
      {stack.holds.map((hold) => (
        <Notice kind="wait">
          <Hold hold={hold} stackId={stack.id} formToken={formToken} now={frame.now} />
        </Notice>
      ))}
      {stack.lock && <StateLock lock={stack.lock} stackId={stack.id} formToken={formToken} now={frame.now} />}
    </header>
  );
}
