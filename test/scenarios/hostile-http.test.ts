import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { openScene } from '../support/scene.ts';

const scene = await openScene({ after }, { files: { 'README.md': 'x' } });
const { host, hostname, port } = new URL(scene.url);

/**
 * Sends bytes as they are, and breaks off where they promise more; the status of the answer, or null where the
 * connection is closed without one.
 */
function sendRaw(text: string, breaksOff: boolean): Promise<number | null> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(Buffer.from(text, 'latin1'));
      if (breaksOff) socket.end();
    });
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer === '' ? null : Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])));
  });
}

const get = (target: string, more = `host: ${host}`) =>
  `GET ${target} HTTP/1.1\r\n${more}\r\nconnection: close\r\n\r\n`;
const post = (target: string, more: string, body = '') =>
  `POST ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n${more}\r\n\r\n${body}`;

for (const [what, expected, bytes] of [
  ['no host', 400, get('/', 'x: y')],
  ['an empty host', 403, get('/', 'host:')],
  ['a host that is none', 400, get('/', 'host: a b<script>')],
  ['a host with a path', 400, get('/', 'host: evil/..%00')],
  ['a host with a password', 400, get('/', 'host: a:b@c')],
  ['a host with a port that is none', 400, get('/', 'host: x:99999999')],
  ['an address of another server', 200, get('http://evil.example/')],
  ['an address without a scheme', 404, get('//evil.example/')],
  ['an address with a broken escape', 404, get('/stacks/%')],
  ['a run with a broken escape', 404, get('/runs/%E0%A4%A/logs.txt')],
  ['a state with a broken escape', 401, get('/state/%E0%A4%A')],
  ['a query with broken escapes', 400, get('/stacks/x?by=%&status=%E0%A4&%=%')],
  ['a path that goes up', 404, get('/assets/../../../../etc/passwd')],
  ['a path that goes up in escapes', 404, get('/assets/%2e%2e/%2e%2e/etc/passwd')],
  ['an asset beyond NUL', 404, get('/assets/x/zenfra.css%00.txt')],
  ['a path of bytes', 400, get('/\xff\xfe\x80')],
  ['a path of 10 kB', 404, get(`/${'a/'.repeat(5_000)}`)],
  ['a path of 100 kB', 431, get(`/${'a'.repeat(100_000)}`)],
  ['ten thousand parameters', 200, get(`/?${'a&'.repeat(5_000)}`)],
  ['a thousand headers', 431, get('/', `host: ${host}\r\n${'a: b\r\n'.repeat(3_000)}c: d`)],
  ['a star', 400, get('*')],
  ['a method of nobody', 400, `BREW / HTTP/1.1\r\nhost: ${host}\r\n\r\n`],
  ['TRACE', 404, `TRACE / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`],
  ['CONNECT', null, 'CONNECT evil.example:443 HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['an upgrade', 200, get('/', `host: ${host}\r\nconnection: upgrade\r\nupgrade: websocket`)],
  ['no HTTP', 400, '\x16\x03\x01\x02\x00\x01\x00'],
  ['two lengths', 400, post('/api/github/webhooks', 'content-length: 5\r\ncontent-length: 6', 'hello')],
  [
    'a length and pieces',
    400,
    post('/api/github/webhooks', 'content-length: 5\r\ntransfer-encoding: chunked', '0\r\n\r\n'),
  ],
  ['a length below zero', 400, post('/api/github/webhooks', 'content-length: -1')],
  ['a length of 1e999', 400, post('/api/github/webhooks', 'content-length: 1e999')],
  ['a length that is not kept', 'breaks off', post('/api/github/webhooks', 'content-length: 100', '{')],
  ['a piece of a size that is none', 400, post('/api/github/webhooks', 'transfer-encoding: chunked', 'zz\r\n')],
  ['a body that breaks off', 'breaks off', post('/runs/x/approve', 'transfer-encoding: chunked', '5\r\nab')],
  [
    'a form that is a file',
    403,
    post('/runs/x/approve', 'content-type: multipart/form-data; boundary=x\r\ncontent-length: 3', '--x'),
  ],
] as const) {
  test(`${what} is answered, and not by an error of ours`, async () => {
    const status = await sendRaw(bytes, expected === 'breaks off');
    if (expected !== 'breaks off') assert.equal(status, expected);
    assert.equal((await fetch(`${scene.url}/livez`)).status, 200);
  });
}
