import type { SettingRow, SourceView } from '../../views/settings.tsx';
import { hookNames } from '../run/hooks.ts';
import { durationText } from '../run/limits.ts';
import { policyOf } from '../run/policy.ts';
import type { OtherSetting, StackDefinition } from '../stack/definition.ts';

/** The settings that are known by their place in zenfra.yml, in its order. */
export function otherSettingRows(
  stack: Partial<StackDefinition>,
  sourceOf: (setting: OtherSetting) => SourceView,
): SettingRow[] {
  return valuesOf(stack).map(({ key, ...row }) => ({ ...row, key, sources: [sourceOf(key)] }));
}

type Valued = Pick<SettingRow, 'label' | 'values' | 'none'> & { key: OtherSetting };

function valuesOf(stack: Partial<StackDefinition>): Valued[] {
  const { approval, autoApply, protectDestroy, timeouts } = policyOf(stack);
  return [
    { label: 'State kept', key: 'state', values: [stack.state ?? 'managed'] },
    { label: 'Environment', key: 'environment', values: stack.environment ? [stack.environment] : [] },
    { label: 'Labels', key: 'labels', values: stack.labels ?? [] },
    { label: 'Plans after', key: 'depends_on', values: stack.dependsOn ?? [] },
    { label: 'Plan drafts', key: 'triggers.on_pull_request.drafts', values: [yes(stack.planDrafts ?? false)] },
    { label: 'To apply', key: 'approval.requirements', values: approval.requirements },
    { label: 'Approved by', key: 'approval.permission', values: [approval.permission] },
    { label: 'Authors may approve', key: 'approval.self_approve', values: [yes(approval.selfApprove)] },
    {
      label: 'Plans expire',
      key: 'approval.expires',
      ...limit(approval.expiresMs, 'after 24h on a pull request, 8d elsewhere'),
    },
    { label: 'Applies by itself', key: 'auto_apply', values: [autoApply] },
    { label: 'Plan timeout', key: 'timeouts.plan', ...limit(timeouts.planMs, '1h') },
    { label: 'Apply timeout', key: 'timeouts.apply', ...limit(timeouts.applyMs, '6h') },
    { label: 'Protected', key: 'protect.destroy', values: [yes(protectDestroy)] },
    ...hookNames.flatMap((name) => {
      const commands = stack.hooks?.[name] ?? [];
      const key: OtherSetting = `hooks.${name}`;
      return commands.length === 0 ? [] : [{ label: 'Hook', key, values: commands }];
    }),
  ];
}

function yes(value: boolean): string {
  return value ? 'yes' : 'no';
}

function limit(ms: number | null, none: string): Pick<SettingRow, 'values' | 'none'> {
  return { values: ms === null ? [] : [durationText(ms)], none };
}
