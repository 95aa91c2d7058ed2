import type { ChangeAction } from './summary.ts';

/** What the engine's list of actions amounts to. */
export function actionOf(actions: unknown): ChangeAction {
  const list = Array.isArray(actions) ? actions.join(',') : '';
  return Object.hasOwn(byActions, list) ? (byActions[list] ?? 'no-op') : 'no-op';
}

/** The engine's reason for an action in our words; undefined where it gives none or none worth repeating. */
export function reasonWords(reason: unknown): string | undefined {
  if (typeof reason !== 'string' || reason === '') return undefined;
  if (Object.hasOwn(reasons, reason)) return reasons[reason];
  return /^[a-z_]{1,80}$/.test(reason) ? reason.replaceAll('_', ' ') : undefined;
}

const byActions: Record<string, ChangeAction> = {
  'no-op': 'no-op',
  create: 'create',
  read: 'read',
  update: 'update',
  delete: 'delete',
  'delete,create': 'replace',
  'create,delete': 'replace',
  // The old object stays where it is and only leaves the state.
  'create,forget': 'create',
  // OpenTofu's word for it, of a resource whose lifecycle says `destroy = false`.
  'forget,create': 'create',
  forget: 'forget',
};

/** The names are those of the plan's JSON format, `action_reason`. */
const reasons: Record<string, string> = {
  replace_because_tainted: 'tainted',
  replace_because_cannot_update: 'cannot be updated in place',
  replace_by_request: 'replacement was asked for',
  replace_by_triggers: 'replace_triggered_by',
  delete_because_no_resource_config: 'not in configuration',
  delete_because_no_module: 'its module is not in configuration',
  delete_because_no_move_target: 'moved to an address that is not in configuration',
  delete_because_wrong_repetition: 'count or for_each came or went',
  delete_because_count_index: 'index is beyond count',
  delete_because_each_key: 'key is not in for_each',
};
