import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Environment, shown, sized } from './environment.ts';

const pemStart = '-----BEGIN';
const shortestSecret = 8;

/**
 * The App's private key as PKCS#8 PEM, whatever it was given as: a PEM with real or `\n`-escaped line ends, a PEM in
 * base64, or the path of a PEM file.
 */
export function readPrivateKey(env: Environment): string {
  const given = env.get('PRIVATE_KEY');
  if (given === undefined) {
    env.problem(
      "PRIVATE_KEY is missing. Give the App's private key as PEM, as base64 of it, or the path of the .pem file.",
    );
    return '';
  }
  const pem = findPem(env, given);
  if (pem === undefined) return '';
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs8', format: 'pem' }).toString();
    env.problem(
      `PRIVATE_KEY is a key of type ${key.asymmetricKeyType}; GitHub's are RSA. Generate one on the App's page.`,
    );
  } catch {
    // The reason of node:crypto names its decoder, not what a person should do; and it must not quote the key.
    env.problem(
      `PRIVATE_KEY is a PEM that cannot be read ${sized(given)}. Paste the whole file, first to last line, without a passphrase.`,
    );
  }
  return '';
}

export function readWebhookSecret(env: Environment): string {
  const secret = env.get('WEBHOOK_SECRET');
  if (secret === undefined) {
    env.problem("WEBHOOK_SECRET is missing. Set the secret of the App's webhook: without it anybody could start runs.");
  } else if (secret.length < shortestSecret) {
    env.problem(
      `WEBHOOK_SECRET is too short ${sized(secret)}. Use at least ${shortestSecret}, such as from: openssl rand -hex 32`,
    );
  }
  return secret ?? '';
}

/** What people sign in with: both variables, or neither. */
export function readOAuth(env: Environment): { clientId: string; clientSecret: string } | null {
  const [clientId, clientSecret] = [env.get('GITHUB_CLIENT_ID'), env.get('GITHUB_CLIENT_SECRET')];
  if (clientId !== undefined && clientSecret !== undefined) return { clientId, clientSecret };
  if (clientId !== undefined || clientSecret !== undefined) {
    const [missing, given] =
      clientId === undefined
        ? ['GITHUB_CLIENT_ID', 'GITHUB_CLIENT_SECRET']
        : ['GITHUB_CLIENT_SECRET', 'GITHUB_CLIENT_ID'];
    env.problem(`${missing} is missing, and ${given} is set. Sign-in needs both; they are on the GitHub App's page.`);
  }
  return null;
}

/** The 32 bytes that plans and state are sealed with; null leaves it to the embedded database's data directory. */
export function readSecretKey(env: Environment, embedded: boolean): Buffer | null {
  const text = env.get('ZENFRA_SECRET_KEY');
  if (text === undefined) {
    if (!embedded) {
      env.problem(
        'ZENFRA_SECRET_KEY is missing, and DATABASE_URL is set. Make one and keep it safe, stored plans and state cannot be read without it: openssl rand -hex 32',
      );
    }
    return null;
  }
  const bytes = readKey(text);
  if (bytes !== null) return bytes;
  env.problem(`ZENFRA_SECRET_KEY is not 32 bytes in hex or base64 ${sized(text)}. Make one with: openssl rand -hex 32`);
  return null;
}

/** Keys that were `ZENFRA_SECRET_KEY` once, with commas between them: what they sealed is sealed anew. */
export function readFormerSecretKeys(env: Environment): Buffer[] {
  const texts = (env.get('ZENFRA_SECRET_KEYS_FORMER') ?? '').split(',').map((text) => text.trim());
  return texts.filter(Boolean).flatMap((text, index) => {
    const key = readKey(text);
    if (key !== null) return [key];
    env.problem(
      `ZENFRA_SECRET_KEYS_FORMER holds no 32 bytes in hex or base64 at place ${index + 1} ${sized(text)}. Write the keys as they were in ZENFRA_SECRET_KEY, with commas between them.`,
    );
    return [];
  });
}

function readKey(text: string): Buffer | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  const bytes = /^[A-Za-z0-9+/_-]+=*$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  return bytes.length === 32 ? bytes : null;
}

/** Checked for its shape alone; null means the embedded database. */
export function readDatabaseUrl(env: Environment): string | null {
  const text = env.get('DATABASE_URL');
  if (text === undefined) return null;
  // PostgreSQL's form for a socket, `postgres://user@/name?host=/run/postgresql`, names no host before the path.
  const named = text.replace('@/', '@localhost/');
  const url = URL.canParse(named) ? new URL(named) : undefined;
  // What stands before the last @ is no host: it is a part of the password, and would be told as a host that is not found.
  const cut = url !== undefined && /@/.test([url.pathname, url.hash, ...url.searchParams.keys()].join(''));
  if (url && !cut && /^postgres(ql)?:$/.test(url.protocol)) return text;
  const received = !url ? 'is not a URL' : cut ? 'has an @ behind its host' : `begins with ${shown(url.protocol)}`;
  env.problem(
    `DATABASE_URL ${received} ${sized(text)}; write postgres://user:password@host:5432/name (with % escapes in the password), or unset it for the embedded database.`,
  );
  return null;
}

function findPem(env: Environment, given: string): string | undefined {
  if (given.includes(pemStart)) return given.replaceAll('\\r', '').replaceAll('\\n', '\n');
  const decoded = Buffer.from(given, 'base64').toString('latin1');
  if (decoded.includes(pemStart)) return decoded;
  if (!looksLikePath(given)) {
    env.problem(
      `PRIVATE_KEY is neither a PEM nor base64 of one nor a path ${sized(given)}. Give the App's private key, or the path of its .pem file.`,
    );
    return undefined;
  }
  try {
    const file = readFileSync(given, 'utf8');
    if (file.includes(pemStart)) return file;
    env.problem(
      `PRIVATE_KEY names the file ${shown(given)}, which holds no PEM. Download the key again from the App's page.`,
    );
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    env.problem(
      `PRIVATE_KEY names the file ${shown(given)}, which cannot be read (${code}). Check the path and its permissions.`,
    );
  }
  return undefined;
}

/** A cut base64 key is never taken for a path and then shown. */
function looksLikePath(text: string): boolean {
  return text.length <= 1024 && (/\.(pem|key)$/i.test(text) || /^(\.{0,2}\/)[\w./ -]{1,200}$/.test(text));
}
