// Round trips and bulk bytes of calls between agents against bare `node:http2`, client and server in two processes, one run.
import { Http2RpcClient } from '@steppe/rpc';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { connect } from 'node:http2';
import { fileURLToPath } from 'node:url';
import { Bulk, CHUNK_BYTES, Echo, SESSION_WINDOW_BYTES, SETTINGS } from './rpc-servers.js';
import { median, table } from './statistics.js';

const ROUNDS = 5;
const SEQUENTIAL_CALLS = 3_000;
const CONCURRENT_CALLS = 12_000;
const CONCURRENCY = 64;
const BULK_CHUNKS = 4_096;
const TEXT = 'x'.repeat(100);

/** What is compared: one call, and one bulk stream of `BULK_CHUNKS` chunks that reports the bytes it read. */
interface Side {
  call(): Promise<unknown>;
  bulk(): Promise<number>;
}

/** Per second. */
async function callRate(side: Side, calls: number, concurrency: number): Promise<number> {
  const start = performance.now();
  let left = calls;
  const work = async (): Promise<void> => {
    for (; left > 0; left -= 1) await side.call();
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return calls / ((performance.now() - start) / 1_000);
}

/** Mebibytes per second. */
async function bulkRate(side: Side): Promise<number> {
  const start = performance.now();
  const bytes = await side.bulk();
  if (bytes !== BULK_CHUNKS * CHUNK_BYTES) throw new Error(`${bytes} bytes of ${BULK_CHUNKS * CHUNK_BYTES}`);
  return bytes / 2 ** 20 / ((performance.now() - start) / 1_000);
}

const ours = (client: Http2RpcClient, address: string): Side => ({
  call: () => client.call(address, Echo, { text: TEXT }),
  async bulk() {
    let bytes = 0;
    for await (const chunk of client.stream(address, Bulk, { chunks: BULK_CHUNKS })) bytes += chunk.length;
    return bytes;
  },
});

const bare = (session: ClientHttp2Session): Side => ({
  call: () =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ':method': 'POST', ':path': '/echo' });
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.once('error', reject);
      stream.once('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
      stream.end(JSON.stringify({ text: TEXT }));
    }),
  async bulk() {
    const stream = session.request({ ':method': 'POST', ':path': '/bulk', chunks: `${BULK_CHUNKS}` });
    stream.end();
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await once(stream, 'end');
    return bytes;
  },
});

/** Rows of the report: what, ours and the baseline, the ratio. */
export async function run(): Promise<string> {
  const servers = fork(fileURLToPath(new URL('./rpc-servers.js', import.meta.url)));
  const [{ rpcPort, barePort }] = (await once(servers, 'message')) as [
    { readonly rpcPort: number; readonly barePort: number },
  ];
  const client = new Http2RpcClient(
    {},
    {
      self: () => ({ role: 'client', region: 'global', id: 'bench' }),
      security: {},
      clock: new SystemClock(),
      random: new SystemRandom(),
      logger: silentLogger,
      metrics: noMetrics,
    },
  );
  const session = connect(`http://127.0.0.1:${barePort}`, { settings: SETTINGS });
  await once(session, 'connect');
  session.setLocalWindowSize(SESSION_WINDOW_BYTES);
  const sides = [ours(client, `127.0.0.1:${rpcPort}`), bare(session)] as const;
  const measures: readonly (readonly [name: string, unit: string, measure: (side: Side) => Promise<number>])[] = [
    ['calls, one after another', '/s', (side) => callRate(side, SEQUENTIAL_CALLS, 1)],
    [`calls, ${CONCURRENCY} at a time`, '/s', (side) => callRate(side, CONCURRENT_CALLS, CONCURRENCY)],
    ['one stream of bytes', ' MiB/s', bulkRate],
  ];
  const rows: string[][] = [];
  try {
    for (const [name, unit, measure] of measures) {
      for (const side of sides) await measure(side);
      const results: [number[], number[]] = [[], []];
      // Interleaved, so that what else the machine does falls on both.
      for (let round = 0; round < ROUNDS; round += 1) {
        results[0].push(await measure(sides[0]));
        results[1].push(await measure(sides[1]));
      }
      const [rate, baseline] = [median(results[0]), median(results[1])];
      rows.push([name, rate.toFixed(0) + unit, baseline.toFixed(0) + unit, (rate / baseline).toFixed(2)]);
    }
  } finally {
    session.destroy();
    await client.stop();
    servers.kill();
  }
  return table(['what', 'rpc', 'bare http2', 'ratio'], rows);
}
