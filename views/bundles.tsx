import { type Frame, Layout } from './layout.tsx';
import { type Answer, AnswerNotice } from './parts/notice.tsx';
import { plural, Shown } from './parts/text.tsx';
import { Ago } from './parts/time.tsx';

export interface BundlesPageProps {
  frame: Frame;
  answer: Answer | null;
  /** Those that the reader administers. */
  repositories: { id: number; fullName: string }[];
  bundles: {
    id: string;
    name: string;
    description: string;
    repository: string;
    variables: number;
    files: number;
    attachments: { to: 'stack' | 'label'; name: string }[];
    changedAt: Date | null;
    changedBy: string | null;
  }[];
}

/** Configuration bundles: the variables and files that stacks are given. */
export function BundlesPage(props: BundlesPageProps) {
  const { frame, bundles, repositories } = props;
  return (
    <Layout frame={frame} title="Bundles">
      <div class="answers" id="answers" data-keep>
        <AnswerNotice answer={props.answer} />
      </div>
      <h1>Configuration bundles</h1>
      <p class="mute before-card">
        Variables and files that stacks are given while they plan, while they apply, or both. They are kept encrypted; a
        secret is never shown again, and is masked in logs, plans and comments.
      </p>
      {bundles.length > 0 && <BundleTable {...props} />}
      {repositories.length === 0 ? (
        <p class="card empty mute">
          Bundles are for whoever administers a repository that the App is installed on, and you administer none. Of
          what was installed or granted just now this page knows within a minute.
        </p>
      ) : (
        <NewBundle {...props} />
      )}
    </Layout>
  );
}

function BundleTable({ bundles, frame }: BundlesPageProps) {
  return (
    <div class="card list">
      <table class="runs">
        <thead>
          <tr>
            {['Bundle', 'Repository', 'Holds', 'Attached to', 'Changed'].map((column) => (
              <th scope="col">{column}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bundles.map((bundle) => (
            <tr>
              <td data-label="Bundle">
                <a href={`/bundles/${bundle.id}`}>{bundle.name}</a>{' '}
                <span class="mute">
                  <Shown text={bundle.description} />
                </span>
              </td>
              <td data-label="Repository">
                <Shown text={bundle.repository} />
              </td>
              <td data-label="Holds">
                {plural(bundle.variables, 'variable')}
                {bundle.files > 0 && `, ${plural(bundle.files, 'file')}`}
              </td>
              <td data-label="Attached to">
                {bundle.attachments.length === 0 ? (
                  <span class="mute">nothing</span>
                ) : (
                  bundle.attachments.map(({ to, name }) => `${to} ${name}`).join(', ')
                )}
              </td>
              <td data-label="Changed">
                {bundle.changedAt ? (
                  <>
                    <Ago at={bundle.changedAt} now={frame.now} /> <span class="mute">· {bundle.changedBy}</span>
                  </>
                ) : (
                  <span class="mute">empty</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NewBundle({ repositories, frame }: BundlesPageProps) {
  return (
    <section aria-labelledby="new">
      <h2 id="new">New bundle</h2>
      <form class="card bundle-form row" method="post" action="/bundles">
        <input type="hidden" name="form_token" value={frame.viewer?.formToken ?? ''} />
        <label>
          Repository
          <select name="repository">
            {repositories.map(({ id, fullName }) => (
              <option value={String(id)}>{fullName}</option>
            ))}
          </select>
        </label>
        <label>
          Name
          <input type="text" name="name" required maxlength={63} placeholder="aws-prod" autocomplete="off" />
        </label>
        <label class="grow">
          Description
          <input type="text" name="description" maxlength={500} autocomplete="off" />
        </label>
        <button class="btn go" type="submit">
          Make bundle
        </button>
      </form>
    </section>
  );
}
