// The baseline of the HTTP benchmark: a bare `node:http` server that sends given bytes. Told what to send over IPC.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

process.once('message', (message) => {
  const { body, headers } = message as { readonly body: string; readonly headers: Readonly<Record<string, string>> };
  const bytes = Buffer.from(body);
  const server = createServer((_, response) => {
    response.writeHead(200, { ...headers, 'Content-Length': bytes.length });
    response.end(bytes);
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
});
