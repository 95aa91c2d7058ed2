import { locateMembers, scanObject } from './scan-object.ts';

/** What the backend reads of a state; the rest is the engine's and is kept as it came. */
export interface Snapshot {
  /** An unsigned 64-bit integer in decimal: too large for a JavaScript number. */
  serial: string;
  lineage: string;
  /** Whether anything that exists is recorded in it: what nobody would manage if the state were lost. Null where that is encrypted. */
  holdsResources: boolean | null;
  /** By OpenTofu's state encryption, which leaves the serial and the lineage to be read, and has them inside once more. */
  encrypted: boolean;
}

export type ReadSnapshot = { ok: true; snapshot: Snapshot } | { ok: false; why: string };

/** Terraform counts in 64 bits; beyond this a JSON reader somewhere on the way would have rounded it, so it is no serial to trust. */
export const largestSerial = 2n ** 53n;

/**
 * Reads a state file of format version 4, the one that terraform since 0.12 and OpenTofu write; or what OpenTofu makes of
 * it where its configuration or `TF_ENCRYPTION` says how to encrypt it: that has no format version outside.
 */
export function readSnapshot(bytes: Buffer): ReadSnapshot {
  const members = scanObject(bytes, ['version', 'serial', 'lineage', 'resources', 'encryption_version']);
  if (!members) return { ok: false, why: 'The body is not a JSON object, so it is no state. Nothing was saved.' };
  const version = members.get('version');
  const encrypted = textOf(members.get('encryption_version')) !== undefined;
  if (version !== '4' && !encrypted) {
    return no(`its format version is ${shown(version)}, and only 4 is known. Use terraform 0.12 or newer, or OpenTofu`);
  }
  const serial = members.get('serial') ?? '';
  if (!/^(?:0|[1-9]\d{0,19})$/.test(serial) || BigInt(serial) > largestSerial) {
    return no(`its serial is ${shown(serial)}, and must be a whole number from 0 to ${largestSerial}`);
  }
  const lineage = textOf(members.get('lineage'));
  if (lineage === undefined) {
    return no(`its lineage is ${shown(members.get('lineage'))}, and must be a text of 1 to 200 printable characters`);
  }
  const holdsResources = encrypted ? null : !/^(?:\[\s*\]|null)$/.test(members.get('resources') ?? 'null');
  return { ok: true, snapshot: { serial, lineage, holdsResources, encrypted } };
}

/** Whether nobody without the key can read what is in it. */
export function isEncrypted(bytes: Buffer): boolean {
  const read = readSnapshot(bytes);
  return read.ok && read.snapshot.encrypted;
}

/** The same state under another serial: every other byte stays as it is. Throws for what `readSnapshot` refuses. */
export function withSerial(bytes: Buffer, serial: bigint): Buffer {
  const place = locateMembers(bytes, ['serial'])?.get('serial');
  if (!place || place.start === place.end) throw new Error(`These ${bytes.length} bytes are no state with a serial`);
  return Buffer.concat([bytes.subarray(0, place.start), Buffer.from(String(serial)), bytes.subarray(place.end)]);
}

/** The database keeps the lineage as text, which cannot hold everything that JSON can. */
function textOf(raw: string | undefined): string | undefined {
  if (!raw?.startsWith('"')) return undefined;
  const text = JSON.parse(raw) as string;
  return text.length <= 200 && /^[^\p{C}]+$/u.test(text) ? text : undefined;
}

function no(why: string): { ok: false; why: string } {
  return { ok: false, why: `The state was not saved: ${why}.` };
}

function shown(raw: string | undefined): string {
  return raw ? raw.slice(0, 60) : 'missing or not a plain value';
}
