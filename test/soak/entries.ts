import { readFile } from 'node:fs/promises';

/** What an apply writes outside, and so what was really done: the world's own record, which no part of Zenfra writes. */
export interface LedgerLine {
  what: 'begin' | 'end';
  stack: string;
  resource: string;
  revision: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Of the work directory. */
  planId: string;
}

/** Each stack has these, one after the other. */
export const resources = ['first', 'second'];

/** Stands in every configuration as a sensitive value, and must be in nothing that people see. */
export const canary = 'canary-5f1d0a7e-of-the-soak';

interface Entry {
  stack: string;
  /** Another one makes both resources anew. */
  revision: string;
  /** How long each of them takes. */
  seconds: string;
}

/** A stack's configuration. The plan's id is known outside of Zenfra by the directory that it is applied in. */
export function entryModule(ledger: string, { stack, revision, seconds }: Entry): string {
  const entries = resources.map((resource, index) => {
    const line = (what: string) => `echo ${what} ${stack} ${resource} ${revision} $(date +%s%N) $PWD >> '${ledger}'`;
    const command = `echo at work on ${resource}; ${line('begin')}; sleep ${seconds}; ${line('end')}`;
    return `resource "terraform_data" "${resource}" {
  triggers_replace = ["${revision}"]
  depends_on       = [${index === 0 ? '' : `terraform_data.${resources[index - 1]}`}]
  provisioner "local-exec" {
    command = ${JSON.stringify(command)}
  }
}
`;
  });
  return `${entries.join('\n')}\nresource "terraform_data" "secret" {\n  triggers_replace = sensitive("${canary}")\n}\n`;
}

/** The revision that a configuration or a state speaks of. */
export function revisionIn(text: string | undefined): string | undefined {
  return text === undefined ? undefined : /\br\d+\b/.exec(text)?.[0];
}

export async function readLedger(file: string): Promise<LedgerLine[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map(parseLine);
}

function parseLine(text: string): LedgerLine {
  const [what, stack, resource, revision, at, directory] = text.split(' ');
  const planId = /\/runs\/([0-9a-f-]{36})\//.exec(directory ?? '')?.[1];
  if ((what !== 'begin' && what !== 'end') || !stack || !resource || !revision || !planId)
    throw new Error(`The ledger has a line that no apply writes: ${JSON.stringify(text)}`);
  return { what, stack, resource, revision, planId, at: Number(at) / 1e6 };
}
