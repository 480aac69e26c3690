import { describe, expect, test } from '@jest/globals';
import { noMetrics } from '@steppe/runtime';
import { Clock, Logger, Metrics, Random, Startable } from '@steppe/runtime/di';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import { Container } from 'inversify';
import { tmpdir } from 'node:os';
import { FakeAllocLink } from '../testing/fake-alloc-link.js';
import { FakeServerLink } from '../testing/fake-server-link.js';
import {
  AllocLink,
  ArchFingerprinter,
  ClientRuntime,
  ClientRuntimeOptions,
  DefaultClientRuntime,
  FingerprintOptions,
  Fingerprinter,
  NodeDriver,
  RawExecDriver,
  RawExecOptions,
  ServerLink,
  StorageFingerprinter,
  TaskDriver,
  clientModule,
} from './index.js';

const create = () => {
  const clock = new SimClock();
  const link = new FakeServerLink({ clock });
  const logger = new RecordingLogger();
  const container = new Container();
  container.bind(Clock).toConstantValue(clock);
  container.bind(Logger).toConstantValue(logger);
  container.bind(Metrics).toConstantValue(noMetrics);
  container.bind(Random).toConstantValue(new SeededRandom(1));
  container.bind(ServerLink).toConstantValue(link);
  container.bind(AllocLink).toConstantValue(new FakeAllocLink({ clock }));
  container.bind(RawExecOptions).toConstantValue({ enabled: false });
  container.bind(FingerprintOptions).toConstantValue({ storageFolder: tmpdir(), version: '2.0.6' });
  container.bind(ClientRuntimeOptions).toConstantValue({
    node: {
      datacenter: 'dc1',
      name: 'n1',
      nodeClass: '',
      nodePool: 'default',
      meta: {},
      reserved: { cpuShares: 0, memoryMb: 0, diskMb: 0, ports: '' },
      minDynamicPort: 20_000,
      maxDynamicPort: 32_000,
      httpAddress: '127.0.0.1:4646',
      tlsEnabled: false,
    },
    seeds: () => ['127.0.0.1:4647'],
    devMode: true,
  });
  container.load(clientModule);
  /** The node's first heartbeat. */
  const beat = new Promise<void>((resolve) => {
    link.onCall = ({ method }) => {
      if (method === 'updateStatus') resolve();
    };
  });
  return { beat, container, link, logger };
};

describe('clientModule', () => {
  test('the runtime is one, and a part the agent starts and stops', async () => {
    const { beat, container, link, logger } = create();
    const client = container.get(ClientRuntime);
    expect(container.getAll(Startable)).toEqual([client]);
    expect(container.get(DefaultClientRuntime)).toBe(client);
    container
      .bind(Fingerprinter)
      .toConstantValue({ name: 'gpu', fingerprint: () => Promise.reject(new Error('none')) });
    const { signal } = new AbortController();
    for (const part of container.getAll(Startable)) await part.start({ signal });
    await beat;
    expect(link.registrations[0]?.registration.attributes['nomad.version']).toBe('2.0.6');
    for (const part of container.getAll(Startable)) await part.stop({ signal });
    expect(logger.lines.every(({ name }) => name === 'client')).toBe(true);
  });

  test('fingerprinters contributed beside the built-in ones are asked too', async () => {
    const { beat, container, link } = create();
    container.bind(Fingerprinter).toConstantValue({
      name: 'gpu',
      fingerprint: () => Promise.resolve({ attributes: { 'gpu.count': '8' } }),
    });
    const [part] = container.getAll(Startable);
    const { signal } = new AbortController();
    await part?.start({ signal });
    await beat;
    expect(link.registrations[0]?.registration.attributes).toMatchObject({ 'gpu.count': '8' });
    await part?.stop({ signal });
  });

  test('drivers contributed beside the built-in ones are the node’s too, and raw_exec is what the operator lets it be', async () => {
    const { beat, container, link } = create();
    const own: TaskDriver = {
      ...container.get(NodeDriver),
      name: 'own',
      fingerprint: () => container.get(NodeDriver).fingerprint(),
    };
    container.bind(TaskDriver).toConstantValue(own);
    expect(container.getAll(TaskDriver)).toEqual([container.get(RawExecDriver), container.get(NodeDriver), own]);
    const [part] = container.getAll(Startable);
    const { signal } = new AbortController();
    await part?.start({ signal });
    await beat;
    const { drivers, attributes } = link.registrations[0]?.registration ?? {};
    expect(Object.entries(drivers ?? {}).map(([name, { healthy }]) => [name, healthy])).toEqual([
      ['raw_exec', false],
      ['node', true],
      ['own', true],
    ]);
    expect(attributes).toMatchObject({ 'driver.node': '1', 'driver.own': '1' });
    expect(attributes).not.toHaveProperty('driver.raw_exec');
    await part?.stop({ signal });
  });

  test('each built-in fingerprinter has a token of its own', () => {
    const { container } = create();
    expect(container.getAll(Fingerprinter).map(({ name }) => name)).toEqual([
      'arch',
      'kernel',
      'os',
      'cpu',
      'memory',
      'storage',
      'network',
      'nomad',
      'host',
    ]);
    expect([container.get(ArchFingerprinter).name, container.get(StorageFingerprinter).name]).toEqual([
      'arch',
      'storage',
    ]);
  });
});
