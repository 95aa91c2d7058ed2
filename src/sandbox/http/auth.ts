import { createPublicKey, verify } from 'node:crypto';
import type { Account, Installation, Repository, TokenScope } from '../store.ts';
import { permissionOf } from '../store.ts';
import type { World } from '../world.ts';
import { ApiError } from './api-error.ts';

/** Who calls. */
export type Caller =
  | { kind: 'app' }
  | { kind: 'installation'; installation: Installation; repositoryIds: number[] | undefined; scope: TokenScope }
  | { kind: 'user'; account: Account }
  | { kind: 'anonymous' };

/** Longest life that GitHub allows an App's JWT, in seconds, with a minute for clocks that differ. */
const MAX_JWT_LIFE = 600 + 60;

/** Reads the Authorization header. Throws a 401 if there is one that is not good. */
export function authenticate(world: World, header: string | undefined): Caller {
  if (!header) return { kind: 'anonymous' };
  const token = /^(?:bearer|token)\s+(\S+)$/i.exec(header)?.[1] ?? basicPassword(header);
  if (token === undefined) throw new ApiError(401, 'Bad credentials');
  if (token.split('.').length === 3) {
    verifyJwt(world, token);
    return { kind: 'app' };
  }
  const known = world.store.tokens.get(token);
  if (!known || known.kind === 'archive' || known.expiresAt <= Date.now()) throw new ApiError(401, 'Bad credentials');
  return known;
}

/** Whether a caller may see a repository at all. */
export function mayRead(caller: Caller, repository: Repository): boolean {
  if (caller.kind === 'installation') {
    const selected = caller.repositoryIds === undefined || caller.repositoryIds.includes(repository.id);
    return repository.installation?.id === caller.installation.id && selected;
  }
  if (caller.kind === 'user') return permissionOf(repository, caller.account.login) !== 'none';
  return caller.kind === 'anonymous' && !repository.private;
}

/** Throws a 403 unless the caller has a right: an installation by its token's scope, a user by role. */
export function requireScope(caller: Caller, repository: Repository, [area, level]: [string, 'read' | 'write']): void {
  if (caller.kind === 'installation') {
    const has = caller.scope[area];
    if (has === 'write' || has === level) return;
    throw new ApiError(403, 'Resource not accessible by integration');
  }
  if (level === 'read') return;
  if (caller.kind !== 'user') throw new ApiError(401, 'Requires authentication');
  const role = permissionOf(repository, caller.account.login);
  // Whoever may read may comment.
  if (area === 'issues' || role === 'write' || role === 'maintain' || role === 'admin') return;
  throw new ApiError(403, 'Must have write access to the repository');
}

function basicPassword(header: string): string | undefined {
  const encoded = /^basic\s+(\S+)$/i.exec(header)?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString().split(':').slice(1).join(':');
}

function verifyJwt(world: World, token: string): void {
  const { id, publicKey, clientId } = world.options.app;
  const [head = '', body = '', signature = ''] = token.split('.');
  const header = decode(head);
  const claims = decode(body);
  const key = createPublicKey(publicKey);
  const signed = verify('RSA-SHA256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'));
  if (header?.alg !== 'RS256' || !claims || !signed) {
    throw new ApiError(401, 'A JSON web token could not be decoded');
  }
  const now = Math.floor(Date.now() / 1000);
  const { exp, iat, iss } = claims;
  if (String(iss) !== String(id) && iss !== clientId)
    throw new ApiError(401, "'Issuer' claim ('iss') must be the App's id");
  if (typeof exp !== 'number' || exp <= now) {
    throw new ApiError(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (typeof iat !== 'number' || iat > now + 60) {
    throw new ApiError(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  }
  if (exp > now + MAX_JWT_LIFE) throw new ApiError(401, "'Expiration time' claim ('exp') is too far in the future");
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
