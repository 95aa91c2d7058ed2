import {
  compareVersions,
  type EngineVersion,
  parseVersion,
  satisfies,
  type VersionConstraint,
} from '../../run/engine-version.ts';
import { type Engine, engineLabels } from '../../run/status.ts';
import { fetchBytes } from './fetch-bytes.ts';

/** Where releases of the engines are fetched from; null: from nowhere. Addresses have no slash at their end. */
export type EngineMirrors = Record<Engine, string | null>;

/** OpenTofu's releases on GitHub have no index beside them; that is at another address. */
const tofuReleases = 'https://github.com/opentofu/opentofu/releases/download';
const tofuIndex = 'https://get.opentofu.org/tofu/api.json';

/** Addresses of one release's files for this machine. */
export interface ReleaseFiles {
  /** The archive's name, as the checksums list it. */
  archiveName: string;
  archive: string;
  sums: string;
  signature: string;
}

const largestIndex = 32_000_000;

/**
 * The newest release that fits. A mirror has the layout of its original: below `terraform/` HashiCorp's `index.json`
 * and a directory for each version; for OpenTofu `api.json` and a directory `v…` for each. Undefined if none fits.
 */
export async function findRelease(
  engine: Engine,
  constraint: VersionConstraint,
  mirror: string,
): Promise<EngineVersion | undefined> {
  const fitting = (await listReleases(engine, mirror)).filter((version) => satisfies(version, constraint));
  return fitting.sort(compareVersions).at(-1);
}

export function releaseFiles(engine: Engine, version: string, mirror: string): ReleaseFiles {
  const directory = engine === 'terraform' ? `${mirror}/terraform/${version}` : `${mirror}/v${version}`;
  const archiveName = `${engine}_${version}_${platform()}.zip`;
  const sums = `${directory}/${engine}_${version}_SHA256SUMS`;
  // OpenTofu's `.sig` is of another kind (cosign).
  const signature = `${sums}.${engine === 'terraform' ? 'sig' : 'gpgsig'}`;
  return { archiveName, archive: `${directory}/${archiveName}`, sums, signature };
}

async function listReleases(engine: Engine, mirror: string): Promise<EngineVersion[]> {
  const index = engine === 'terraform' ? `${mirror}/terraform/index.json` : indexOfTofu(mirror);
  const parsed: unknown = JSON.parse(Buffer.from(await fetchBytes(index, largestIndex)).toString());
  const versions = typeof parsed === 'object' && parsed !== null && 'versions' in parsed ? parsed.versions : undefined;
  if (typeof versions !== 'object' || versions === null) {
    throw new Error(`${index} lists no versions of ${engineLabels[engine]}`);
  }
  const names = Array.isArray(versions) ? versions.map((each) => String(each?.id)) : Object.keys(versions);
  return names.map(parseVersion).filter((version) => version !== null);
}

function indexOfTofu(mirror: string): string {
  return mirror === tofuReleases ? tofuIndex : `${mirror}/api.json`;
}

/** As both name it in their archives. */
function platform(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const processor = process.arch === 'x64' ? 'amd64' : process.arch === 'ia32' ? '386' : process.arch;
  return `${system}_${processor}`;
}
