import type { AutoApply } from '../../src/run/policy.ts';
import { typeLabels } from '../../src/run/status.ts';
import { ActionForm } from './action-form.tsx';
import { Icon } from './icons.tsx';

interface TriggerMenuProps {
  stack: { id: string; name: string; appliesByItself: AutoApply };
  formToken: string;
  mayDestroy: boolean;
}

const trackedWords: Record<AutoApply, string> = {
  never: 'Plans changes, waits for manual approval, then applies. This is the standard deployment workflow.',
  no_destroy:
    'Plans changes and applies them by itself, as auto_apply of zenfra.yml says; what deletes or replaces something waits for manual approval.',
  always: 'Plans changes and applies them by itself, as auto_apply of zenfra.yml says. Nobody is asked.',
};

/** The Trigger dropdown: a run of each type. A destroy asks for the stack's name. */
export function TriggerMenu(props: TriggerMenuProps) {
  const { stack, formToken, mayDestroy } = props;
  const action = `/stacks/${stack.id}/trigger`;
  return (
    <details class="menu" id="trigger">
      <summary class="btn go">
        Trigger
        <Icon name="down" />
      </summary>
      <div class="menu-body">
        <div class="choice">
          <ActionForm
            action={action}
            label={typeLabels.tracked}
            formToken={formToken}
            fields={{ type: 'tracked' }}
            tone="wide"
          />
          <p>{trackedWords[stack.appliesByItself]}</p>
        </div>
        <div class="choice">
          <ActionForm
            action={action}
            label={typeLabels.plan_only}
            formToken={formToken}
            fields={{ type: 'plan_only' }}
            tone="wide"
          />
          <p>Plans changes for review without applying them. Useful for previewing what would happen.</p>
        </div>
        <div class="choice">
          {mayDestroy ? (
            <ActionForm
              action={action}
              label={typeLabels.destroy}
              formToken={formToken}
              fields={{ type: 'destroy' }}
              tone="wide danger"
              typedName={stack.name}
            />
          ) : (
            <b>{typeLabels.destroy}</b>
          )}
          <p>
            Plans and applies the destruction of all resources managed by the stack.
            {!mayDestroy && ' Needs admin permission on the repository.'}
          </p>
        </div>
      </div>
    </details>
  );
}
