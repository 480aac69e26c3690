import { describe, expect, test } from '@jest/globals';
import { MetricsRegistry, SystemClock } from '@steppe/runtime';
import { RecordingLogger, SimClock } from '@steppe/testing';
import { tmpdir } from 'node:os';
import { builtInFingerprinters } from './built-in-fingerprinters.js';
import { fingerprintNode } from './fingerprint-node.js';
import type { Fingerprint, Fingerprinter } from './fingerprinter.js';
import { nodeRegistration } from './node-registration.js';

const named = (name: string, fingerprint: () => Promise<Fingerprint>): Fingerprinter => ({ name, fingerprint });
const network = (device: string) => ({ device, ip: '10.0.0.1', cidr: '10.0.0.1/32', mbits: 1_000 });

const create = () => {
  const clock = new SimClock();
  const logger = new RecordingLogger();
  const metrics = new MetricsRegistry({ prefix: 'nomad' }, { clock });
  const run = (...fingerprinters: readonly Fingerprinter[]) =>
    fingerprintNode(fingerprinters, { timeoutMs: 10_000 }, { clock, logger, metrics });
  return { clock, logger, metrics, run };
};

describe('fingerprinting a node', () => {
  test('findings are laid over each other, networks add up', async () => {
    const { run } = create();
    const a = { attributes: { x: '1', y: '1' }, resources: { memoryMb: 1, diskMb: 1, networks: [network('eth0')] } };
    const b = { attributes: { y: '2' }, resources: { memoryMb: 2, networks: [network('eth1')] } };
    await expect(
      run(
        named('a', () => Promise.resolve(a)),
        named('b', () => Promise.resolve(b)),
      ),
    ).resolves.toEqual({
      attributes: { x: '1', y: '2' },
      resources: { memoryMb: 2, diskMb: 1, networks: [network('eth0'), network('eth1')] },
    });
  });

  test('what fails or does not settle is logged, counted and left out', async () => {
    const { clock, logger, metrics, run } = create();
    const throws = (): Promise<Fingerprint> => {
      throw new Error('broken');
    };
    const found = run(
      named('throws', throws),
      named('rejects', () => Promise.reject(new Error('no permission'))),
      named('hangs', () => new Promise(() => undefined)),
      named('works', () => Promise.resolve({ attributes: { x: '1' } })),
    );
    await clock.advance(10_000);
    await expect(found).resolves.toEqual({ attributes: { x: '1' }, resources: { networks: [] } });
    expect(logger.lines.map(({ level, fields }) => [level, fields['fingerprinter'], fields['error']])).toEqual([
      ['warn', 'throws', 'broken'],
      ['warn', 'rejects', 'no permission'],
      ['warn', 'hangs', 'took longer than 10000 ms'],
    ]);
    expect(metrics.cumulative().counters.map(({ name, labels, sum }) => [name, labels, sum])).toEqual(
      ['throws', 'rejects', 'hangs'].map((fingerprinter) => [
        expect.stringContaining('client.fingerprint_error'),
        { fingerprinter },
        1,
      ]),
    );
    expect(clock.pending).toBe(0);
  });

  test('none at all make an empty node', async () => {
    await expect(create().run()).resolves.toEqual({ attributes: {}, resources: { networks: [] } });
  });

  test('the built-in ones describe this machine, without loss', async () => {
    const { logger, metrics } = create();
    const options = { storageFolder: tmpdir(), version: '2.0.6', revision: 'abc', networkInterface: 'lo' };
    const fingerprinters = builtInFingerprinters(options);
    const deps = { clock: new SystemClock(), logger, metrics };
    const { attributes, resources } = await fingerprintNode(fingerprinters, { timeoutMs: 10_000 }, deps);
    expect(logger.lines).toEqual([]);
    expect(Object.keys(attributes)).toEqual(
      expect.arrayContaining([
        'cpu.arch',
        'cpu.numcores',
        'kernel.name',
        'memory.totalbytes',
        'nomad.revision',
        'nomad.version',
        'os.name',
        'unique.hostname',
        'unique.network.ip-address',
        'unique.storage.bytesfree',
        'unique.storage.bytestotal',
        'unique.storage.volume',
      ]),
    );
    for (const value of Object.values(attributes)) expect(value).not.toMatch(/^$|undefined|NaN/);
    expect(resources.memoryMb).toBeGreaterThan(0);
  });
});

test('a registration is what is configured and what was found; what was not found counts as none', () => {
  const node = {
    datacenter: 'dc1',
    name: 'n1',
    nodeClass: 'big',
    nodePool: 'default',
    meta: { rack: '7' },
    reserved: { cpuShares: 100, memoryMb: 256, diskMb: 0, ports: '22' },
    minDynamicPort: 20_000,
    maxDynamicPort: 32_000,
    httpAddress: '10.0.0.1:4646',
    tlsEnabled: true,
  };
  const { minDynamicPort, maxDynamicPort, ...configured } = node;
  const found = { attributes: { 'cpu.arch': 'amd64' }, resources: { memoryMb: 512 } };
  expect(nodeRegistration('id-1', node, found)).toEqual({
    ...configured,
    id: 'id-1',
    attributes: { 'cpu.arch': 'amd64' },
    drivers: {},
    resources: { cpuShares: 0, totalCores: 0, memoryMb: 512, diskMb: 0, networks: [], minDynamicPort, maxDynamicPort },
  });
});
