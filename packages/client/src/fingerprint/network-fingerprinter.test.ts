import { describe, expect, test } from '@jest/globals';
import { textFiles } from '../testing/text-files.js';
import { NetworkFingerprinter, defaultRouteDevice } from './network-fingerprinter.js';
import type { InterfaceAddress, NetworkFingerprinterOptions } from './network-fingerprinter.js';

const HEADER = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT   ';
const route = (device: string, destination: string, flags: string, metric: number, mask = destination) =>
  `${device}\t${destination}\t010200C0\t${flags}\t0\t0\t${metric}\t${mask}\t0\t0\t0  `;
const table = (...routes: readonly string[]) => [HEADER, ...routes, ''].join('\n');

const address = (text: string, internal = false): InterfaceAddress => ({
  address: text,
  family: text.includes(':') ? 'IPv6' : 'IPv4',
  internal,
});

const INTERFACES = {
  lo: [address('127.0.0.1', true), address('::1', true)],
  docker0: [address('172.17.0.1')],
  eth0: [address('fe80::1'), address('fd00::5'), address('10.20.0.11')],
  eth1: [address('fe80::2'), address('fd00::6')],
  eth2: [address('169.254.3.4'), address('2001:db8::1')],
};

const fingerprint = (
  options: NetworkFingerprinterOptions,
  files: Readonly<Record<string, string>> = {},
  interfaces: Readonly<Record<string, readonly InterfaceAddress[]>> = INTERFACES,
) => new NetworkFingerprinter(options, { interfaces: () => interfaces, read: textFiles(files) }).fingerprint();

describe('the interface of the default route', () => {
  test.each([
    ['none', table(), undefined],
    ['a net only', table(route('eth0', '000200C0', '0001', 0, '00FFFFFF')), undefined],
    ['one', table(route('eth0', '00000000', '0003', 0), route('eth0', '000200C0', '0001', 0, '00FFFFFF')), 'eth0'],
    [
      'the lowest metric',
      table(route('wlan0', '00000000', '0003', 600), route('eth0', '00000000', '0003', 100)),
      'eth0',
    ],
    [
      'only what is up',
      table(route('wlan0', '00000000', '0003', 600), route('eth0', '00000000', '0002', 100)),
      'wlan0',
    ],
    ['not half of all addresses', table(route('tun0', '00000000', '0003', 0, '00000080')), undefined],
  ])('%s', (_, text, device) => expect(defaultRouteDevice(text)).toBe(device));
});

describe('network', () => {
  const routed = { '/proc/net/route': table(route('eth0', '00000000', '0003', 0)) };

  test('that of the default route, at the speed the kernel tells', async () => {
    await expect(fingerprint({}, { ...routed, '/sys/class/net/eth0/speed': '10000\n' })).resolves.toEqual({
      attributes: { 'unique.network.ip-address': '10.20.0.11' },
      resources: { networks: [{ device: 'eth0', ip: '10.20.0.11', cidr: '10.20.0.11/32', mbits: 10_000 }] },
    });
  });

  test.each([
    ['lo', '127.0.0.1', '127.0.0.1/32'],
    ['eth1', 'fd00::6', 'fd00::6/128'],
    ['eth2', '2001:db8::1', '2001:db8::1/128'],
  ])('the operator’s %s has %s', async (interfaceName, ip, cidr) => {
    const { resources } = await fingerprint({ interfaceName }, routed);
    expect(resources?.networks).toEqual([{ device: interfaceName, ip, cidr, mbits: 1_000 }]);
  });

  test.each([
    ['without routes the first that is not loopback', INTERFACES, 'docker0'],
    ['with loopback alone that', { lo: INTERFACES.lo }, 'lo'],
  ])('%s', async (_, interfaces, device) => {
    const { resources } = await fingerprint({}, {}, interfaces);
    expect(resources?.networks?.[0]?.device).toBe(device);
  });

  test('a default route over an interface without an address does not count', async () => {
    const { resources } = await fingerprint({}, { '/proc/net/route': table(route('ppp0', '00000000', '0003', 0)) });
    expect(resources?.networks?.[0]?.device).toBe('docker0');
  });

  test.each([
    ['the operator’s', { speedMbits: 250 }, '10000', 250],
    ['unknown to the kernel', {}, '-1', 1_000],
  ])('a speed: %s', async (_, options, speed, mbits) => {
    const { resources } = await fingerprint(options, { ...routed, '/sys/class/net/eth0/speed': speed });
    expect(resources?.networks?.[0]?.mbits).toBe(mbits);
  });

  test.each([
    ['a name that is not there', { interfaceName: 'eth9' }, INTERFACES, 'network interface "eth9" has no address'],
    ['no network at all', {}, {}, 'no network interface has an address'],
  ])('%s is an error', async (_, options, interfaces, message) => {
    await expect(fingerprint(options, {}, interfaces)).rejects.toMatchObject({
      code: 'CLIENT_FINGERPRINT_FAILED',
      message,
    });
  });

  test('of this machine', async () => {
    const { attributes } = await new NetworkFingerprinter({ interfaceName: 'lo' }).fingerprint();
    expect(attributes).toEqual({ 'unique.network.ip-address': '127.0.0.1' });
  });
});
