import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { zip } from '../../runners/mirror.ts';

const platform = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;

export interface Offered {
  /** For `TF_CLI_CONFIG_FILE`: providers come from the mirror alone. */
  config: string;
  /** Where the provider's resources are, as files. */
  files: string;
  /** A root module with the provider, before what a test wants of it. */
  module: string;
}

/**
 * A mirror with the provider `acme/files` of these versions, a program that speaks Terraform's plugin protocol, packed as
 * registries have it, or unpacked, which engines only link to. Whoever runs as another user may go through and write to
 * its files.
 */
export async function offerProvider(
  directory: string,
  { versions = ['1.0.0'], packed = true }: { versions?: readonly string[]; packed?: boolean } = {},
): Promise<Offered> {
  const bundled = await build({
    entryPoints: [join(import.meta.dirname, 'main.ts')],
    ...{ bundle: true, platform: 'node', target: 'node20', format: 'cjs', write: false, logLevel: 'warning' },
    // Found by the PATH of a run as any program is.
    banner: { js: '#!/usr/bin/env node' },
  });
  const program = Buffer.from(bundled.outputFiles[0]?.contents ?? []);
  const place = join(directory, 'mirror/registry.terraform.io/acme/files');
  const files = join(directory, 'files');
  await mkdir(place, { recursive: true });
  await mkdir(files);
  await chmod(files, 0o777);
  for (const version of versions) {
    const name = `terraform-provider-files_v${version}`;
    if (packed) await writeFile(join(place, `${name.replace('_v', '_')}_${platform}.zip`), zip({ [name]: program }));
    else await unpack(join(place, version, platform), name, program);
  }
  const config = join(directory, 'cli.tfrc');
  const mirror = join(directory, 'mirror');
  await writeFile(config, `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`);
  return { config, files, module: moduleOf(files) };
}

async function unpack(directory: string, name: string, program: Buffer): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, name), program, { mode: 0o755 });
}

function moduleOf(files: string): string {
  return `terraform {
  required_providers {
    files = { source = "acme/files" }
  }
}
provider "files" {
  directory = "${files}"
}
`;
}
