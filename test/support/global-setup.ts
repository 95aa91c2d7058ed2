import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

/**
 * For `node --test --test-global-setup=test/support/global-setup.ts`: one PostgreSQL for the whole run, and a
 * place for a Chromium that the first who needs one unpacks. Test files are processes of their own and find both by the
 * environment.
 */
let cluster: TestCluster | undefined;
let browsers: string | undefined;

export async function globalSetup(): Promise<void> {
  cluster = await startTestCluster();
  process.env.ZENFRA_TEST_TEMPLATE_URL = cluster.templateUrl;
  browsers = await mkdtemp(join(tmpdir(), 'zenfra-browser-'));
  process.env.ZENFRA_TEST_CHROMIUM = join(browsers, 'chromium');
}

export async function globalTeardown(): Promise<void> {
  await cluster?.stop();
  if (browsers !== undefined) await rm(browsers, { recursive: true, force: true });
}
