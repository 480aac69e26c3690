import { afterEach, describe, expect, test } from '@jest/globals';
import { MetricsRegistry } from '@steppe/runtime';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fingerprinter } from '../fingerprint/fingerprinter.js';
import type { ClientRuntimeOptions, NodeDescription } from '../options.js';
import { FakeServerLink } from '../testing/fake-server-link.js';
import { FixedRandom } from '../testing/fixed-random.js';
import { ClientRuntimeImpl } from './client-runtime-impl.js';

const NODE: NodeDescription = {
  datacenter: 'dc1',
  name: 'n1',
  nodeClass: '',
  nodePool: 'default',
  meta: {},
  reserved: { cpuShares: 0, memoryMb: 0, diskMb: 0, ports: '' },
  minDynamicPort: 20_000,
  maxDynamicPort: 32_000,
  httpAddress: '10.0.0.1:4646',
  tlsEnabled: false,
};
const ARCH: Fingerprinter = {
  name: 'arch',
  fingerprint: () => Promise.resolve({ attributes: { 'cpu.arch': 'amd64' } }),
};
const HOSTS: Readonly<Record<string, string>> = { 'one.example': '10.0.1.1' };

interface Setup extends Partial<ClientRuntimeOptions> {
  /** Every delay is this part of its range. */
  readonly chance?: number;
  readonly fingerprinters?: readonly Fingerprinter[];
}

const running: ClientRuntimeImpl[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((client) => client.stop()));
});

function create({ chance = 0.5, fingerprinters = [ARCH], ...options }: Setup = {}) {
  const clock = new SimClock();
  const logger = new RecordingLogger();
  const metrics = new MetricsRegistry({ prefix: 'nomad' }, { clock });
  const link = new FakeServerLink({ clock });
  link.reply = { ...link.reply, servers: ['10.0.0.1:4647'] };
  const client = new ClientRuntimeImpl(
    { node: NODE, seeds: () => ['10.0.0.1'], ...options },
    {
      link,
      fingerprinters,
      clock,
      logger,
      metrics,
      random: new FixedRandom(chance),
      resolve: (host) =>
        host.endsWith('.example') && HOSTS[host] === undefined
          ? Promise.reject(new Error(`lookup ${host}: no such host`))
          : Promise.resolve(HOSTS[host] ?? host),
    },
  );
  running.push(client);
  const start = async (): Promise<void> => {
    await client.start({ signal: new AbortController().signal });
    await clock.advance(0);
  };
  const counters = () =>
    Object.fromEntries(metrics.cumulative().counters.map(({ name, sum }) => [name.replace(/^nomad\./, ''), sum]));
  return { client, clock, counters, link, logger, metrics, start };
}

const failing = (message: string) => () => {
  throw new Error(message);
};

describe('registration and heartbeats', () => {
  test('a development node registers and beats at once, then exactly as often as asked to', async () => {
    const { client, clock, counters, link, start } = create({ devMode: true });
    await start();
    expect(link.timeline()).toEqual(['register@0', 'updateStatus@0']);
    expect(link.statuses).toEqual(['ready']);
    link.reply = { ...link.reply, heartbeatTtlMs: 17_345 };
    await clock.advance(12_000 + 17_345);
    expect(link.timeline().slice(2)).toEqual(['updateStatus@12000', 'updateStatus@29345']);
    expect(counters()).toEqual({ 'client.registration': 1, 'client.heartbeat': 3 });
    expect(client.servers()).toEqual(['10.0.0.1:4647']);
  });

  test('another node beats up to 10 s after registering', async () => {
    const { clock, link, start } = create();
    await start();
    await clock.advance(4_999);
    expect(link.timeline()).toEqual(['register@0']);
    await clock.advance(1);
    expect(link.timeline()).toEqual(['register@0', 'updateStatus@5000']);
  });

  test('the servers get what is configured and found, and the secret that stays hidden elsewhere', async () => {
    const { client, link, logger, start } = create({ devMode: true });
    await start();
    const sent = link.registrations[0];
    const secret = sent?.secret.reveal() ?? '';
    expect(sent?.registration).toMatchObject({ id: client.nodeId, name: 'n1', attributes: { 'cpu.arch': 'amd64' } });
    expect(secret).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify([sent, logger.lines, client.stats()])).not.toContain(secret);
  });

  test('a start succeeds without servers; registration goes on every 15 to 30 s', async () => {
    const { clock, counters, link, logger, start } = create();
    link.onCall = failing('connection refused');
    await start();
    await clock.advance(45_000);
    expect(link.timeline()).toEqual(['register@0', 'register@22500', 'register@45000']);
    expect(logger.lines.find(({ level }) => level === 'warn')).toMatchObject({
      message: 'node registration failed',
      fields: { error: 'connection refused', retry_ms: 22_500 },
    });
    link.onCall = () => undefined;
    await clock.advance(22_500 + 5_000);
    expect(link.timeline().slice(3)).toEqual(['register@67500', 'updateStatus@72500']);
    expect(counters()).toEqual({ 'client.registration_error': 3, 'client.registration': 1, 'client.heartbeat': 1 });
  });

  test('a development node tries again every second', async () => {
    const { clock, link, start } = create({ devMode: true });
    link.onCall = failing('connection refused');
    await start();
    await clock.advance(2_000);
    expect(link.timeline()).toEqual(['register@0', 'register@1000', 'register@2000']);
  });

  test('heartbeats that fail are tried again while there is time left, and soon after', async () => {
    const { clock, counters, link, start } = create();
    await start();
    await clock.advance(5_000);
    link.onCall = failing('connection reset');
    await clock.advance(15_000);
    // Due at 17 000, when nothing is left: 1.5 s; then 1.5 s late: 1.5 s.
    expect(link.timeline()).toEqual([
      'register@0',
      'updateStatus@5000',
      'updateStatus@17000',
      'updateStatus@18500',
      'updateStatus@20000',
    ]);
    expect(counters()).toMatchObject({ 'client.heartbeat_error': 3 });
  });

  test('without a leader a call is tried again for 5 s, then after 15 to 30 s', async () => {
    const { clock, link, start } = create();
    await start();
    await clock.advance(5_000);
    link.onCall = failing('No cluster leader');
    await clock.advance(40_000);
    const tries = link.calls.filter(({ atMs }) => atMs >= 17_000).map(({ atMs }) => atMs);
    const holds = Array.from({ length: 33 }, (_, i) => 17_000 + i * 156.25);
    expect(tries.slice(0, 34)).toEqual([...holds, 22_000 + 22_500]);
  });

  test('a node the servers forgot registers again at once', async () => {
    const { clock, link, logger, start } = create();
    await start();
    await clock.advance(5_000);
    link.onCall = ({ method }) => {
      if (method === 'updateStatus') throw new Error('rpc error: node not found');
    };
    await clock.advance(12_000);
    link.onCall = () => undefined;
    await clock.advance(5_000);
    expect(link.timeline().slice(2)).toEqual(['updateStatus@17000', 'register@17000', 'updateStatus@22000']);
    expect(link.registrations[1]?.secret).toBe(link.registrations[0]?.secret);
    expect(logger.messages('warn')).toEqual(['servers do not know this node; registering again']);
  });

  test('servers that forget a development node again and again are not rushed', async () => {
    const { clock, link, start } = create({ devMode: true });
    link.onCall = ({ method }) => {
      if (method === 'updateStatus') throw new Error('node not found');
    };
    await start();
    await clock.advance(3_000);
    expect(link.calls.filter(({ method }) => method === 'register')).toHaveLength(5);
  });

  test('a reply that makes no sense is a failure', async () => {
    const { clock, link, logger, start } = create();
    link.reply = { ...link.reply, heartbeatTtlMs: 0 };
    await start();
    await clock.advance(1_000);
    expect(link.timeline()).toEqual(['register@0']);
    expect(logger.lines.find(({ level }) => level === 'warn')?.fields).toMatchObject({
      error: 'reply of server 10.0.0.1:4647 has an invalid heartbeatTtlMs: 0',
    });
  });

  test('after stop nothing goes on, whatever was under way', async () => {
    const { client, clock, link, start } = create();
    await start();
    await client.stop();
    expect(clock.pending).toBe(0);
    await clock.advance(60_000);
    expect(link.timeline()).toEqual(['register@0']);
    await client.stop();
  });

  test('stop waits for the call under way and does not count it as failed', async () => {
    const { client, clock, counters, link, start } = create();
    let refuse: (reason: Error) => void = () => undefined;
    link.onCall = () =>
      new Promise((_, reject) => {
        refuse = reject;
      });
    await start();
    const stopping = client.stop();
    refuse(new Error('aborted'));
    await stopping;
    expect([clock.pending, counters()]).toEqual([0, {}]);
  });

  test('a start that is given up leaves nothing behind', async () => {
    const { client, clock } = create();
    const abort = new AbortController();
    abort.abort(new Error('the agent is stopping'));
    await expect(client.start(abort)).rejects.toThrow('the agent is stopping');
    expect(clock.pending).toBe(0);
  });

  test('a fingerprint that hangs does not hold up the start', async () => {
    const hangs: Fingerprinter = { name: 'hangs', fingerprint: () => new Promise(() => undefined) };
    const { client, clock, link } = create({ fingerprinters: [hangs, ARCH], fingerprintTimeoutMs: 2_000 });
    const starting = client.start({ signal: new AbortController().signal });
    await clock.advance(2_000);
    await starting;
    await clock.advance(0);
    expect(link.registrations[0]?.registration.attributes).toEqual({ 'cpu.arch': 'amd64' });
  });

  test('of two fingerprinters the one with the higher order wins; two of one name are refused', async () => {
    const mine = (name: string, order: number): Fingerprinter => ({
      name,
      order,
      fingerprint: () => Promise.resolve({ attributes: { 'cpu.arch': name } }),
    });
    const { link, start } = create({ fingerprinters: [mine('late', 1), ARCH, mine('early', -1)] });
    await start();
    expect(link.registrations[0]?.registration.attributes).toEqual({ 'cpu.arch': 'late' });
    expect(() => create({ fingerprinters: [ARCH, mine('arch', 1)] })).toThrow('share the key "arch"');
  });
});

describe('the list of servers', () => {
  test('begins with the seeds, as they are once started, resolved and not pinged', async () => {
    let seeds: readonly string[] = ['10.0.0.9:1'];
    const { client, link, logger, start } = create({ seeds: () => seeds });
    link.onCall = failing('connection refused');
    seeds = ['one.example:5000', 'gone.example', 'provider=x y', '10.0.0.1'];
    expect(client.servers()).toEqual([]);
    await start();
    expect(client.servers().toSorted()).toEqual(['10.0.0.1:4647', '10.0.1.1:5000']);
    expect(link.calls.map(({ method }) => method)).toEqual(['register']);
    expect(logger.lines.filter(({ message }) => message === 'server address is of no use')).toHaveLength(2);
  });

  test('seeds are asked again as long as there are none', async () => {
    let seeds: readonly string[] = [];
    const { client, clock, link, logger, start } = create({ seeds: () => seeds, devMode: true });
    await start();
    expect(logger.lines.at(-1)?.fields).toMatchObject({ error: 'no servers' });
    seeds = ['10.0.0.1'];
    await clock.advance(1_000);
    expect(client.servers()).toEqual(['10.0.0.1:4647']);
    expect(link.calls).toHaveLength(2);
  });

  test('seeds that cannot be asked are a failure like any other', async () => {
    const { clock, logger, start } = create({ devMode: true, seeds: failing('not bound yet') });
    await start();
    await clock.advance(1_000);
    expect(logger.messages('warn')).toEqual(['node registration failed', 'node registration failed']);
  });

  test('row 138: each reply replaces it; one without servers does not', async () => {
    const { client, clock, link, metrics, start } = create();
    await start();
    expect(client.servers()).toEqual(['10.0.0.1:4647']);
    link.reply = { ...link.reply, servers: ['10.0.0.2:4647', '10.0.0.3:4647'] };
    await clock.advance(5_000);
    expect(link.timeline()).toEqual(['register@0', 'updateStatus@5000']);
    expect(client.servers().toSorted()).toEqual(['10.0.0.2:4647', '10.0.0.3:4647']);
    link.reply = { ...link.reply, servers: [] };
    await clock.advance(12_000);
    expect(client.servers()).toHaveLength(2);
    link.reply = { ...link.reply, servers: ['10.0.0.4:4647'] };
    await clock.advance(12_000);
    expect(client.servers()).toEqual(['10.0.0.4:4647']);
    expect(metrics.cumulative().gauges).toEqual([
      expect.objectContaining({ name: expect.stringContaining('client.known_servers'), value: 1 }),
    ]);
  });

  test('a server that fails is not asked twice in a row', async () => {
    const { clock, link, start } = create({ seeds: () => ['10.0.0.1', '10.0.0.2', '10.0.0.3'], devMode: true });
    link.onCall = failing('connection refused');
    await start();
    await clock.advance(5_000);
    const asked = link.calls.map(({ server }) => server);
    expect(new Set(asked.slice(0, 3)).size).toBe(3);
    expect(asked.slice(3)).toEqual(asked.slice(0, 3));
  });

  test('set by hand, it is those that answer, and the node turns to them at once', async () => {
    const { client, clock, link, start } = create();
    const dead = new Set(['10.0.0.1:4647', '10.0.0.6:4647']);
    link.onCall = ({ server }) => {
      if (dead.has(server)) throw new Error('connection refused');
    };
    await start();
    await clock.advance(1_000);
    link.reply = { ...link.reply, servers: ['10.0.1.1:4647'] };
    await client.setServers(['one.example', '10.0.0.6']);
    expect(client.servers()).toEqual(['10.0.1.1:4647']);
    await clock.advance(0);
    expect(link.calls.at(-1)).toEqual({ method: 'register', server: '10.0.1.1:4647', atMs: 1_000 });
  });

  test('the same servers set by hand wake nobody', async () => {
    const { client, clock, link, start } = create();
    await start();
    await client.setServers(['10.0.0.1:4647']);
    await clock.advance(1_000);
    expect(link.timeline()).toEqual(['register@0', 'ping@0']);
  });

  test('set by hand to none that answers, the old list stays', async () => {
    const { client, link, start } = create();
    await start();
    link.onCall = failing('connection refused');
    await expect(client.setServers(['10.0.0.6', '10.0.0.7:1'])).rejects.toMatchObject({
      code: 'CLIENT_SERVERS_UNREACHABLE',
      message: [
        'Server at address 10.0.0.6:4647 failed ping: connection refused',
        'Server at address 10.0.0.7:1 failed ping: connection refused',
      ].join('\n'),
    });
    expect(client.servers()).toEqual(['10.0.0.1:4647']);
  });

  test('is rebalanced after 5 to 10 minutes', async () => {
    const { clock, link, start } = create();
    await start();
    await clock.advance(450_000);
    expect(link.calls.filter(({ method }) => method === 'ping')).toEqual([
      { method: 'ping', server: '10.0.0.1:4647', atMs: 450_000 },
    ]);
  });
});

describe('statistics', () => {
  test('before any contact', () => {
    const { client } = create();
    expect(client.stats()).toEqual({
      node_id: client.nodeId,
      known_servers: '',
      num_allocations: '0',
      last_heartbeat: 'never',
      heartbeat_ttl: '0s',
    });
  });

  test('in touch with the servers', async () => {
    const { client, clock, link, start } = create({ devMode: true });
    link.reply = { ...link.reply, heartbeatTtlMs: 14_700, servers: ['10.0.0.1:4647', '10.0.0.2:4647'] };
    await start();
    await clock.advance(4_210.4);
    expect(client.stats()).toEqual({
      node_id: client.nodeId,
      known_servers: client.servers().join(','),
      num_allocations: '0',
      last_heartbeat: '4.21s',
      heartbeat_ttl: '14.7s',
    });
    link.onCall = failing('connection refused');
    await clock.advance(60_000);
    expect(client.stats()).toMatchObject({ last_heartbeat: '1m4.21s', heartbeat_ttl: '14.7s' });
  });
});

describe('identity', () => {
  const folder = mkdtempSync(join(tmpdir(), 'steppe-client-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('is kept in the state folder', () => {
    const ids = [1, 2].map((seed) => {
      const { nodeId } = new ClientRuntimeImpl(
        { node: NODE, seeds: () => [], stateFolder: folder },
        {
          link: new FakeServerLink({ clock: new SimClock() }),
          fingerprinters: [],
          clock: new SimClock(),
          random: new SeededRandom(seed),
          logger: new RecordingLogger(),
          metrics: new MetricsRegistry({ prefix: 'nomad' }, { clock: new SimClock() }),
          resolve: (host) => Promise.resolve(host),
        },
      );
      return nodeId;
    });
    expect(ids[0]).toBe(ids[1]);
    writeFileSync(join(folder, 'client-id'), 'damaged');
    expect(() => create({ stateFolder: folder })).toThrow(join(folder, 'client-id'));
  });
});
