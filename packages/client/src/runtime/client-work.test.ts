import { afterEach, describe, expect, test } from '@jest/globals';
import { SystemClock, SystemRandom, noMetrics } from '@steppe/runtime';
import { RecordingLogger, SimClock, eventually } from '@steppe/testing';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TaskDriver } from '../drivers/task-driver.js';
import { RawExecDriver } from '../drivers/raw-exec-driver.js';
import type { ClientRuntimeOptions } from '../options.js';
import { ALLOC_ID, exampleAlloc, exampleTask } from '../testing/example-alloc.js';
import { FakeAllocLink } from '../testing/fake-alloc-link.js';
import { FakeServerLink } from '../testing/fake-server-link.js';
import { FakeTaskDriver } from '../testing/fake-task-driver.js';
import { FixedRandom } from '../testing/fixed-random.js';
import { ClientRuntimeImpl } from './client-runtime-impl.js';

const NODE = {
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

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'steppe-client-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

interface Setup extends Partial<ClientRuntimeOptions> {
  readonly clock: SimClock | SystemClock;
  readonly allocLink: FakeAllocLink;
  readonly drivers: readonly TaskDriver[];
}

async function startClient({ clock, allocLink, drivers, ...options }: Setup) {
  const link = new FakeServerLink({ clock });
  const logger = new RecordingLogger();
  const client = new ClientRuntimeImpl(
    { node: NODE, seeds: () => ['10.0.0.1:4647'], environment: { PATH: process.env['PATH'] }, ...options },
    {
      link,
      allocLink,
      drivers,
      fingerprinters: [],
      resolve: (host) => Promise.resolve(host),
      clock,
      random: clock instanceof SimClock ? new FixedRandom(0.5) : new SystemRandom(),
      logger,
      metrics: noMetrics,
    },
  );
  await client.start({ signal: new AbortController().signal });
  cleanups.push(() => client.stop());
  return { client, link, logger };
}

describe('a node in virtual time', () => {
  const create = async (options: Partial<ClientRuntimeOptions> = {}) => {
    const clock = new SimClock();
    const allocLink = new FakeAllocLink({ clock });
    const driver = new FakeTaskDriver({ clock });
    const started = await startClient({
      clock,
      allocLink,
      drivers: [driver],
      allocFolder: temporaryFolder(),
      ...options,
    });
    return { ...started, allocLink, clock, driver };
  };

  test('registers with its drivers, then asks for work; nothing is asked or told before', async () => {
    const clock = new SimClock();
    const allocLink = new FakeAllocLink({ clock });
    const { client, link } = await startClient({ clock, allocLink, drivers: [new FakeTaskDriver({ clock })] });
    link.onCall = () => {
      throw new Error('connection refused');
    };
    await clock.advance(0);
    expect([link.calls.length, allocLink.calls]).toEqual([1, []]);
    link.onCall = () => undefined;
    await clock.advance(30_000);
    expect(allocLink.calls).toEqual(['list 0@22500', 'list 1@22500']);
    expect(link.registrations[0]?.registration).toMatchObject({
      attributes: { 'driver.fake': '1' },
      drivers: { fake: { detected: true, healthy: true } },
    });
    expect(client.stats()['num_allocations']).toBe('0');
    await client.stop();
    expect(clock.pending).toBe(0);
  });

  test('tells all anew when the servers had lost sight of it', async () => {
    const { allocLink, clock, driver, link } = await create({ devMode: true });
    allocLink.put(exampleAlloc());
    // The folders of an allocation are made on a real disk.
    await eventually(5_000, async () => {
      await clock.advance(200);
      expect(driver.history).toHaveLength(1);
      expect(allocLink.reports.at(-1)?.clientStatus).toBe('running');
    });
    await clock.advance(60_000);
    const told = allocLink.reports.length;
    link.onCall = ({ method }) => {
      if (method !== 'ping') throw new Error('connection reset');
    };
    await clock.advance(40_000);
    link.onCall = () => undefined;
    await clock.advance(20_000);
    expect(allocLink.reports.slice(told).map(({ clientStatus }) => clientStatus)).toEqual(['running']);
    expect(allocLink.calls.filter((call) => call.startsWith('list 0'))).toHaveLength(2);
  });

  test('tells all anew when the servers had forgotten it', async () => {
    const { allocLink, clock, link } = await create({ devMode: true });
    allocLink.put(exampleAlloc());
    await eventually(5_000, async () => {
      await clock.advance(200);
      expect(allocLink.reports.at(-1)?.clientStatus).toBe('running');
    });
    await clock.advance(5_000);
    const told = allocLink.reports.length;
    link.onCall = ({ method }) => {
      if (method === 'updateStatus') throw new Error('node not found');
    };
    await clock.advance(10_000);
    link.onCall = () => undefined;
    await clock.advance(15_000);
    expect(link.registrations.length).toBeGreaterThan(1);
    expect(allocLink.reports.slice(told).every(({ clientStatus }) => clientStatus === 'running')).toBe(true);
    expect(allocLink.reports.length).toBeGreaterThan(told);
  });
});

describe('a node with real processes', () => {
  const clock = new SystemClock();
  // Programs run compiled, as they are installed.
  const program = fileURLToPath(new URL('../../dist/drivers/supervisor/task-supervisor.js', import.meta.url));
  const drivers = () => [new RawExecDriver({ enabled: true }, { clock, program })];
  const shell = (script: string) =>
    exampleTask('main', { driver: 'raw_exec', config: { command: 'sh', args: ['-c', script] } });
  const statusOf = (link: FakeAllocLink): string | undefined => link.reports.at(-1)?.clientStatus;

  async function logOf(client: ClientRuntimeImpl): Promise<string> {
    const parts: Buffer[] = [];
    for await (const { data } of client.files(ALLOC_ID).logs({ task: 'main', type: 'stdout' })) parts.push(data);
    return Buffer.concat(parts).toString();
  }

  test('a program runs on while the agent is restarted, and its output and exit code are not lost', async () => {
    const allocLink = new FakeAllocLink({ clock });
    const stateFolder = temporaryFolder();
    const go = join(stateFolder, 'go');
    const script = `echo one of $NOMAD_JOB_ID in \${node.datacenter}; while [ ! -e ${go} ]; do sleep 0.05; done; echo two; exit 7`;
    allocLink.put(
      exampleAlloc({
        tasks: [shell(script)],
        group: { restartPolicy: { attempts: 0, intervalMs: 0, delayMs: 0, mode: 'fail', renderTemplates: false } },
      }),
    );
    const first = await startClient({ clock, allocLink, drivers: drivers(), stateFolder });
    await eventually(10_000, async () => {
      expect(statusOf(allocLink)).toBe('running');
      expect(await logOf(first.client)).toBe('one of shop in dc1\n');
    });
    expect((await first.client.usage(ALLOC_ID)).tasks['main']?.memoryBytes).toBeGreaterThan(0);
    await first.client.stop();

    const second = await startClient({ clock, allocLink, drivers: drivers(), stateFolder });
    expect(second.client.allocations()).toMatchObject([{ id: ALLOC_ID, clientStatus: 'running' }]);
    await eventually(10_000, () => expect(allocLink.calls.filter((call) => call.startsWith('pull'))).toHaveLength(2));
    writeFileSync(go, '');
    await eventually(10_000, () => expect(statusOf(allocLink)).toBe('failed'));
    const events = allocLink.reports.at(-1)?.taskStates['main']?.events ?? [];
    expect(events.map(({ displayMessage }) => displayMessage)).toContain('Exit Code: 7');
    expect(events.map(({ type }) => type)).not.toContain('Failed Restoring Task');
    expect(await logOf(second.client)).toBe('one of shop in dc1\ntwo\n');

    allocLink.remove(ALLOC_ID);
    await eventually(10_000, () => expect(existsSync(join(stateFolder, 'alloc', ALLOC_ID))).toBe(false));
  });

  test('a development agent ends its tasks when it stops, and leaves no folder behind', async () => {
    const allocLink = new FakeAllocLink({ clock });
    allocLink.put(exampleAlloc({ tasks: [shell('echo $$; exec sleep 600')] }));
    const { client } = await startClient({ clock, allocLink, drivers: drivers(), devMode: true });
    const pid = await eventually(10_000, async () => {
      const text = await logOf(client);
      expect(text).toMatch(/^\d+\n$/);
      return Number(text);
    });
    const { isFolder } = await client.files(ALLOC_ID).stat('main/local');
    expect(isFolder).toBe(true);
    await client.stop();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(existsSync(join(tmpdir(), `steppe-alloc-${client.nodeId}`))).toBe(false);
  });
});
