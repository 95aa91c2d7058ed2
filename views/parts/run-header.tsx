import type { Child } from 'hono/jsx';
import { shortSha } from '../../src/run/short-sha.ts';
import { type RunStatus, type RunType, typeLabels } from '../../src/run/status.ts';
import type { Frame } from '../layout.tsx';
import { ActionForm } from './action-form.tsx';
import { ChangeCounts, type Counts } from './counts.tsx';
import { Icon, type IconName } from './icons.tsx';
import { Status } from './status.tsx';
import { Shown } from './text.tsx';
import { Ago } from './time.tsx';

export interface RunView {
  id: string;
  number: number;
  type: RunType;
  status: RunStatus;
  commitTitle: string;
  branch: { name: string; url: string };
  commit: { sha: string; url: string };
  pullRequest: { number: number; url: string; runsUrl: string } | null;
  triggeredBy: string;
  reason: string;
  /** Such as `Terraform 1.11.4`; null until a worker chose one, and for good if the run ended before. */
  engine: string | null;
  /** Configuration bundles that it was given, in the versions it had. */
  bundles: { name: string; number: number }[];
  createdAt: Date;
  ended: boolean;
  counts: Counts | null;
  endedBecause: string | null;
  cancelRequestedBy: string | null;
}

/** Which buttons stand in the header, and the plan the page was rendered for. */
export interface RunButtons {
  rerun: boolean;
  discard: boolean;
  cancel: boolean;
  planId: string;
}

/** The top of a run's page: where it belongs, what it is, how it stands, and its metadata. */
export function RunHeader({
  run,
  stack,
  buttons,
  frame,
}: {
  run: RunView;
  stack: { id: string; name: string };
  buttons: RunButtons;
  frame: Frame;
}) {
  return (
    <header class="page-head">
      <nav class="crumb" aria-label="Breadcrumb">
        <a href="/">Stacks</a> <span aria-hidden="true">/</span>{' '}
        <a href={`/stacks/${stack.id}`}>
          <Shown text={stack.name} />
        </a>{' '}
        <span aria-hidden="true">/</span> <span>Run #{run.number}</span>
      </nav>
      <div class="row head-row">
        <h1>
          <Shown text={run.commitTitle || `Run #${run.number}`} /> <Status status={run.status} />
        </h1>
        <Buttons run={run} stackName={stack.name} buttons={buttons} formToken={frame.viewer?.formToken ?? ''} />
      </div>
      <p class="row facts">
        <span class="type">{typeLabels[run.type]}</span>
        {run.counts && <ChangeCounts counts={run.counts} />}
        <span class="mute">
          <Shown text={run.reason} />
        </span>
      </p>
      <Metadata run={run} now={frame.now} />
    </header>
  );
}

interface ButtonsProps {
  run: RunView;
  stackName: string;
  formToken: string;
}

function Buttons({ buttons, ...props }: ButtonsProps & { buttons: RunButtons }) {
  const { run, formToken } = props;
  return (
    <div class="buttons">
      {run.cancelRequestedBy !== null && (
        <span class="mute">
          Being canceled, asked for by <Shown text={run.cancelRequestedBy} />
        </span>
      )}
      {buttons.rerun && <Rerun {...props} />}
      {buttons.discard && (
        <ActionForm
          action={`/runs/${run.id}/discard`}
          label="Discard"
          icon="slash"
          formToken={formToken}
          fields={{ plan: buttons.planId }}
        />
      )}
      {buttons.cancel && (
        <ActionForm action={`/runs/${run.id}/cancel`} label="Cancel" icon="cross" formToken={formToken} />
      )}
    </div>
  );
}

/** One more destroy asks for the stack's name, as the first one did. */
function Rerun({ run, stackName, formToken }: ButtonsProps) {
  const form = { action: `/runs/${run.id}/rerun`, label: 'Re-run', formToken };
  if (run.type !== 'destroy') return <ActionForm {...form} icon="repeat" />;
  return (
    <details class="menu" id="rerun">
      <summary class="btn">
        <Icon name="repeat" />
        Re-run
        <Icon name="down" />
      </summary>
      <div class="menu-body">
        <div class="choice">
          <ActionForm {...form} label="Re-run the destroy" tone="wide danger" typedName={stackName} />
          <p>Plans the destruction of all resources managed by the stack again, at the commit of this run.</p>
        </div>
      </div>
    </details>
  );
}

function Metadata({ run, now }: { run: RunView; now: Date }) {
  return (
    <dl class="meta">
      <Fact label="Branch" icon="branch">
        <a href={run.branch.url}>
          <Shown text={run.branch.name} />
        </a>
      </Fact>
      <Fact label="Commit" icon="commit">
        <a href={run.commit.url}>
          <code>{shortSha(run.commit.sha)}</code>
        </a>
      </Fact>
      {run.pullRequest && (
        <Fact label="Pull request" icon="merge">
          <a href={run.pullRequest.url}>#{run.pullRequest.number}</a>{' '}
          <a class="quiet-link" href={run.pullRequest.runsUrl}>
            all runs
          </a>
        </Fact>
      )}
      <Fact label="Triggered by" icon="person">
        <Shown text={run.triggeredBy} /> <span class="mute">·</span> <Ago at={run.createdAt} now={now} />
      </Fact>
      <Fact label="IAC" icon="box">
        {run.engine ?? <span class="mute">{run.ended ? '–' : 'not chosen yet'}</span>}
      </Fact>
      {run.bundles.length > 0 && (
        <Fact label="Bundles" icon="list">
          {run.bundles.map(({ name, number }) => `${name} version ${number}`).join(', ')}
        </Fact>
      )}
      <Fact label="Run ID" icon="list">
        <code class="run-id">{run.id}</code>
        <button class="btn sm icon-only js" type="button" data-copy={run.id} title="Copy run ID">
          <Icon name="copy" />
          <span class="sr">Copy run ID</span>
        </button>
      </Fact>
    </dl>
  );
}

function Fact({ label, icon, children }: { label: string; icon: IconName; children: Child }) {
  return (
    <div>
      <dt>
        <Icon name={icon} />
        {label}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
