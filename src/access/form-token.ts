import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MasterKey } from '../secret/envelope.ts';

/** The token of a session's forms, or of the local user's: made from the installation's key, so that none is stored. */
export function formTokenFor(key: MasterKey, subject: string): string {
  return createHmac('sha256', key.bytes).update(`zenfra form token\0${subject}`).digest('base64url');
}

/** Compared without telling by the time it takes how much was right. */
export function isSameToken(given: string | undefined, expected: string): boolean {
  const [one, other] = [Buffer.from(given ?? ''), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
