import { ActionForm } from './action-form.tsx';
import { Shown } from './text.tsx';

export interface AttachmentsProps {
  bundleId: string;
  formToken: string;
  attachments: { id: number; to: 'stack' | 'label'; name: string; priority: number }[];
  /** The stacks that get it now. */
  stacks: { id: string; name: string }[];
  suggestions: { stacks: string[]; labels: string[] };
}

/** To whom a bundle is given, and a form to give it to more. */
export function Attachments(props: AttachmentsProps) {
  const { attachments, stacks, bundleId, formToken } = props;
  return (
    <section aria-labelledby="attached">
      <h2 id="attached">Attached to</h2>
      <p class="mute small before-card">
        {stacks.length === 0 ? 'No stack gets it now.' : 'Given now to '}
        {stacks.map(({ id, name }, index) => (
          <>
            {index > 0 && ', '}
            <a href={`/stacks/${id}/settings`}>
              <Shown text={name} />
            </a>
          </>
        ))}
        {stacks.length > 0 && '. Where several bundles have one variable, the higher priority prevails, then the name.'}
      </p>
      <div class="card attachments">
        {attachments.map(({ id, to, name, priority }) => (
          <div class="row attachment">
            <span class="grow">
              {to} <b>{name}</b>
            </span>
            <span class="mute">priority {priority}</span>
            <ActionForm
              action={`/bundles/${bundleId}/detach`}
              label={`Detach ${name}`}
              tone="sm"
              formToken={formToken}
              fields={{ attachment: String(id) }}
            />
          </div>
        ))}
        <NewAttachment {...props} />
      </div>
    </section>
  );
}

function NewAttachment({ bundleId, formToken, suggestions }: AttachmentsProps) {
  return (
    <form class="row bundle-form" method="post" action={`/bundles/${bundleId}/attach`}>
      <input type="hidden" name="form_token" value={formToken} />
      <label>
        To
        <select name="to">
          <option value="stack">the stack named</option>
          <option value="label">stacks with the label</option>
        </select>
      </label>
      <label>
        Name
        <input type="text" name="name" required maxlength={63} list="known-names" autocomplete="off" />
      </label>
      <datalist id="known-names">
        {[...suggestions.stacks, ...suggestions.labels].map((name) => (
          <option value={name}></option>
        ))}
      </datalist>
      <label>
        Priority
        <input type="number" name="priority" value="10" min={0} max={1000} required />
      </label>
      <button class="btn" type="submit">
        Attach
      </button>
    </form>
  );
}
