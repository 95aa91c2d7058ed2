import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32, deflateRawSync } from 'node:zlib';
import { createMessage, generateKey, readPrivateKey, sign } from 'openpgp';

/** A server with the layout of the makers' own, with nothing on it at first. */
export interface Mirror {
  url: string;
  /** Content by path; what is not there is a 404. */
  files: Map<string, Uint8Array>;
  /** Paths in the order they were asked for. */
  asked: string[];
  /** Told before each answer. */
  onAsked: (path: string) => void;
  close(): Promise<void>;
}

export async function startMirror(): Promise<Mirror> {
  const files = new Map<string, Uint8Array>();
  const asked: string[] = [];
  const mirror = { files, asked, onAsked: (_: string) => {} };
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    mirror.onAsked(path);
    const content = files.get(path);
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return Object.assign(mirror, { url, close });
}

export interface Signer {
  /** ASCII-armoured. */
  publicKey: string;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

export async function makeSigner(): Promise<Signer> {
  const made = await generateKey({ userIDs: [{ name: 'A mirror' }], type: 'ecc' });
  const signingKeys = await readPrivateKey({ armoredKey: made.privateKey });
  return {
    publicKey: made.publicKey,
    sign: async (bytes) =>
      sign({ message: await createMessage({ binary: bytes }), signingKeys, detached: true, format: 'binary' }),
  };
}

/** A program that is no engine but says the version of one; what else it is asked it passes to the real one. */
export function program(version: string): Buffer {
  const says = `if [ "$1" = version ]; then echo '{"terraform_version":"${version}"}'; exit 0; fi`;
  return Buffer.from(`#!/bin/sh\n${says}\nexec terraform "$@"\n`);
}

/** Puts a release on the mirror as its maker would; `changes` break it. */
export async function publish(
  mirror: Mirror,
  release: { engine: 'terraform' | 'tofu'; version: string; signer: Signer },
  changes: { archive?: Uint8Array; content?: Buffer; nameInside?: string } = {},
): Promise<{ archive: string; sums: string; signature: string }> {
  const { engine, version, signer } = release;
  const directory = engine === 'terraform' ? `/terraform/${version}` : `/v${version}`;
  const name = `${engine}_${version}_${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}.zip`;
  const archive = zip({
    'LICENSE.txt': Buffer.from('…'),
    [changes.nameInside ?? engine]: changes.content ?? program(version),
  });
  const sums = Buffer.from(
    `${'0'.repeat(64)}  other.zip\n${createHash('sha256').update(archive).digest('hex')}  ${name}\n`,
  );
  const paths = {
    archive: `${directory}/${name}`,
    sums: `${directory}/${engine}_${version}_SHA256SUMS`,
    signature: `${directory}/${engine}_${version}_SHA256SUMS.${engine === 'terraform' ? 'sig' : 'gpgsig'}`,
  };
  mirror.files.set(paths.archive, changes.archive ?? archive);
  mirror.files.set(paths.sums, sums);
  mirror.files.set(paths.signature, await signer.sign(sums));
  const listed = [...mirror.files.keys()].map((path) => /\/v?([^/]+)\/[^/]+\.zip$/.exec(path)?.[1]).filter(Boolean);
  const index = { versions: Object.fromEntries(listed.map((each) => [each, {}])) };
  mirror.files.set('/terraform/index.json', Buffer.from(JSON.stringify(index)));
  mirror.files.set('/api.json', Buffer.from(JSON.stringify({ versions: listed.map((id) => ({ id })) })));
  return paths;
}

/** A zip archive, packed, of files that may be started. */
export function zip(files: Record<string, Buffer>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let place = 0;
  for (const [name, content] of Object.entries(files)) {
    const packed = deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), packed]);
    const entry = Buffer.alloc(46 - 6 - 26);
    entry.writeUInt32LE(0o100755 * 2 ** 16, 6);
    entry.writeUInt32LE(place, entry.length - 4);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, entry, Buffer.from(name)]));
    parts.push(local);
    place += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(place, 16);
  return Buffer.concat([...parts, entries, end]);
}
