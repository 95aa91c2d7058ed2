import { Hono } from 'hono';
import type { PageStack } from '../db/page-stack.ts';
import { findNewestVersion, findVersionBySerial, hasRejectedState } from '../db/page-state.ts';
import { readRejectedState, readState } from '../state/read-state.ts';
import type { PagesDeps } from './deps.ts';
import type { PageContext, PageEnv } from './env.ts';
import { isUuid, readSerial } from './parameters.ts';
import { sendMessage, sendNotFound } from './respond.ts';
import { lackOf, onStack, seeStack } from './see.ts';

/**
 * States in clear, as they came: `/stacks/:id/state/12.tfstate`, the present one as `current.tfstate`, and what was
 * refused. A state holds secrets: reading the repository is not enough, and GitHub is asked at this moment.
 */
export function stateFileRoutes(deps: PagesDeps): Hono<PageEnv> {
  return new Hono<PageEnv>()
    .get('/stacks/:id/state/:file{(?:current|[0-9]{1,20})\\.tfstate}', (c) =>
      forThoseWho(c, deps, {
        needed: 'write',
        send: async (stack) => {
          const name = c.req.param('file').replace('.tfstate', '');
          const version =
            name === 'current'
              ? await findNewestVersion(deps.db, stack.id)
              : await findVersionBySerial(deps.db, stack.id, readSerial(name) ?? '-1');
          if (!version) return sendNotFound(c, deps);
          const bytes = await readState(deps.state, version.id);
          return sendFile(c, bytes, `${fileName(stack)}-serial-${version.serial}.tfstate`);
        },
      }),
    )
    .get('/stacks/:id/state/rejected/:file{[0-9a-f-]{36}\\.tfstate}', (c) =>
      forThoseWho(c, deps, {
        needed: 'admin',
        send: async (stack) => {
          const id = c.req.param('file').replace('.tfstate', '');
          if (!isUuid(id) || !(await hasRejectedState(deps.db, stack.id, id))) return sendNotFound(c, deps);
          return sendFile(
            c,
            await readRejectedState(deps.state, id),
            `${fileName(stack)}-rejected-${id.slice(0, 8)}.tfstate`,
          );
        },
      }),
    );
}

async function forThoseWho(
  c: PageContext,
  deps: PagesDeps,
  { needed, send }: { needed: 'write' | 'admin'; send: (stack: PageStack) => Promise<Response> },
): Promise<Response> {
  const seen = await seeStack(c, deps, c.req.param('id') ?? '');
  if (!seen) return sendNotFound(c, deps);
  const lack = await lackOf(c, deps, { ...onStack(seen.stack), needed });
  if (lack !== null) return sendMessage(c, deps, 403, `A state holds secrets in clear. ${lack}`);
  return send(seen.stack);
}

/** Only characters that need no quoting in a header. */
function fileName(stack: PageStack): string {
  return stack.name.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 60);
}

function sendFile(c: PageContext, bytes: Buffer, name: string): Response {
  c.header('Content-Type', 'application/json');
  c.header('Content-Disposition', `attachment; filename="${name}"`);
  c.header('Cache-Control', 'no-store');
  return c.body(new Uint8Array(bytes));
}
