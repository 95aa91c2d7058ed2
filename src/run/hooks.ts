/** The places in a run where a stack may have commands of its own, in the order of a run. */
export const hookNames = [
  'before_init',
  'after_init',
  'before_plan',
  'after_plan',
  'before_apply',
  'after_apply',
] as const;
export type HookName = (typeof hookNames)[number];

/** Shell commands, in order; a hook that a stack does not have is absent. */
export type Hooks = Partial<Record<HookName, string[]>>;
