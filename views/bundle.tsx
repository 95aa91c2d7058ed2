import type { BundleChange } from '../src/bundle/changes.ts';
import { type Frame, Layout } from './layout.tsx';
import { ActionForm } from './parts/action-form.tsx';
import { Attachments, type AttachmentsProps } from './parts/attachments.tsx';
import { ItemFields, type ItemRow } from './parts/bundle-item.tsx';
import { type Answer, AnswerNotice, Notice } from './parts/notice.tsx';
import { Shown } from './parts/text.tsx';
import { Ago } from './parts/time.tsx';

export interface BundlePageProps extends Omit<AttachmentsProps, 'bundleId' | 'formToken'> {
  frame: Frame;
  answer: Answer | null;
  bundle: { id: string; name: string; description: string; repository: string };
  /** Of the version that the form shows; 0 before the first. */
  number: number;
  rows: ItemRow[];
  /** Secrets that are too short to be masked. */
  tooShort: string[];
  versions: { number: number; by: string; at: Date; changes: BundleChange[] }[];
}

/** One bundle: what is in it, who gets it, and how it came to be. */
export function BundlePage(props: BundlePageProps) {
  const { frame, bundle } = props;
  const formToken = frame.viewer?.formToken ?? '';
  return (
    <Layout frame={frame} title={`${bundle.name} · Bundles`}>
      <div class="answers" id="answers" data-keep>
        <AnswerNotice answer={props.answer} />
        {props.tooShort.length > 0 && (
          <Notice kind="wait">
            Not masked in logs, because {props.tooShort.length === 1 ? 'it is' : 'they are'} shorter than four bytes:{' '}
            {props.tooShort.join(', ')}. Choose longer ones.
          </Notice>
        )}
      </div>
      <header class="page-head">
        <nav class="crumb" aria-label="Breadcrumb">
          <a href="/bundles">Bundles</a>
        </nav>
        <h1>{bundle.name}</h1>
        <p class="row facts mute">
          <Shown text={bundle.repository} />
          <span>{props.number === 0 ? 'empty' : `version ${props.number}`}</span>
          <Shown text={bundle.description} />
        </p>
      </header>
      <Contents {...props} />
      <Attachments {...props} bundleId={bundle.id} formToken={formToken} />
      <Versions {...props} />
      <section aria-labelledby="remove">
        <h2 id="remove">Remove</h2>
        <p class="mute small before-card">Stacks do not get it any more. Which versions runs had stays known.</p>
        <div class="bundle-remove">
          <ActionForm
            action={`/bundles/${bundle.id}/remove`}
            label="Remove bundle"
            tone="danger"
            formToken={formToken}
            typedName={bundle.name}
          />
        </div>
      </section>
    </Layout>
  );
}

/** Empty rows at the end, for what is to be added. */
const blanks = { variable: 5, file: 1 };

function Contents({ bundle, frame, number, rows }: BundlePageProps) {
  return (
    <form method="post" action={`/bundles/${bundle.id}/save`} class="bundle-contents">
      <input type="hidden" name="form_token" value={frame.viewer?.formToken ?? ''} />
      <input type="hidden" name="version" value={String(number)} />
      {(['variable', 'file'] as const).map((kind) => (
        <section aria-labelledby={kind}>
          <h2 id={kind}>{kind === 'variable' ? 'Environment variables' : 'Files'}</h2>
          {kind === 'file' && (
            <p class="mute small before-card">
              Paths are from the stack’s directory. Nothing of the repository is written over.
            </p>
          )}
          <div class="card items">
            {[
              ...rows.filter((row) => row.kind === kind),
              ...Array.from({ length: blanks[kind] }, () => blank(kind)),
            ].map((row, index) => (
              <ItemFields row={row} field={`${kind}.${index}`} />
            ))}
          </div>
        </section>
      ))}
      <p class="row">
        <button class="btn go" type="submit">
          Save as version {number + 1}
        </button>
        <span class="mute small">Saving makes plans that were made with an older version out of date.</span>
      </p>
    </form>
  );
}

function blank(kind: ItemRow['kind']): ItemRow {
  return { kind, name: '', value: '', secret: true, kept: false, description: '', available: 'both', was: null };
}

function Versions({ versions, frame }: BundlePageProps) {
  if (versions.length === 0) return null;
  return (
    <section aria-labelledby="versions">
      <h2 id="versions">Versions</h2>
      <div class="card list">
        <table class="runs">
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Changed</th>
              <th scope="col">By</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {versions.map(({ number, by, at, changes }) => (
              <tr>
                <td data-label="Version">{number}</td>
                <td data-label="Changed">
                  {changes.length === 0 && <span class="mute">nothing</span>}
                  {changes.map(({ name, what }, index) => (
                    <>
                      {index > 0 && ', '}
                      <code>
                        <Shown text={name} />
                      </code>{' '}
                      <span class="mute">{what}</span>
                    </>
                  ))}
                </td>
                <td data-label="By">
                  <Shown text={by} />
                </td>
                <td data-label="When">
                  <Ago at={at} now={frame.now} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
