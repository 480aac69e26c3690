import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EtcdCluster, HAS_ETCD } from '@steppe/state/testing';
import { eventually, ownLoopbackHost } from '@steppe/testing';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningAgent } from './cluster-agents.js';
import { ClusterAgents, getJson } from './cluster-agents.js';

jest.setTimeout(240_000);

const describeWithEtcd: (name: string, body: () => void) => void = HAS_ETCD ? describe : describe.skip;
const JOBS = 200;
const LEASE_SECONDS = 2;
const agents = new ClusterAgents();
const RAW_EXEC = 'plugin "raw_exec" { config { enabled = true } }';
/** Nodes that are gone are missed within seconds, by a new leader, too, which gives them minutes otherwise. */
const HEARTBEATS = 'min_heartbeat_ttl = "2s" heartbeat_grace = "2s" failover_heartbeat_ttl = "10s"';

afterEach(() => agents.killAll());
afterAll(() => agents.removeFiles());

interface AllocStub {
  readonly ID: string;
  readonly JobID: string;
  readonly NodeID: string;
  readonly DesiredStatus: string;
  readonly ClientStatus: string;
}

async function send(url: string, method: string, body?: object): Promise<void> {
  const reply = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(15_000),
  });
  if (reply.status !== 200) throw new Error(`${method} ${url}: ${reply.status} ${await reply.text()}`);
}

/** Does nothing, for as long as it is to. */
const WAITING_MODULE = `
  export default ({ args, signal }) =>
    args[0] === '0' ? undefined : new Promise((resolve) => signal.addEventListener('abort', resolve));
`;

/** What a job of this number runs: a process, or a thread. */
function task(i: number, type: string): object {
  const args = [type === 'batch' ? '0' : '600'];
  return i % 8 < 4
    ? {
        Driver: 'raw_exec',
        Config: { command: '/bin/sleep', args },
        Resources: { CPU: 1, MemoryMB: 10 },
      }
    : {
        Driver: 'node',
        Config: { module: join(agents.folder, 'waiting.mjs'), args, isolation: 'thread' },
        Resources: { CPU: 1, MemoryMB: 32 },
      };
}

const job = (i: number, type: string) => ({
  Job: {
    ID: `job-${i}`,
    Type: type,
    TaskGroups: [{ Name: 'g', EphemeralDisk: { SizeMB: 10 }, Tasks: [{ Name: 'main', ...task(i, type) }] }],
  },
});

describeWithEtcd('three servers on etcd, four workers, many jobs', () => {
  let etcd: EtcdCluster;
  beforeAll(async () => {
    const [a, b, c = '0'] = ownLoopbackHost().split('.');
    etcd = new EtcdCluster({ network: `${a}.${b}.${(Number(c) + 125) % 250}`, size: 1 });
    await etcd.start();
  });
  afterAll(() => etcd.stop());

  test('every job comes to what it asks for, although a worker and then the leader are killed meanwhile', async () => {
    writeFileSync(join(agents.folder, 'waiting.mjs'), WAITING_MODULE);
    const hosts = [ownLoopbackHost(), ownLoopbackHost(), ownLoopbackHost()];
    const addresses = JSON.stringify(etcd.addresses);
    const state = `state { engine = "etcd" etcd { addresses = ${addresses} prefix = "/jobs" lease_ttl = "${LEASE_SECONDS}s" } }`;
    const servers: RunningAgent[] = [];
    for (const [i, host] of hosts.entries()) {
      const settings = {
        name: `s${i}`,
        host,
        seeds: [hosts[0] ?? ''],
        region: 'one',
        server: `${state} ${HEARTBEATS}`,
      };
      servers.push(await agents.server(settings));
    }
    const workerHosts = [0, 1, 2, 3].map(() => ownLoopbackHost());
    const startWorker = (i: number) => agents.worker(`w${i}`, workerHosts[i] ?? '', hosts, RAW_EXEC);
    const workers = await Promise.all(workerHosts.map((_, i) => startWorker(i)));
    const ask = <T>(path: string): Promise<T> => {
      const alive = servers.find((each) => agents.running.has(each));
      return getJson<T>(`${alive?.url}${path}`);
    };
    await eventually(30_000, async () => {
      const nodes = await ask<{ Status: string }[]>('/v1/nodes');
      expect(nodes.map(({ Status }) => Status)).toEqual(['ready', 'ready', 'ready', 'ready']);
    });

    // Some run to an end, the others run on.
    const types = Array.from({ length: JOBS }, (_, i) => (i % 4 === 0 ? 'batch' : 'service'));
    const killed: Promise<void>[] = [];
    for (const [i, type] of types.entries()) {
      if (i === Math.floor(JOBS * 0.3)) killed.push(agents.end(workers[0] as RunningAgent, 'SIGKILL'));
      if (i === Math.floor(JOBS * 0.6)) {
        const leader = await ask<string>('/v1/status/leader');
        const lost = servers.find(({ host }) => leader === `${host}:4647`) as RunningAgent;
        await agents.end(lost, 'SIGKILL');
      }
      const submit = () => {
        const alive = servers.filter((each) => agents.running.has(each));
        return send(`${alive[i % alive.length]?.url}/v1/jobs`, 'PUT', job(i, type));
      };
      // While there is no leader a write is refused, and asked for again.
      await eventually(30_000, submit);
    }
    await Promise.all(killed);

    const byJob = async (): Promise<ReadonlyMap<string, readonly AllocStub[]>> => {
      const all = await ask<AllocStub[]>('/v1/allocations');
      return new Map(types.map((_, i) => [`job-${i}`, all.filter(({ JobID }) => JobID === `job-${i}`)]));
    };
    const deadNode = await ask<{ ID: string; Name: string }[]>('/v1/nodes').then(
      (nodes) => nodes.find(({ Name }) => Name === 'w0')?.ID,
    );
    await eventually(120_000, async () => {
      const jobs = await byJob();
      for (const [i, type] of types.entries()) {
        const allocs = jobs.get(`job-${i}`) ?? [];
        const wanted = type === 'batch' ? 'complete' : 'running';
        const good = allocs.filter(
          ({ ClientStatus, DesiredStatus, NodeID }) =>
            ClientStatus === wanted && DesiredStatus === 'run' && (wanted === 'complete' || NodeID !== deadNode),
        );
        expect({ id: `job-${i}`, good: good.length }).toEqual({ id: `job-${i}`, good: 1 });
      }
    });
    const evaluations = await ask<{ Status: string }[]>('/v1/evaluations');
    expect(evaluations.filter(({ Status }) => !['complete', 'canceled'].includes(Status))).toEqual([]);

    // The worker comes back: what it still runs has been replaced, and is stopped. Then everything is.
    await startWorker(0);
    const stillRunning = async (): Promise<readonly AllocStub[]> =>
      (await ask<AllocStub[]>('/v1/allocations')).filter(({ ClientStatus }) => ClientStatus === 'running');
    await eventually(30_000, async () => {
      expect((await ask<{ Status: string }[]>('/v1/nodes')).every(({ Status }) => Status === 'ready')).toBe(true);
    });
    for (const [i, type] of types.entries()) {
      if (type === 'service')
        await send(`${servers.find((s) => agents.running.has(s))?.url}/v1/job/job-${i}`, 'DELETE');
    }
    await eventually(60_000, async () => {
      expect(await stillRunning()).toEqual([]);
      for (const host of workerHosts) {
        const { stats } = await getJson<{ stats: { client: { num_allocations: string } } }>(
          `http://${host}:4646/v1/agent/self`,
        );
        expect(Number(stats.client.num_allocations)).toBeGreaterThanOrEqual(0);
      }
    });
  });
});
