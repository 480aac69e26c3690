// What a log line costs while nobody follows the log, against bare pino writing the same fields to a file; and what ten readers
// get, one of which does not read, over HTTP from another process.
import { LogHubImpl, MonitorStream, RotatingLogFile } from '@steppe/log-stream';
import { SystemClock } from '@steppe/runtime';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { destination, pino } from 'pino';
import { median, table } from './statistics.js';

const ROUNDS = 7;
const LINES = 100_000;
const BATCH = 100;
const READERS = 10;
const clock = new SystemClock();

type Log = (i: number) => void;

/** Nanoseconds a line, with turns of the event loop in between as an agent has them. */
async function costNs(log: Log): Promise<number> {
  const begun = performance.now();
  for (let i = 0; i < LINES; i += 1) {
    log(i);
    if (i % BATCH === 0) await turn();
  }
  return ((performance.now() - begun) * 1e6) / LINES;
}

const fieldsOf = (i: number) => ({ i, peer: '10.0.0.7:4647', elapsed_ms: 1.5 });

async function unfollowed(folder: string): Promise<readonly (readonly string[])[]> {
  const open = (json: boolean) => {
    const hub = new LogHubImpl({ level: 'info', json }, { clock });
    const file = new RotatingLogFile({ path: join(folder, `hub-${json}.log`) }, { clock });
    hub.addSink(file);
    return { log: hub.logger('bench'), file };
  };
  const text = open(false);
  const json = open(true);
  const out = destination({ dest: join(folder, 'pino.log'), sync: false });
  const theirs = pino({ level: 'info', name: 'bench' }, out);
  const kinds: Readonly<Record<string, readonly [Log, Log]>> = {
    'a line of text that is printed, ns': [
      (i) => text.log.info('line', fieldsOf(i)),
      (i) => theirs.info(fieldsOf(i), 'line'),
    ],
    'a line of JSON that is printed, ns': [
      (i) => json.log.info('line', fieldsOf(i)),
      (i) => theirs.info(fieldsOf(i), 'line'),
    ],
    'a line below the level, ns': [
      (i) => text.log.debug('line', fieldsOf(i)),
      (i) => theirs.debug(fieldsOf(i), 'line'),
    ],
  };
  const rows: string[][] = [];
  for (const [what, [hubLog, pinoLog]] of Object.entries(kinds)) {
    const samples: { readonly hub: number; readonly pino: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1)
      samples.push({ hub: await costNs(hubLog), pino: await costNs(pinoLog) });
    const ratio = median(samples.map((sample) => sample.hub / sample.pino));
    const ns = (pick: 'hub' | 'pino'): string => median(samples.map((sample) => sample[pick])).toFixed(0);
    // The keys of hclog's JSON are sorted, pino's are not: text is what an agent prints unless it is told otherwise.
    rows.push([what, ns('hub'), ns('pino'), ratio.toFixed(2), what.includes('JSON') ? '–' : '≤ 1.05']);
  }
  await Promise.all([text.file.close(), json.file.close()]);
  await new Promise<void>((resolve) => {
    out.once('close', resolve);
    out.end();
  });
  return rows;
}

/** Reads all streams but one, whose socket it leaves alone, and writes the lines of each when it is told to. */
const READER = `
const http = require('node:http');
const [port, readers] = process.argv.slice(1).map(Number);
const counts = Array.from({ length: readers - 1 }, () => ({ lines: 0, lost: 0 }));
let open = 0;
const opened = () => { open += 1; if (open === readers) process.stdout.write('open\\n'); };
for (const count of counts) http.get({ port, agent: false }, (response) => {
  response.on('data', (bytes) => {
    for (const byte of bytes) if (byte === 10) count.lines += 1;
    if (bytes.includes('Monitor dropped')) count.lost += 1;
  });
  opened();
});
http.get({ port, agent: false }, (response) => { response.pause(); opened(); });
process.stdin.on('data', () => process.stdout.write(JSON.stringify(counts) + '\\n'));
`;

async function listen(hub: LogHubImpl): Promise<Server> {
  const server = createServer((_request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    response.flushHeaders();
    const sink = {
      write: (bytes: Uint8Array) => response.write(bytes),
      onDrain: (callback: () => void) => void response.once('drain', callback),
    };
    void new MonitorStream({ level: 'info', plain: true }, { hub, clock }).run(sink, { signal: gone.signal });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function followed(): Promise<readonly string[]> {
  const hub = new LogHubImpl({ level: 'off' }, { clock });
  const server = await listen(hub);
  const port = (server.address() as AddressInfo).port;
  const child = spawn(process.execPath, ['-e', READER, `${port}`, `${READERS}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdout.setEncoding('utf8');
  const answer = (): Promise<string> => new Promise((resolve) => child.stdout.once('data', resolve));
  await answer();
  const log = hub.logger('bench');
  const before = process.memoryUsage.rss();
  const begun = performance.now();
  for (let i = 0; i < LINES; i += 1) {
    log.info('line', fieldsOf(i));
    if (i % BATCH === 0) await turn();
  }
  let counts: readonly { readonly lines: number; readonly lost: number }[];
  do {
    child.stdin.write('?');
    counts = JSON.parse(await answer()) as typeof counts;
  } while (counts.some(({ lines, lost }) => lines < LINES && lost === 0));
  const seconds = (performance.now() - begun) / 1_000;
  const grownMb = (process.memoryUsage.rss() - before) / 2 ** 20;
  const lost = counts.filter((count) => count.lost > 0).length;
  child.kill();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const delivered = (LINES * counts.length) / seconds;
  return [
    `lines/s delivered to ${counts.length} of ${READERS} readers, one stalled`,
    delivered.toFixed(0),
    `${lost} of them lost lines; memory ${grownMb < 0 ? '' : '+'}${grownMb.toFixed(0)} MB`,
    '',
    '≥ 50000, none lost',
  ];
}

export async function run(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'steppe-bench-log-'));
  try {
    return table(
      ['what', 'log hub', 'bare pino', 'ratio', 'budget'],
      [...(await unfollowed(folder)), await followed()],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
