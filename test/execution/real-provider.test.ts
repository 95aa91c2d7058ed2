import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { executePlan } from '../../src/execution/execute-plan.ts';
import { openStage } from './stage.ts';

const stage = await openStage();
after(() => stage.close());

const count = 300;

/** Providers that plan what is not there yet without asking anybody, each with a configuration of as many resources. */
const plannable: Record<string, string> = {
  aws: `provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}
resource "aws_sqs_queue" "it" {
  count = ${count}
  name  = "queue-\${count.index}"
  tags  = { number = count.index }
}
`,
  null: `resource "null_resource" "it" {\n  count = ${count}\n}\n`,
  random: `resource "random_pet" "it" {\n  count = ${count}\n}\n`,
};

interface Mirrored {
  mirror: string;
  name: string;
  version: string;
}

/** In the mirrors of the engine's own configuration, or where it looks by itself. */
function findProvider(): Mirrored | undefined {
  const config = process.env.TF_CLI_CONFIG_FILE ?? join(homedir(), '.terraformrc');
  const text = existsSync(config) ? readFileSync(config, 'utf8') : '';
  const configured = [...text.matchAll(/filesystem_mirror\s*\{[^}]*?path\s*=\s*"([^"]+)"/g)].map(([, path]) => path);
  const implied = [join(homedir(), '.terraform.d'), '/usr/local/share/terraform', '/usr/share/terraform'];
  for (const mirror of [...configured, ...implied.map((directory) => join(directory, 'plugins'))]) {
    if (mirror === undefined) continue;
    for (const name of Object.keys(plannable)) {
      const [version] = globSync('*', { cwd: join(mirror, 'registry.terraform.io/hashicorp', name) });
      if (version !== undefined) return { mirror, name, version };
    }
  }
  return undefined;
}

test('a real provider plans hundreds of resources without a network', async (t) => {
  const found = findProvider();
  if (!found) {
    const names = Object.keys(plannable).join(', ');
    return t.skip(
      `No ${names} of hashicorp is in a filesystem mirror of this machine: point TF_CLI_CONFIG_FILE at one.`,
    );
  }
  const { mirror, name, version } = found;
  const config = join(stage.root, 'cli.tfrc');
  writeFileSync(config, `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`);
  const needed = `terraform {\n  required_providers {\n    ${name} = { source = "hashicorp/${name}" }\n  }\n}\n`;
  const source = await stage.source({ 'main.tf': needed + plannable[name] });
  const inherited = { PATH: process.env.PATH, TF_CLI_CONFIG_FILE: config };
  const sink = stage.sink();
  const outcome = await executePlan(stage.planSpec(source, { inherited, timeoutMs: 300_000 }), sink);
  assert.deepEqual(outcome, { ok: true, warnings: [] }, sink.text('planning'));
  assert.deepEqual(sink.plan?.summary.counts, { ...sink.plan?.summary.counts, add: count, change: 0, destroy: 0 });
  const json = JSON.parse(Buffer.from(sink.plan?.json ?? []).toString());
  assert.equal(json.resource_changes.length, count);
  assert.match(Buffer.from(sink.plan?.lockFile ?? []).toString(), new RegExp(`hashicorp/${name}"[^}]+"${version}"`));
  assert.deepEqual(sink.plan?.providers, [{ source: `registry.terraform.io/hashicorp/${name}`, version }]);
});
