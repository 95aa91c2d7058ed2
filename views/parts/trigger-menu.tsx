import { typeLabels } from '../../src/run/status.ts';
import { ActionForm } from './action-form.tsx';
import { Icon } from './icons.tsx';

/** The Trigger dropdown: a run of each type. A destroy asks for the stack's name. */
export function TriggerMenu({ stack }: { stack: { id: string; name: string } }) {
  const action = `/stacks/${stack.id}/trigger`;
  return (
    <details class="menu" id="trigger">
      <summary class="btn go">
        Trigger
        <Icon name="down" />
      </summary>
      <div class="menu-body">
        <div class="choice">
          <ActionForm action={action} label={typeLabels.tracked} fields={{ type: 'tracked' }} tone="wide" />
          <p>Plans changes, waits for manual approval, then applies. This is the standard deployment workflow.</p>
        </div>
        <div class="choice">
          <ActionForm action={action} label={typeLabels.plan_only} fields={{ type: 'plan_only' }} tone="wide" />
          <p>Plans changes for review without applying them. Useful for previewing what would happen.</p>
        </div>
        <div class="choice">
          <ActionForm
            action={action}
            label={typeLabels.destroy}
            fields={{ type: 'destroy' }}
            tone="wide danger"
            typedName={stack.name}
          />
          <p>Plans and applies the destruction of all resources managed by the stack.</p>
        </div>
      </div>
    </details>
  );
}
