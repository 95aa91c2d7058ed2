import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An address that answers only when it is told to: a plan that reads it waits there, for as long as a step needs. */
export interface Gate {
  address: string;
  /** Terraform configuration that reads the address. */
  configuration: string;
  /** Requests so far. */
  knocks(): number;
  /** Whether any of them came with a credential. */
  gotCredential(): boolean;
  open(): void;
  close(): Promise<void>;
}

const emptyState = JSON.stringify({
  version: 4,
  terraform_version: '1.4.0',
  serial: 1,
  lineage: 'company',
  outputs: {},
  resources: [],
});

export async function buildGate(): Promise<Gate> {
  let knocks = 0;
  let credential = false;
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const server = createServer(async (request, response) => {
    knocks += 1;
    credential ||= request.headers.authorization !== undefined;
    await opened;
    response.writeHead(200, { 'content-type': 'application/json' }).end(emptyState);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}/company`;
  return {
    address,
    configuration: `# Another team keeps the company's address plan; its server takes its time.
data "terraform_remote_state" "company" {
  backend = "http"
  config = {
    address   = "${address}"
    retry_max = 0
  }
}
`,
    knocks: () => knocks,
    gotCredential: () => credential,
    open,
    async close() {
      open();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
