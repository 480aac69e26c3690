import { describe, expect, test } from '@jest/globals';
import { hostname, machine, release, totalmem } from 'node:os';
import { ArchFingerprinter } from './arch-fingerprinter.js';
import { CpuFingerprinter, parseCpuSpeeds } from './cpu-fingerprinter.js';
import { HostFingerprinter } from './host-fingerprinter.js';
import { KernelFingerprinter } from './kernel-fingerprinter.js';
import { MemoryFingerprinter } from './memory-fingerprinter.js';
import { NomadFingerprinter } from './nomad-fingerprinter.js';
import { OsFingerprinter, parseOsRelease } from './os-fingerprinter.js';
import { textFiles } from '../testing/text-files.js';

describe('arch', () => {
  test.each([
    ['x64', 'amd64'],
    ['arm64', 'arm64'],
    ['ia32', '386'],
    ['riscv64', 'riscv64'],
  ])('%s is %s', async (architecture, expected) => {
    const { attributes } = await new ArchFingerprinter({ architecture }).fingerprint();
    expect(attributes).toEqual({ 'cpu.arch': expected });
  });

  test('of this machine', async () => {
    const { attributes } = await new ArchFingerprinter().fingerprint();
    expect(attributes['cpu.arch']).toMatch(/^[a-z0-9]+$/);
  });
});

test('kernel', async () => {
  await expect(new KernelFingerprinter().fingerprint()).resolves.toEqual({
    attributes: { 'kernel.name': process.platform, 'kernel.version': release(), 'kernel.arch': machine() },
  });
});

test('host', async () => {
  await expect(new HostFingerprinter().fingerprint()).resolves.toEqual({
    attributes: { 'unique.hostname': hostname() },
  });
});

describe('nomad', () => {
  test.each([
    [
      { version: '2.0.6', revision: 'abc' },
      { 'nomad.version': '2.0.6', 'nomad.revision': 'abc' },
    ],
    [{ version: '2.0.6' }, { 'nomad.version': '2.0.6' }],
  ])('%j', async (options, attributes) => {
    await expect(new NomadFingerprinter(options).fingerprint()).resolves.toEqual({ attributes });
  });
});

describe('os', () => {
  const DEBIAN = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\nHOME_URL="https://www.debian.org/"\n`;
  const ROLLING = `# made by hand\nNAME='Arch Linux'\nID=arch\nBUILD_ID=rolling\n`;

  test.each([
    ['a distribution with releases', { '/etc/os-release': DEBIAN }, { 'os.name': 'debian', 'os.version': '12' }],
    ['one without', { '/etc/os-release': ROLLING }, { 'os.name': 'arch' }],
    ['the system’s copy', { '/usr/lib/os-release': DEBIAN }, { 'os.name': 'debian', 'os.version': '12' }],
    ['nothing told', { '/etc/os-release': '' }, { 'os.name': 'linux' }],
  ])('%s', async (_, files, attributes) => {
    await expect(new OsFingerprinter({ read: textFiles(files) }).fingerprint()).resolves.toEqual({ attributes });
  });

  test('without the file there is no fingerprint', async () => {
    await expect(new OsFingerprinter({ read: textFiles({}) }).fingerprint()).rejects.toThrow('ENOENT');
  });

  test('values may be quoted in any of the shell’s ways', () => {
    expect(
      parseOsRelease(`A=plain\nB="with \\"quotes\\" and \\$"\nC='single \\ back'\n  D=indented  \nnonsense\nE=`),
    ).toEqual({
      A: 'plain',
      B: 'with "quotes" and $',
      C: 'single \\ back',
      D: 'indented',
      E: '',
    });
  });
});

describe('cpu', () => {
  const processors =
    (...speeds: readonly number[]) =>
    () =>
      speeds.map((speed) => ({ model: ' AMD EPYC ', speed }));
  const maxFreq = (index: number) => `/sys/devices/system/cpu/cpu${index}/cpufreq/cpuinfo_max_freq`;

  test('cores count with the frequency they can reach, where the kernel tells', async () => {
    const read = textFiles({ [maxFreq(0)]: '3400000\n', [maxFreq(1)]: '2200000\n' });
    const fingerprinter = new CpuFingerprinter({}, { processors: processors(800, 801, 1_500), read });
    await expect(fingerprinter.fingerprint()).resolves.toEqual({
      attributes: {
        'cpu.numcores': '3',
        'cpu.modelname': 'AMD EPYC',
        'cpu.frequency': '3400',
        'cpu.totalcompute': '7100',
      },
      resources: { cpuShares: 7_100, totalCores: 3 },
    });
  });

  test('where Node.js knows no frequency, the processor table does', async () => {
    const table = ['processor\t: 0', 'cpu MHz\t\t: 2596.144', '', 'processor\t: 1', 'cpu MHz\t\t: 2596.400', ''].join(
      '\n',
    );
    expect(parseCpuSpeeds(table)).toEqual([2_596.144, 2_596.4]);
    const fingerprinter = new CpuFingerprinter(
      {},
      { processors: processors(0, 0), read: textFiles({ '/proc/cpuinfo': table }) },
    );
    const { attributes, resources } = await fingerprinter.fingerprint();
    expect(attributes).toMatchObject({ 'cpu.frequency': '2596', 'cpu.totalcompute': '5193' });
    expect(resources?.cpuShares).toBe(5_193);
  });

  test('what is unknown is left out', async () => {
    const read = textFiles({ [maxFreq(0)]: 'unknown' });
    const fingerprinter = new CpuFingerprinter({}, { processors: () => [{ model: '', speed: 0 }], read });
    await expect(fingerprinter.fingerprint()).resolves.toEqual({
      attributes: { 'cpu.numcores': '1' },
      resources: { cpuShares: 0, totalCores: 1 },
    });
  });

  test('the operator’s compute counts, the frequency stays', async () => {
    const fingerprinter = new CpuFingerprinter(
      { totalComputeMhz: 5_000 },
      { processors: processors(2_000, 2_000), read: textFiles({}) },
    );
    const { attributes, resources } = await fingerprinter.fingerprint();
    expect(attributes).toMatchObject({ 'cpu.frequency': '2000', 'cpu.totalcompute': '5000' });
    expect(resources).toEqual({ cpuShares: 5_000, totalCores: 2 });
  });

  test('of this machine', async () => {
    const { attributes } = await new CpuFingerprinter().fingerprint();
    expect(Number(attributes['cpu.numcores'])).toBeGreaterThan(0);
  });
});

describe('memory', () => {
  test('of this machine', async () => {
    await expect(new MemoryFingerprinter().fingerprint()).resolves.toEqual({
      attributes: { 'memory.totalbytes': `${totalmem()}` },
      resources: { memoryMb: Math.floor(totalmem() / 1024 / 1024) },
    });
  });

  test('the operator’s', async () => {
    await expect(new MemoryFingerprinter({ memoryTotalMb: 512 }).fingerprint()).resolves.toEqual({
      attributes: { 'memory.totalbytes': '536870912' },
      resources: { memoryMb: 512 },
    });
  });
});
