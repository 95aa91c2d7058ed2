import { Icon, type IconName } from './icons.tsx';

export interface ActionFormProps {
  action: string;
  label: string;
  /** Of the frame's viewer. */
  formToken: string;
  icon?: IconName;
  /** Classes beside `btn`, such as `go` or `danger`. */
  tone?: string;
  /** What the page was rendered for, so that an old form is told from a fresh one. */
  fields?: Record<string, string>;
  /** Set where the reader must type this name first. */
  typedName?: string;
}

/** A button that acts: a plain form, so that it works without scripts. */
export function ActionForm({ action, label, formToken, icon, tone = '', fields = {}, typedName }: ActionFormProps) {
  return (
    <form method="post" action={action} class="action">
      <input type="hidden" name="form_token" value={formToken} />
      {Object.entries(fields).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {typedName !== undefined && <TypedName name={typedName} />}
      <button class={`btn ${tone}`} type="submit">
        {icon && <Icon name={icon} />}
        {label}
      </button>
    </form>
  );
}

function TypedName({ name }: { name: string }) {
  return (
    <label class="typed">
      <span>
        Type <b>{name}</b> to confirm
      </span>
      <input type="text" name="confirm" required autocomplete="off" autocapitalize="off" spellcheck={false} />
    </label>
  );
}
