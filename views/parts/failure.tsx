import type { RunFailure } from '../../src/run/failure.ts';
import { phaseLabels } from '../../src/run/status.ts';
import { Icon } from './icons.tsx';
import { Notice } from './notice.tsx';
import { plural, Shown } from './text.tsx';

/** A diagnostic with the address of its line on GitHub. */
export type LinkedDiagnostic = RunFailure['diagnostics'][number] & { href: string | null };

/** Why the run failed, in the engine's words, and where in the repository. */
export function Failure({ failure, diagnostics }: { failure: RunFailure; diagnostics: LinkedDiagnostic[] }) {
  return (
    <section class="card failure" aria-labelledby="failure">
      <h2 id="failure" class="plain">
        <Icon name="cross" />
        <span>
          {failure.reason === 'canceled' ? 'Canceled' : 'Failed'} while {phaseLabels[failure.phase].toLowerCase()}:{' '}
          <Shown text={failure.headline} />
        </span>
      </h2>
      {failure.outcomeUnknown && (
        <Notice kind="bad">
          What this apply did is unknown, so nothing else applies to this stack for now. Look at the resources
          themselves, plan again, and then let somebody with admin permission release the stack: on its page, or by
          commenting <code>/unlock</code>.
        </Notice>
      )}
      {failure.advice !== undefined && diagnostics.length > 0 && (
        <p>
          <Shown text={failure.advice} />
        </p>
      )}
      <Diagnostics diagnostics={diagnostics} />
      {diagnostics.length === 0 && failure.detail !== '' && failure.detail !== failure.headline && (
        <pre class="detail">
          <Shown text={failure.detail} />
        </pre>
      )}
      {failure.phase !== 'queued' && (
        <p class="mute">
          <a href={`#${failure.phase}`}>Log of {phaseLabels[failure.phase]}</a>
          {failure.exitCode !== undefined && ` · exit code ${failure.exitCode}`}
        </p>
      )}
    </section>
  );
}

/** What the engine warned of; folded. */
export function Warnings({ warnings }: { warnings: LinkedDiagnostic[] }) {
  if (warnings.length === 0) return null;
  return (
    <details class="card warnings" id="warnings">
      <summary>
        <Icon name="warning" />
        {plural(warnings.length, 'warning')}
      </summary>
      <Diagnostics diagnostics={warnings} />
    </details>
  );
}

function Diagnostics({ diagnostics }: { diagnostics: LinkedDiagnostic[] }) {
  return (
    <ul class="diagnostics">
      {diagnostics.map((diagnostic) => (
        <li>
          <b>
            <Shown text={diagnostic.summary} />
          </b>{' '}
          <Place diagnostic={diagnostic} />
          {diagnostic.address !== undefined && (
            <code class="mute">
              <Shown text={diagnostic.address} />
            </code>
          )}
          {diagnostic.detail !== '' && (
            <p>
              <Shown text={diagnostic.detail} />
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

function Place({ diagnostic }: { diagnostic: LinkedDiagnostic }) {
  if (diagnostic.file === undefined) return null;
  const place = diagnostic.line === undefined ? diagnostic.file : `${diagnostic.file}:${diagnostic.line}`;
  return (
    <code class="place">
      {diagnostic.href === null ? (
        <Shown text={place} />
      ) : (
        <a href={diagnostic.href}>
          <Shown text={place} />
        </a>
      )}
    </code>
  );
}
