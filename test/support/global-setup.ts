import { startTestCluster, type TestCluster } from './test-cluster.ts';

/**
 * For `node --test --test-global-setup=test/support/global-setup.ts`: one PostgreSQL for the whole run. Test files are
 * processes of their own and find it by the environment.
 */
let cluster: TestCluster | undefined;

export async function globalSetup(): Promise<void> {
  cluster = await startTestCluster();
  process.env.ZENFRA_TEST_TEMPLATE_URL = cluster.templateUrl;
}

export async function globalTeardown(): Promise<void> {
  await cluster?.stop();
}
