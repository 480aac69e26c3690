// Placing through a whole server: jobs come in by the API, and how long it takes to answer others meanwhile is measured, with
// schedulers on the event loop and in threads.
import type { Evaluation } from '@steppe/domain';
import { noMetrics, silentLogger, SystemClock } from '@steppe/runtime';
import {
  ALLOCATIONS as ALLOCATION_TABLE,
  BUILT_IN_TABLES,
  EngineStateStore,
  MemoryEngine,
  NODES as NODE_TABLE,
  saveState,
} from '@steppe/state';
import { ownLoopbackHost, Program } from '@steppe/testing';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allocation, ALLOCATIONS, node, NODES } from './large-region.js';
import { table } from './statistics.js';

const MAIN = fileURLToPath(new URL('../../apps/server/dist/bundle/main.mjs', import.meta.url));
const JOBS = 60;
const COUNT = 100;
/** Jobs placed before anything is measured: they start the thread, and have the code compiled. */
const WARM_JOBS = 5;
/** How often the server is asked for its health, milliseconds; also when the answer before is late. */
const ASKED_EVERY_MS = 10;
const REST_MS = 2_000;

/** The large region, as a snapshot that a server can be given. */
async function snapshotFile(folder: string): Promise<string> {
  const store = new EngineStateStore(
    { tables: BUILT_IN_TABLES },
    { engine: new MemoryEngine(), clock: new SystemClock(), logger: silentLogger, metrics: noMetrics },
  );
  await store.start();
  await store.transact((tx) => {
    for (let i = 0; i < NODES; i += 1) tx.put(NODE_TABLE, node(i));
    for (let i = 0; i < ALLOCATIONS; i += 1) tx.put(ALLOCATION_TABLE, allocation(i));
  });
  const file = join(folder, 'region.snap');
  await saveState(store, createWriteStream(file));
  await store.stop();
  return file;
}

/** How long answers took of a server that was asked for its health all the time, milliseconds. */
interface Delays {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly slowestMs: number;
}

interface Measured {
  readonly perSecond: number;
  readonly atRest: Delays;
  readonly meanwhile: Delays;
}

async function measure(snapshot: Buffer, inThreads: boolean): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'steppe-bench-'));
  const host = ownLoopbackHost();
  const config = join(folder, 'server.hcl');
  writeFileSync(
    config,
    `bind_addr = "${host}"
     advertise { http = "${host}" rpc = "${host}" serf = "${host}" }
     data_dir = "${folder}"
     log_level = "WARN"
     server { enabled = true bootstrap_expect = 1 num_schedulers = 1 scheduler_threads = ${inThreads} }`,
  );
  const program = new Program(MAIN, ['agent', `-config=${config}`]);
  try {
    await program.waitFor('==> Steppe agent started!');
    const ask = async (path: string, options: { readonly method?: string; readonly body?: string | Buffer } = {}) => {
      // Nobody compresses for somebody beside them.
      const headers = { 'accept-encoding': 'identity' };
      const reply = await fetch(`http://${host}:4646${path}`, { ...options, headers });
      const text = await reply.text();
      if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${text}`);
      return text;
    };
    await ask('/v1/operator/snapshot', { method: 'PUT', body: snapshot });
    const jobs = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name}-${i}`);
    await placed(ask, jobs('warm', WARM_JOBS), COUNT);
    const atRest = await delaysDuring(ask, () => new Promise((resolve) => setTimeout(resolve, REST_MS)));
    const begun = performance.now();
    const meanwhile = await delaysDuring(ask, () => placed(ask, jobs('job', JOBS), COUNT));
    const seconds = (performance.now() - begun) / 1_000;
    return { perSecond: (JOBS * COUNT) / seconds, atRest, meanwhile };
  } finally {
    program.kill('SIGTERM');
    await program.exit;
    rmSync(folder, { recursive: true, force: true });
  }
}

type Ask = (path: string, options?: { readonly method?: string; readonly body?: string | Buffer }) => Promise<string>;

/** Registers jobs, and waits until all they ask for has been placed. */
async function placed(ask: Ask, ids: readonly string[], count: number): Promise<void> {
  const task = { Name: 'main', Driver: 'raw_exec', Config: { command: 'true' }, Resources: { CPU: 100, MemoryMB: 64 } };
  const evalIds = await Promise.all(
    ids.map(async (id) => {
      const job = { ID: id, TaskGroups: [{ Name: 'front', Count: count, Tasks: [task] }] };
      const reply = await ask('/v1/jobs', { method: 'PUT', body: JSON.stringify({ Job: job }) });
      return (JSON.parse(reply) as { readonly EvalID: string }).EvalID;
    }),
  );
  for (const id of evalIds) {
    for (let index = 1; ; ) {
      const text = await ask(`/v1/evaluation/${id}?index=${index}&wait=10s`);
      const read = JSON.parse(text) as {
        Status: Evaluation['status'];
        ModifyIndex: number;
        QueuedAllocations?: object;
      };
      if (read.Status === 'pending') {
        index = read.ModifyIndex;
        continue;
      }
      const queued = Object.values(read.QueuedAllocations ?? {}).some((left) => left !== 0);
      if (read.Status !== 'complete' || queued) throw new Error(`not all was placed: ${text}`);
      break;
    }
  }
}

/** Asks for what needs nothing but a turn of the event loop, again and again while something is done. */
async function delaysDuring(ask: Ask, work: () => Promise<unknown>): Promise<Delays> {
  const delays: number[] = [];
  const asked: Promise<void>[] = [];
  const asking = setInterval(() => {
    const begun = performance.now();
    asked.push(ask('/v1/agent/health').then(() => void delays.push(performance.now() - begun)));
  }, ASKED_EVERY_MS);
  try {
    await work();
  } finally {
    clearInterval(asking);
  }
  await Promise.all(asked);
  delays.sort((a, b) => a - b);
  const at = (share: number): number => delays[Math.floor((delays.length - 1) * share)] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99), slowestMs: at(1) };
}

export async function run(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'steppe-bench-'));
  try {
    const snapshot = readFileSync(await snapshotFile(folder));
    const onLoop = await measure(snapshot, false);
    const inThread = await measure(snapshot, true);
    const text = ({ p50Ms, p99Ms, slowestMs }: Delays): string[] =>
      [p50Ms, p99Ms, slowestMs].map((ms) => `${ms.toFixed(1)} ms`);
    const row = (name: string, { perSecond, meanwhile }: Measured, budget: string): string[] => [
      name,
      perSecond.toFixed(0),
      (perSecond / onLoop.perSecond).toFixed(2),
      ...text(meanwhile),
      budget,
    ];
    return table(
      [
        `${NODES} nodes, ${ALLOCATIONS} allocations; one scheduler`,
        'placed a second',
        'ratio',
        'health meanwhile: p50',
        'p99',
        'slowest',
        'budget',
      ],
      [
        ['nothing to do', '', '', ...text(onLoop.atRest), ''],
        row('on the event loop', onLoop, ''),
        row('in a thread', inThread, 'p99 < 20 ms'),
      ],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
