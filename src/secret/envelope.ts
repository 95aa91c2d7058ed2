import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** The installation's key. It lives outside the database: whoever has a dump of the one still lacks the other. */
export interface MasterKey {
  /** Made from the key's bytes, and written into everything sealed with it, so that a later key can be told apart. */
  id: string;
  /** 32. */
  bytes: Buffer;
  /** Keys of earlier times: what was sealed with one opens, and nothing is sealed with it any more. */
  former: readonly Pick<MasterKey, 'id' | 'bytes'>[];
}

/** Sealed bytes that cannot be opened; the message says whether the key, the place or the bytes are wrong. */
export class EnvelopeError extends Error {
  override name = 'EnvelopeError';
}

const formatVersion = 1;
const keyIdLength = 8;
const nonceLength = 12;
const tagLength = 16;
const headerLength = 1 + keyIdLength + nonceLength;

/**
 * Encrypts with AES-256-GCM. `context` names the place the result is stored at, such as `state_versions/<id>`: sealed
 * bytes that somebody moves to another row do not open there. Layout: format version (1 byte), key id (8), nonce (12),
 * ciphertext, tag (16).
 */
export function seal(key: MasterKey, plaintext: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(nonceLength);
  const header = Buffer.concat([Buffer.from([formatVersion]), Buffer.from(key.id, 'latin1'), nonce]);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: tagLength });
  cipher.setAAD(boundTo(header, context));
  return Buffer.concat([header, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The plaintext; throws `EnvelopeError` if the key or the context is not the one it was sealed with, or a bit has changed. */
export function open(key: MasterKey, sealed: Uint8Array, context: string): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes.length < headerLength + tagLength || bytes[0] !== formatVersion) {
    throw new EnvelopeError(`${context} does not hold sealed bytes of a format we know (${describe(bytes)})`);
  }
  const keyId = keyIdOf(bytes);
  const used = [key, ...key.former].find(({ id }) => id === keyId);
  if (!used) {
    throw new EnvelopeError(
      `${context} was sealed with the key ${printable(keyId)}, and ZENFRA_SECRET_KEY is ${key.id}. Give back the key it was made with.`,
    );
  }
  const header = bytes.subarray(0, headerLength);
  const decipher = createDecipheriv('aes-256-gcm', used.bytes, header.subarray(1 + keyIdLength), {
    authTagLength: tagLength,
  });
  decipher.setAAD(boundTo(header, context));
  decipher.setAuthTag(bytes.subarray(-tagLength));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(headerLength, -tagLength)), decipher.final()]);
  } catch (error) {
    throw new EnvelopeError(`${context} does not open: its bytes were changed, or belong to another place`, {
      cause: error,
    });
  }
}

/** The id of the key that bytes were sealed with. */
export function keyIdOf(sealed: Uint8Array): string {
  return Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength).toString('latin1', 1, 1 + keyIdLength);
}

/** Reads 32 bytes in base64 (with or without padding, URL-safe too) or hex. Throws a sentence that does not repeat the text. */
export function parseMasterKey(text: string, former: readonly Pick<MasterKey, 'id' | 'bytes'>[] = []): MasterKey {
  const trimmed = text.trim();
  const bytes = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : fromBase64(trimmed);
  if (bytes?.length !== 32) {
    throw new EnvelopeError(
      `ZENFRA_SECRET_KEY must be 32 bytes in base64 or hex; it is ${trimmed.length} characters that are not. Make one with: openssl rand -base64 32`,
    );
  }
  return {
    id: createHash('sha256').update('zenfra master key id').update(bytes).digest('hex').slice(0, keyIdLength),
    bytes,
    former,
  };
}

/** A new key as text, for `parseMasterKey`. */
export function generateMasterKey(): string {
  return randomBytes(32).toString('base64');
}

function boundTo(header: Uint8Array, context: string): Buffer {
  return Buffer.concat([header, Buffer.from(context)]);
}

/** `Buffer.from` skips what it does not know; a mistyped key must not become another key. */
function fromBase64(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

function describe(bytes: Buffer): string {
  return bytes.length === 0 ? 'it is empty' : `${bytes.length} bytes, the first is ${bytes[0]}`;
}

function printable(keyId: string): string {
  return /^[0-9a-f]+$/.test(keyId) ? keyId : '(unreadable)';
}
