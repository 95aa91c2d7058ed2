import { createPrivateKey, randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { handlers, type Request } from './files.ts';
import { controllerService, providerService } from './protocol.ts';

/**
 * Of `localhost`, for a hundred years. An engine that starts a plugin wants TLS, with the certificate which the plugin
 * names in its handshake; that it is no secret hurts nobody here.
 */
const certificate =
  'MIIBlDCCATugAwIBAgIUGnA6L7rTZlCCIjatZxQUdu6DksIwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODE3NTUxMFoYDzIxMjYxMTA0MTc1NTEwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASDoy/ko/EkqX/OAHcZeBDNlSXL2Tcl8iYm1C7eumluzoy3vwn1Qem6tIGQjLjSeZ1/jZF3A6bMzTJp3ovjZWVZo2kwZzAdBgNVHQ4EFgQU2JkM8x7tfrpMqMZUNtdNMbju2u4wHwYDVR0jBBgwFoAU2JkM8x7tfrpMqMZUNtdNMbju2u4wDwYDVR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwIDRwAwRAIgUJF6js5J71L6uuVuvtt83PlB7ommgG6nqZ9I6npHvRoCICLypptL70CasfoTGHOzdeIAVGxjjcafhxIbr8HcIUU9';
const key = {
  ...{ kty: 'EC', crv: 'P-256', x: 'g6Mv5KPxJKl_zgB3GXgQzZUly9k3JfImJtQu3rppbs4' },
  ...{ y: 'jLe_CfVB6bq0gZCMuNJ5nX-NkXcDpszNMmnei-NlZVk', d: 'x16kot8IPOTU4tIxCDBhnKCTXnpPrBeq_vdccCAGsq4' },
};

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

const pem = [
  '-----BEGIN CERTIFICATE-----',
  ...(certificate.match(/.{1,64}/g) ?? []),
  '-----END CERTIFICATE-----\n',
].join('\n');
const keyPem = createPrivateKey({ key, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' });
const credentials = ServerCredentials.createSsl(null, [
  { cert_chain: Buffer.from(pem), private_key: Buffer.from(keyPem) },
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
