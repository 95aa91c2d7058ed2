import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { certificate, certificatePem, keyPem } from '../localhost-certificate.ts';
import { handlers, type Request } from './files.ts';
import { controllerService, providerService } from './protocol.ts';

/**
 * As go-plugin's servers: a socket in `TMPDIR`, and one line on stdout that says where it is and who answers there. Its
 * name is random, as process ids come again where each command has its own: what a killed one leaves would be in the way.
 */
const socket = join(tmpdir(), `plugin${String(randomInt(2 ** 32)).padStart(10, '0')}`);

const implementation = Object.fromEntries(
  Object.entries(handlers).map(([name, handle]) => [
    name,
    (call: { request: Request }, done: (error: unknown, response?: unknown) => void) => {
      const answer = (async () => handle(call.request))();
      answer.then(
        (response) => done(null, response),
        (error) => done({ code: status.INTERNAL, message: String(error) }),
      );
    },
  ]),
) as UntypedServiceImplementation;

/** An engine that starts a plugin wants TLS, with the certificate which the plugin names in its handshake. */
const credentials = ServerCredentials.createSsl(null, [
  { cert_chain: Buffer.from(certificatePem), private_key: Buffer.from(keyPem) },
]);

const server = new Server();
server.addService(providerService, implementation);
server.addService(controllerService, { Shutdown: () => process.exit() });
server.bindAsync(`unix:${socket}`, credentials, (error) => {
  if (error) throw error;
  process.stdout.write(`1|6|unix|${socket}|grpc|${certificate.replace(/=+$/, '')}\n`);
});
// Ctrl-C reaches the whole group; the engine tells its plugins by itself when they are to stop.
process.on('SIGINT', () => undefined);
