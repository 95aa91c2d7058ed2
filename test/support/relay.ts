import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between two ends of a TCP connection, and lets the way between them be lost. */
export interface Relay {
  port: number;
  /** Nothing goes through any more, and nobody is told: as when a network or a server hangs. */
  hang(): void;
  /** What is asked gets through, and no answer comes back. */
  loseAnswers(): void;
  /** All connections end, and new ones as soon as they are made. */
  refuse(): void;
  /** What has waited goes through, and connections are taken again. */
  goOn(): void;
  close(): Promise<void>;
}

/** `target` is asked for each connection. */
export async function openRelay(target: () => { host: string; port: number }): Promise<Relay> {
  const pairs = new Set<[Socket, Socket]>();
  let hanging = false;
  let refusing = false;
  const server = createServer((near) => {
    if (refusing) return void near.destroy();
    const { host, port } = target();
    const far = connect(port, host);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => near.write(bytes));
    if (hanging) pause(pair);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const all = (act: (pair: [Socket, Socket]) => void) => [...pairs].forEach(act);
  return {
    port: (server.address() as AddressInfo).port,
    hang() {
      hanging = true;
      all(pause);
    },
    loseAnswers() {
      all(([, far]) => void far.pause());
    },
    goOn() {
      hanging = false;
      refusing = false;
      all((pair) => pair.forEach((socket) => void socket.resume()));
    },
    refuse() {
      refusing = true;
      all((pair) => pair.forEach((socket) => void socket.destroy()));
    },
    async close() {
      all((pair) => pair.forEach((socket) => void socket.destroy()));
      server.close();
      await once(server, 'close');
    },
  };
}

function pause(pair: [Socket, Socket]): void {
  for (const socket of pair) socket.pause();
}
