import type { Child } from 'hono/jsx';
import { durationText } from '../src/run/limits.ts';
import type { AutoApply, RunPolicy } from '../src/run/policy.ts';
import { Notice } from './parts/notice.tsx';
import { StackBundles, type StackBundlesView } from './parts/stack-bundles.tsx';
import { StackFrame, type StackFrameProps } from './parts/stack-frame.tsx';
import { Shown } from './parts/text.tsx';

export interface SourceView {
  /** `zenfra.yml line 12`, `defaults, line 4`, `built in`. */
  text: string;
  url: string | null;
}

export interface SettingRow {
  label: string;
  /** As zenfra.yml spells it. */
  key: string;
  values: string[];
  /** What holds where there is no value. */
  none?: string;
  /** One for each value, or one for all of them. */
  sources: SourceView[];
}

export interface SettingsPageProps extends Omit<StackFrameProps, 'tab' | 'children'> {
  settings: SettingRow[];
  file: { name: string; url: string | null };
  /** Whether the newest zenfra.yml cannot be used, so that an older one is in force. */
  broken: boolean;
  /** What Zenfra keeps; null where the backend of the repository keeps the state, which the setting says. */
  state: { serial: string | null; versions: string } | null;
  bundles: StackBundlesView;
  /** How old a pull request's plan may be when it is applied, such as `24h`. */
  planExpires: string;
  policy: RunPolicy;
}

/** A stack's Settings tab: every value and where it comes from. Nothing is set here; zenfra.yml is. */
export function SettingsPage(props: SettingsPageProps) {
  const { stack, settings, file, broken, state } = props;
  return (
    <StackFrame {...props} tab="settings">
      {broken && (
        <Notice kind="bad">
          The newest {file.name} cannot be used, so what follows is of the last good one.{' '}
          <a href="/">See the mistake</a>
        </Notice>
      )}
      <p class="mute before-card">
        Settings are changed in {file.url === null ? <code>{file.name}</code> : <a href={file.url}>{file.name}</a>} on
        the default branch.
      </p>
      <div class="card list">
        <table class="settings">
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Value</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {settings.map((setting) => (
              <Setting setting={setting} />
            ))}
            {state && (
              <Fixed label="State">
                Managed by Zenfra, encrypted in its database.{' '}
                <a href={`/stacks/${stack.id}/state`}>
                  {state.serial === null
                    ? 'No state yet'
                    : `Serial ${state.serial}, ${state.versions} ${state.versions === '1' ? 'version' : 'versions'}`}
                </a>
              </Fixed>
            )}
          </tbody>
        </table>
      </div>
      <StackBundles {...props.bundles} />
      <Approval {...props} />
    </StackFrame>
  );
}

function Setting({ setting }: { setting: SettingRow }) {
  const { label, key, values, sources } = setting;
  const each = sources.length > 1;
  const rows = values.length > 0 ? values : [null];
  return (
    <>
      {rows.map((value, index) => (
        <tr class={index > 0 ? 'more' : undefined}>
          <th scope="row">
            {index === 0 && (
              <>
                {label} <code class="mute key">{key}</code>
              </>
            )}
          </th>
          <td data-label="Value">
            {value === null ? (
              <span class="mute">{setting.none ?? 'none'}</span>
            ) : (
              <code>
                <Shown text={value} />
              </code>
            )}
          </td>
          <td data-label="From">{(each || index === 0) && <Source source={sources[index]} />}</td>
        </tr>
      ))}
    </>
  );
}

function Source({ source }: { source: SourceView | undefined }) {
  if (!source) return null;
  if (source.url === null) return <span class="mute">{source.text}</span>;
  return <a href={source.url}>{source.text}</a>;
}

function Fixed({ label, children }: { label: string; children: Child }) {
  return (
    <tr>
      <th scope="row">{label}</th>
      <td data-label="Value">{children}</td>
      <td data-label="From">
        <span class="mute">built in</span>
      </td>
    </tr>
  );
}

function Approval({ stack, planExpires, policy }: SettingsPageProps) {
  const repository = <Shown text={stack.repository.fullName} />;
  const { approval, autoApply, protectDestroy } = policy;
  return (
    <section aria-labelledby="approval">
      <h2 id="approval">Approval</h2>
      <div class="card list">
        <table class="settings">
          <tbody>
            <Fixed label="Plan & Apply (Tracked)">
              {byItself[autoApply]} somebody with {approval.permission} permission on {repository}. After 7 days it is
              discarded
              {approval.expiresMs !== null &&
                `; once it is older than ${durationText(approval.expiresMs)}, it has to be made anew`}
              .{protectDestroy && ' A plan that deletes or replaces something waits for an admin.'}
            </Fixed>
            <Fixed label="Pull requests">
              <code class="kbd">/approve</code> by somebody with {approval.permission} permission applies the plan that
              the pull request shows, up to {planExpires} after it was made, while the head and the state are the same
              {approval.requirements.length > 0 && `, and it is ${approval.requirements.join(', ')}`}.
            </Fixed>
            <Fixed label="Destroy">
              {protectDestroy
                ? 'Not possible: the stack is protected.'
                : 'Triggered and approved by somebody with admin permission, who types the stack’s name.'}
            </Fixed>
            <Fixed label="Plan Only">Never applies anything by itself.</Fixed>
          </tbody>
        </table>
      </div>
    </section>
  );
}

const byItself: Record<AutoApply, string> = {
  never: 'Every plan with changes waits for',
  no_destroy: 'A plan that deletes and replaces nothing is applied by itself; every other waits for',
  always: 'Every plan with changes is applied by itself. Where that is changed while one waits, it waits for',
};
