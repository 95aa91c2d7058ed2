/**
 * What a plan would change, masked, in the one shape that the comment, the checks and the pages render.
 * Made by `read-plan.ts` from the engine's plan JSON and never from console text.
 */

export type ChangeAction = 'create' | 'update' | 'delete' | 'replace' | 'read' | 'forget' | 'no-op';

/** A value as people may see it. */
export type ShownValue =
  | { kind: 'known' /** HCL-like text, may hold newlines */; text: string }
  | { kind: 'sensitive' }
  | { kind: 'unknown' }
  | { kind: 'absent' };

export interface AttributeChange {
  /** Dotted path such as `tags.Name` or `ingress[0].cidr_blocks`. */
  path: string;
  before: ShownValue;
  after: ShownValue;
  forcesReplacement: boolean;
}

export interface ResourceChange {
  address: string;
  /** `module.dns` or '' for the root module; for grouping. */
  module: string;
  type: string;
  action: ChangeAction;
  /** For `replace`: whether the new one is made before the old one is destroyed. */
  createBeforeDestroy?: boolean;
  /** Engine's reason in our words, such as `not in configuration`; absent where there is none. */
  reason?: string;
  movedFrom?: string;
  importedFrom?: string;
  attributes: AttributeChange[];
  /** How many attributes stay as they are. */
  unchanged: number;
  /** How many changed attributes are not in `attributes` because there are too many; absent where none is missing. */
  omitted?: number;
}

export interface OutputChange {
  name: string;
  action: 'create' | 'update' | 'delete' | 'no-op';
  before: ShownValue;
  after: ShownValue;
}

/** A resource that was changed outside of the engine since the last apply. */
export interface DriftChange {
  address: string;
  action: ChangeAction;
  attributes: AttributeChange[];
}

export interface FailedCheck {
  address: string;
  status: 'fail' | 'error' | 'unknown';
  problems: string[];
}

/** What the apply has a provider do besides, such as calling a function (Terraform 1.14 and later). */
export interface PlannedAction {
  address: string;
  /** Such as `after create`; empty where the plan does not tell. */
  when: string;
  /** The resource whose change sets it off; empty where there is none. */
  resource: string;
}

export interface ChangeCounts {
  add: number;
  change: number;
  destroy: number;
  import: number;
  move: number;
  forget: number;
}

export interface PlanSummary {
  counts: ChangeCounts;
  /** Whether an apply of this plan would do or record anything (outputs, moves and imports count). */
  hasChanges: boolean;
  /** Resources with an action other than `no-op`, or moved or imported; destroys first, then replace, update, create. */
  resources: ResourceChange[];
  outputs: OutputChange[];
  drift: DriftChange[];
  failedChecks: FailedCheck[];
  /** Absent where there are none, and in plans that an older version read. */
  actions?: PlannedAction[];
}
