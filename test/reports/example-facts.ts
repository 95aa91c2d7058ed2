import type { AttributeChange, ChangeCounts, PlanSummary, ResourceChange, ShownValue } from '../../src/plan/summary.ts';
import type { PullRequestFacts, RunFacts, StackFacts } from '../../src/reports/facts.ts';
import type { RunFailure } from '../../src/run/failure.ts';

/** Facts for the render functions, complete but for what a test is about. */

export function known(text: string): ShownValue {
  return { kind: 'known', text };
}

export function attribute(path: string, before: ShownValue, after: ShownValue): AttributeChange {
  return { path, before, after, forcesReplacement: false };
}

export function resource(
  address: string,
  action: ResourceChange['action'],
  more: Partial<ResourceChange> = {},
): ResourceChange {
  return { address, module: '', type: 'aws_instance', action, attributes: [], unchanged: 0, ...more };
}

export function plan(resources: ResourceChange[], more: Partial<PlanSummary> = {}): PlanSummary {
  const count = (...actions: string[]) => resources.filter(({ action }) => actions.includes(action)).length;
  const counts: ChangeCounts = {
    add: count('create', 'replace'),
    change: count('update'),
    destroy: count('delete', 'replace'),
    import: resources.filter(({ importedFrom }) => importedFrom !== undefined).length,
    move: resources.filter(({ movedFrom }) => movedFrom !== undefined).length,
    forget: count('forget'),
  };
  const outputs = more.outputs ?? [];
  const hasChanges = resources.length + outputs.length > 0;
  return { counts, hasChanges, resources, outputs, drift: [], failedChecks: [], ...more };
}

export function run(number: number, more: Partial<RunFacts> = {}): RunFacts {
  return {
    id: `01K9-${number}`,
    number,
    url: `https://zenfra.example.com/runs/01K9-${number}`,
    type: 'plan_only',
    status: 'finished',
    commit: '4f2c9d1',
    engine: 'OpenTofu 1.10.6',
    seconds: 47,
    plan: null,
    warnings: [],
    failure: null,
    endedBecause: null,
    approvedBy: null,
    waitsFor: null,
    notice: null,
    apply: null,
    ...more,
  };
}

export function stack(name: string, more: Partial<StackFacts> = {}): StackFacts {
  return { name, path: `infra/${name}`, run: null, applied: null, heldBy: null, ...more };
}

export function pullRequest(stacks: StackFacts[], more: Partial<PullRequestFacts> = {}): PullRequestFacts {
  return {
    repository: { owner: 'acme', name: 'infra', url: 'https://github.com/acme/infra' },
    number: 42,
    headSha: '4f2c9d1',
    baseBranch: 'main',
    draft: false,
    fork: false,
    runsUrl: 'https://zenfra.example.com/pr/acme/infra/42',
    stacks,
    configError: null,
    rules: [],
    notes: [],
    detail: 'diff',
    ...more,
  };
}

export function failure(more: Partial<RunFailure> = {}): RunFailure {
  return {
    phase: 'planning',
    reason: 'exit',
    headline: 'Unsupported argument',
    detail: 'Error: Unsupported argument',
    exitCode: 1,
    diagnostics: [],
    ...more,
  };
}

/** The pull request of the first example in the documentation: one stack, of everything something. */
export function networkProd(): StackFacts {
  const summary = plan(
    [
      resource('aws_db_instance.legacy', 'delete', { reason: 'not in configuration' }),
      resource('aws_instance.web', 'update', {
        movedFrom: 'aws_instance.old',
        attributes: [
          attribute('instance_type', known('"t3.small"'), known('"t3.medium"')),
          attribute('user_data', { kind: 'sensitive' }, { kind: 'sensitive' }),
        ],
      }),
      resource('aws_s3_bucket.logs', 'create', {
        attributes: [
          attribute('bucket', { kind: 'absent' }, known('"acme-logs"')),
          attribute('arn', { kind: 'absent' }, { kind: 'unknown' }),
        ],
      }),
      resource('module.dns.aws_route53_record.www["a"]', 'update', { importedFrom: 'Z1ABC_www_A' }),
    ],
    {
      outputs: [
        { name: 'web_ip', action: 'update', before: known('"203.0.113.9"'), after: { kind: 'unknown' } },
        { name: 'log_bucket', action: 'create', before: { kind: 'absent' }, after: { kind: 'unknown' } },
      ],
      drift: [
        {
          address: 'aws_security_group.web',
          action: 'update',
          attributes: [attribute('ingress[0].from_port', known('80'), known('443'))],
        },
      ],
    },
  );
  const warnings = [
    {
      severity: 'warning' as const,
      summary: 'Argument is deprecated',
      detail: 'Use aws_s3_bucket_acl.',
      file: 'infra/network/main.tf',
      line: 31,
      address: 'aws_s3_bucket.logs',
    },
  ];
  return stack('network-prod', { path: 'infra/network', run: run(128, { plan: summary, warnings }) });
}

/** Twelve stacks: ready, waiting, failed and unchanged ones. */
export function twelveStacks(): StackFacts[] {
  const create = (count: number) =>
    plan(Array.from({ length: count }, (_, index) => resource(`aws_instance.api[${index}]`, 'create')));
  const dns = plan([
    resource('aws_route53_record.old["a"]', 'delete'),
    resource('aws_route53_record.old["b"]', 'delete'),
    resource('aws_route53_zone.main', 'update', { attributes: [attribute('comment', known('"old"'), known('"new"'))] }),
  ]);
  const unchanged = [
    'cache-dev',
    'cache-staging',
    'api-dev',
    'dns-dev',
    'dns-staging',
    'net-dev',
    'net-prod',
    'net-staging',
  ];
  return [
    stack('dns-prod', { run: run(310, { plan: dns, seconds: 21 }) }),
    stack('api-prod', { run: run(311, { plan: create(4), seconds: 64 }) }),
    stack('api-staging', { run: run(312, { plan: create(4), seconds: 58, waitsFor: 'waits for `dns-prod`' }) }),
    stack('cache-prod', {
      path: 'infra/cache',
      run: run(313, { status: 'failed', failure: cacheFailure(), seconds: 9 }),
    }),
    ...unchanged.map((name, index) => stack(name, { run: run(314 + index, { plan: plan([]) }) })),
  ];
}

function cacheFailure(): RunFailure {
  const detail = [
    'Error: Unsupported argument',
    '',
    '  on infra/cache/main.tf line 12, in resource "aws_elasticache_cluster" "this":',
    '  12:   node_typ = "cache.t4g.small"',
    '',
    'An argument named "node_typ" is not expected here. Did you mean "node_type"?',
  ].join('\n');
  return failure({
    detail,
    diagnostics: [
      {
        severity: 'error',
        summary: 'Unsupported argument',
        detail: 'An argument named "node_typ" is not expected here.',
        file: 'infra/cache/main.tf',
        line: 12,
      },
    ],
  });
}
