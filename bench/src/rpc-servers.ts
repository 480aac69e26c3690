// The answering side of the RPC benchmark, in a process of its own: our listener, and a bare `node:http2` server that sends
// the same bytes. Tells both ports over IPC.
import { defineRpcMethod, defineRpcStream, rpcEndpoint, rpcStreamEndpoint, RpcServer } from '@steppe/rpc';
import { noMetrics, silentLogger, SystemClock } from '@steppe/runtime';
import { createServer } from 'node:http2';
import type { ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

const callers = ['server', 'client'] as const;
export const Echo = defineRpcMethod<{ readonly text: string }, { readonly text: string }>('Bench.Echo', { callers });
export const Bulk = defineRpcStream<{ readonly chunks: number }>('Bench.Bulk', { callers, items: 'bytes' });
export const CHUNK_BYTES = 64 * 1024;
const CHUNK = Buffer.alloc(CHUNK_BYTES, 7);
/** The settings that decide how fast bytes flow, the same for both. */
export const SETTINGS = { initialWindowSize: 1024 * 1024, maxFrameSize: 64 * 1024 };
export const SESSION_WINDOW_BYTES = 8 * 1024 * 1024;

export async function startServers(): Promise<{ readonly rpcPort: number; readonly barePort: number }> {
  const rpc = new RpcServer(
    { host: '127.0.0.1', port: 0, maxSessionsPerAddress: 0 },
    {
      endpoints: [
        rpcEndpoint(Echo, async ({ text }) => ({ text })),
        rpcStreamEndpoint(Bulk, async function* ({ chunks }) {
          for (let i = 0; i < chunks; i += 1) yield CHUNK;
        }),
      ],
      self: () => ({ role: 'server', region: 'global', id: 'bench' }),
      security: {},
      clock: new SystemClock(),
      logger: silentLogger,
      metrics: noMetrics,
    },
  );
  await rpc.start();
  const bare = createServer({ settings: SETTINGS });
  bare.on('session', (session) => session.setLocalWindowSize(SESSION_WINDOW_BYTES));
  bare.on('stream', (stream: ServerHttp2Stream, headers) => {
    if (headers[':path'] === '/bulk') sendBulk(stream, Number(headers['chunks']));
    else echo(stream);
  });
  await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));
  return { rpcPort: rpc.port, barePort: (bare.address() as AddressInfo).port };
}

function echo(stream: ServerHttp2Stream): void {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.once('end', () => {
    const { text } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly text: string };
    stream.respond({ ':status': 200 });
    stream.end(JSON.stringify({ text }));
  });
}

function sendBulk(stream: ServerHttp2Stream, chunks: number): void {
  let sent = 0;
  const send = (): void => {
    while (sent < chunks) {
      sent += 1;
      if (!stream.write(CHUNK)) {
        stream.once('drain', send);
        return;
      }
    }
    stream.end();
  };
  stream.resume().respond({ ':status': 200 });
  send();
}

if (process.send !== undefined) process.send(await startServers());
