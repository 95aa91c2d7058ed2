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
 * registries have it. Whoever runs as another user may go through and write to its files.
 */
export async function offerProvider(directory: string, versions: readonly string[] = ['1.0.0']): Promise<Offered> {
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
    const packed = zip({ [`terraform-provider-files_v${version}`]: program });
    await writeFile(join(place, `terraform-provider-files_${version}_${platform}.zip`), packed);
  }
  const config = join(directory, 'cli.tfrc');
  const mirror = join(directory, 'mirror');
  await writeFile(config, `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`);
  return { config, files, module: moduleOf(files) };
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
