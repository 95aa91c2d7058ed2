import { planOf, resource } from './seed.ts';

export const known = (text: string) => ({ kind: 'known' as const, text });
const esc = '\u001b[';

/** What a worker and the engine write, colour codes included. */
export function preparingLog(id: string): string {
  return [
    `Preparing workspace for run ${id}`,
    'Downloading source bundle...',
    'Source bundle downloaded (676 B, 824ms)',
    'Downloading configuration bundle...',
    'Configuration bundle downloaded (0 B)',
    'Applied 0 environment variables',
    'Configuring managed state backend...',
    'Backend configuration complete',
    'Workspace preparation complete (860ms)',
  ]
    .map((line) => `${esc}36m[Zenfra]${esc}0m ${line}\n`)
    .join('');
}

export const initLog = `${esc}0m${esc}1mInitializing the backend...${esc}0m\n\n${esc}0m${esc}32mSuccessfully configured the backend "http"!${esc}0m\n\n${esc}0m${esc}1m${esc}32mTerraform has been successfully initialized!${esc}0m\n`;

export const planLog = `${esc}1maws_instance.web${esc}0m: Refreshing state... [id=i-0a1b2c]

Terraform used the selected providers to generate the following execution plan.
See https://developer.hashicorp.com/terraform/cli for help.
  ${esc}31m-${esc}0m destroy
  ${esc}33m~${esc}0m update in-place

Terraform will perform the following actions:

${esc}1m  # aws_db_instance.legacy${esc}0m will be ${esc}1m${esc}31mdestroyed${esc}0m
  # (because aws_db_instance.legacy is not in configuration)
  ${esc}31m-${esc}0m resource "aws_db_instance" "legacy" {
      ${esc}31m-${esc}0m allocated_storage = 20 ${esc}90m-> null${esc}0m
      ${esc}31m-${esc}0m description       = "a rather long description that goes on and on, far beyond the right edge of any screen, to see how the log scrolls sideways on a telephone" ${esc}90m-> null${esc}0m
    }

${esc}1mPlan:${esc}0m 2 to add, 2 to change, 2 to destroy.
${esc}33m╷${esc}0m
${esc}33m│${esc}0m ${esc}1m${esc}33mWarning: ${esc}0m${esc}1mArgument is deprecated${esc}0m
${esc}33m╵${esc}0m
`;

/** A plan with a change of every kind. */
export function showcasePlan() {
  const resources = [
    resource('aws_db_instance.legacy', 'delete', {
      reason: 'not in configuration',
      attributes: [
        { path: 'allocated_storage', before: known('20'), after: { kind: 'absent' }, forcesReplacement: false },
      ],
    }),
    resource('aws_instance.worker', 'replace', {
      unchanged: 14,
      attributes: [
        { path: 'ami', before: known('"ami-0a1b2c3d"'), after: known('"ami-9f8e7d6c"'), forcesReplacement: true },
        { path: 'id', before: known('"i-0a1b2c"'), after: { kind: 'unknown' }, forcesReplacement: false },
      ],
    }),
    resource('aws_instance.web', 'update', {
      unchanged: 21,
      attributes: [
        { path: 'instance_type', before: known('"t3.small"'), after: known('"t3.medium"'), forcesReplacement: false },
        { path: 'user_data', before: { kind: 'sensitive' }, after: { kind: 'sensitive' }, forcesReplacement: false },
        {
          path: 'tags.Notes',
          before: known('<<-EOT\n  first\n  second\nEOT'),
          after: known('<<-EOT\n  first\n  third\nEOT'),
          forcesReplacement: false,
        },
      ],
    }),
    resource('aws_s3_bucket.logs', 'create', {
      attributes: [
        { path: 'bucket', before: { kind: 'absent' }, after: known('"acme-logs"'), forcesReplacement: false },
        { path: 'arn', before: { kind: 'absent' }, after: { kind: 'unknown' }, forcesReplacement: false },
      ],
    }),
    resource('module.dns.aws_route53_record.www["a"]', 'update', {
      module: 'module.dns',
      importedFrom: 'Z1ABC_www_A',
      attributes: [{ path: 'ttl', before: known('300'), after: known('60'), forcesReplacement: false }],
    }),
    resource('module.dns.aws_route53_zone.this', 'no-op', { module: 'module.dns', movedFrom: 'aws_route53_zone.main' }),
  ];
  return planOf(resources, {
    outputs: [
      { name: 'web_ip', action: 'update', before: known('"10.0.0.4"'), after: { kind: 'unknown' } },
      { name: 'log_bucket', action: 'create', before: { kind: 'absent' }, after: known('"acme-logs"') },
    ],
    drift: [
      {
        address: 'aws_security_group.web',
        action: 'update',
        attributes: [
          {
            path: 'ingress[0].cidr_blocks',
            before: known('["10.0.0.0/8"]'),
            after: known('["0.0.0.0/0"]'),
            forcesReplacement: false,
          },
        ],
      },
    ],
  });
}

/** A state file: each serial has another TTL, records that come and go, and a secret. */
export function stateOfZone(serial: number): string {
  const provider = 'provider["registry.terraform.io/hashicorp/aws"]';
  const instance = (attributes: object, ...sensitive: string[]) => ({
    attributes,
    sensitive_attributes: sensitive.map((value) => [{ type: 'get_attr', value }]),
  });
  const records = Array.from({ length: serial }, (_, index) => ({
    index_key: `host-${index + 1}.example.com`,
    ...instance({ id: `Z1_host-${index + 1}`, records: [`10.0.0.${index + 1}`], ttl: 60 * serial }),
  }));
  const zone = { id: 'Z1', name: 'example.com', comment: `${serial} records, kept by Zenfra`, tags: { Team: 'dns' } };
  const key = { id: 'k', algorithm: 'ECDSAP256SHA256', private_key: `-----BEGIN KEY----- ${serial}` };
  const resources = [
    { mode: 'managed', type: 'aws_route53_zone', name: 'main', provider, instances: [instance(zone)] },
    { mode: 'managed', type: 'aws_route53_record', name: 'host', provider, instances: records },
    {
      module: 'module.dnssec',
      mode: 'managed',
      type: 'aws_kms_key',
      name: 'zone',
      provider,
      instances: [instance(key, 'private_key')],
    },
  ];
  const outputs = {
    hosts: { value: serial, type: 'number' },
    token: { value: `t-${serial}-secret`, type: 'string', sensitive: true },
  };
  const lineage = '9f1c1d7e-2f0b-4c0e-8f5a-6b7c8d9e0f11';
  return `${JSON.stringify({ version: 4, terraform_version: '1.11.4', serial, lineage, outputs, resources }, null, 2)}\n`;
}

export const zoneConfig = `defaults:
  iac: { engine: terraform, version: "1.11" }
  triggers: { on_push: { paths: ["!**/*.md"] } }
stacks:
  dns-prod:
    path: infra/dns
    var_files: [prod.tfvars]
`;
