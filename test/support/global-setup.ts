import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileViews } from './compile-views.ts';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

/**
 * For `node --test --test-global-setup=test/support/global-setup.ts`: one PostgreSQL for the whole run, the views
 * compiled, and a place for a Chromium that the first who needs one unpacks. Test files are processes of their own and find both by the
 * environment.
 */
let cluster: TestCluster | undefined;
let directory: string | undefined;

export async function globalSetup(): Promise<void> {
  cluster = await startTestCluster();
  process.env.ZENFRA_TEST_TEMPLATE_URL = cluster.templateUrl;
  directory = await mkdtemp(join(tmpdir(), 'zenfra-tests-'));
  process.env.ZENFRA_TEST_CHROMIUM = join(directory, 'chromium');
  process.env.ZENFRA_TEST_VIEWS = join(directory, 'views.json');
  await compileViews(process.env.ZENFRA_TEST_VIEWS);
}

export async function globalTeardown(): Promise<void> {
  await cluster?.stop();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
}
