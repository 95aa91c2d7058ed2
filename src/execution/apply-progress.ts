import type { ApplyStep } from './contract.ts';

type Action = ApplyStep['action'];

/** A name may have letters of any script. */
const named = String.raw`[\p{ID_Continue}-]+(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?`;
const address = String.raw`(?:${named}\.)+${named}`;
const deposed = String.raw`(?: \(deposed object [0-9a-f]+\))?`;
const startLine = new RegExp(`^(${address}${deposed}): (Creating|Modifying|Destroying|Reading)\\.\\.\\.`, 'u');
const endLine = new RegExp(
  `^(${address}${deposed}): (Creation|Modifications|Destruction|Read) complete after (\\w+)(?: \\[|$)`,
  'u',
);

const actions: Record<string, Action> = {
  Creating: 'create',
  Creation: 'create',
  Modifying: 'update',
  Modifications: 'update',
  Destroying: 'delete',
  Destruction: 'delete',
  Reading: 'read',
  Read: 'read',
};

/** A plan may hold more; the page and the comment show no more of them. */
const stepLimit = 20_000;

export interface ApplyProgress {
  steps: ApplyStep[];
  /** Whether the engine announced outputs: only then are they worth a command of their own. */
  hasOutputs: boolean;
  /** True if a step has started or ended with it. */
  line(text: string): boolean;
  /**
   * What had started and not ended has failed where an error names it. So has all else of an engine that ended by itself
   * (`ended`): an error of a deletion names no resource.
   */
  settle(errors: { address: string; summary: string }[], ended: boolean): void;
}

/** Follows an apply by its console lines. Text of a provisioner has the engine's prefix and is not taken for one. */
export function followApply(): ApplyProgress {
  const steps: ApplyStep[] = [];
  const running = new Map<string, ApplyStep>();
  return {
    steps,
    hasOutputs: false,
    line(text) {
      if (text === 'Outputs:') this.hasOutputs = true;
      const started = startLine.exec(text);
      if (started?.[1] !== undefined && steps.length < stepLimit) {
        const step: ApplyStep = {
          address: started[1],
          action: actions[started[2] ?? ''] ?? 'update',
          result: 'started',
        };
        steps.push(step);
        running.set(`${step.action} ${step.address}`, step);
        return true;
      }
      const ended = endLine.exec(text);
      const step = begunStep(running, `${actions[ended?.[2] ?? '']} ${ended?.[1]}`);
      if (step === undefined || ended?.[3] === undefined) return false;
      step.result = 'done';
      step.elapsed = ended[3];
      running.delete(`${step.action} ${step.address}`);
      return true;
    },
    settle(errors, ended) {
      const first = new Map(errors.toReversed().map(({ address, summary }) => [address, summary]));
      for (const step of running.values()) {
        const error = first.get(step.address);
        if (error !== undefined) Object.assign(step, { result: 'failed', error });
        else if (ended) step.result = 'failed';
      }
    },
  };
}

/** Terraform names a deposed object when it begins to destroy it, and only the resource when it is done. */
function begunStep(running: ReadonlyMap<string, ApplyStep>, key: string): ApplyStep | undefined {
  const exact = running.get(key);
  if (exact !== undefined) return exact;
  const deposedKey = `${key} (deposed object `;
  return [...running.values()].find(({ action, address }) => `${action} ${address}`.startsWith(deposedKey));
}
