import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { ApiError, notFound } from '../http/api-error.ts';
import type { SandboxEnv } from '../http/env.ts';
import type { Routes } from '../routes/index.ts';
import { integration } from '../shapes/app.ts';
import type { World } from '../world.ts';
import { page } from './layout.tsx';

interface Manifest {
  name: string;
  redirect_url: string;
  hook_attributes: { url: string };
}

/** Codes that a manifest was given, each good once. */
const given = new WeakMap<World, Map<string, Manifest>>();

function codesOf(world: World): Map<string, Manifest> {
  const codes = given.get(world) ?? new Map<string, Manifest>();
  given.set(world, codes);
  return codes;
}

/** Makes the sandbox's App what a manifest says: the form that a program sends a person with, and the way back. */
export function manifestPages(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  const create = async (c: Context<SandboxEnv>) => {
    const manifest = readManifest((await c.req.parseBody()).manifest);
    if (!manifest) return c.text('This is no manifest of a GitHub App.', 422);
    const code = randomBytes(20).toString('hex');
    codesOf(world).set(code, manifest);
    const back = new URL(manifest.redirect_url);
    back.searchParams.set('code', code);
    back.searchParams.set('state', c.req.query('state') ?? '');
    return c.html(
      page(
        'Create GitHub App',
        <section class="box">
          <h2>Create the GitHub App {manifest.name}</h2>
          <p>
            <a href={back.href}>Create GitHub App</a>
          </p>
        </section>,
      ),
    );
  };
  app.post('/settings/apps/new', create);
  app.post('/organizations/:organization/settings/apps/new', create);
  return app;
}

function readManifest(text: unknown): Manifest | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const manifest = JSON.parse(text) as Partial<Manifest>;
    const addresses = [manifest.redirect_url ?? '', manifest.hook_attributes?.url ?? ''];
    return manifest.name && addresses.every((address) => URL.canParse(address)) ? (manifest as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

/** Hands out the keys of an App that was made from a manifest: from now on it is the sandbox's App. */
export const manifestRoutes: Routes = (app, world) => {
  app.post('/app-manifests/:code/conversions', (c) => {
    const codes = codesOf(world);
    const manifest = codes.get(c.req.param('code'));
    if (!manifest) throw notFound();
    codes.delete(c.req.param('code'));
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    const secrets = { webhookSecret: randomBytes(20).toString('hex'), clientSecret: randomBytes(20).toString('hex') };
    const clientId = `Iv1.${randomBytes(8).toString('hex')}`;
    if (!manifest.hook_attributes.url) throw new ApiError(422, 'hook_attributes.url is missing');
    Object.assign(world.options.app, { publicKey, clientId, webhookUrl: manifest.hook_attributes.url, ...secrets });
    const keys = { client_id: clientId, client_secret: secrets.clientSecret, webhook_secret: secrets.webhookSecret };
    return c.json({ ...integration(world), name: manifest.name, ...keys, pem: privateKey }, 201);
  });
};
