import type { Signature } from 'openpgp';
import type { Engine } from '../../run/status.ts';
import { engineKeys } from './keys.ts';

/**
 * Whether one of the keys made the signature over those bytes (OpenPGP, detached). `ownKeys`: ASCII-armoured keys that
 * count instead of the makers'. Returns null, or why not.
 */
export async function refuseSignature(
  engine: Engine,
  signed: { sums: Uint8Array; signature: Uint8Array },
  ownKeys: string | null,
): Promise<string | null> {
  // Loaded when an engine is fetched, which is seldom: it takes a moment, and most processes never do.
  const { createMessage, readKey, verify } = await import('openpgp');
  try {
    const blocks = splitBlocks(ownKeys ?? engineKeys[engine]);
    const verificationKeys = await Promise.all(blocks.map((armoredKey) => readKey({ armoredKey })));
    const signature = await readEither(signed.signature);
    const message = await createMessage({ binary: signed.sums });
    const { signatures } = await verify({ message, signature, verificationKeys, format: 'binary', config });
    const reasons = await Promise.all(signatures.map(({ verified }) => verified.then(() => null, reasonOf)));
    if (reasons.includes(null)) return null;
    return reasons[0] ?? 'there is no signature';
  } catch (error) {
    return reasonOf(error);
  }
}

/**
 * A maker prolongs its key from time to time, and the key then says of itself that it is younger than older releases.
 * Those count all the same, as long as the key is good today.
 */
const config = { allowInsecureVerificationWithReformattedKeys: true };

/** A file of keys is one armoured block after another. */
function splitBlocks(text: string): string[] {
  return text.match(/-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?-----END PGP PUBLIC KEY BLOCK-----/g) ?? [];
}

/** As the makers publish it, or as a person would paste it. */
async function readEither(signature: Uint8Array): Promise<Signature> {
  const { readSignature } = await import('openpgp');
  const text = Buffer.from(signature).toString('latin1');
  if (text.startsWith('-----BEGIN PGP')) return readSignature({ armoredSignature: text });
  return readSignature({ binarySignature: signature });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
