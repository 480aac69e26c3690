import { describe, expect, test } from '@jest/globals';
import { describeAddress } from './network-address.js';

describe('describeAddress', () => {
  test('an IPv4 address in a network', () => {
    expect(describeAddress('10.20.0.11', 4, 24)).toEqual({
      type: 'IPv4',
      string: '10.20.0.11/24',
      host: '10.20.0.11',
      address: '10.20.0.11',
      port: '0',
      netmask: '255.255.255.0',
      network: '10.20.0.0/24',
      mask_bits: '24',
      binary: '00001010000101000000000000001011',
      hex: '0a14000b',
      first_usable: '10.20.0.1',
      last_usable: '10.20.0.254',
      octets: '10 20 0 11',
      size: '256',
      broadcast: '10.20.0.255',
      uint32: '169082891',
      DialPacket: '"udp4" ""',
      DialStream: '"tcp4" ""',
      ListenPacket: '"udp4" ""',
      ListenStream: '"tcp4" ""',
    });
  });

  test.each([
    [32, '192.0.2.1', '192.0.2.1', '1'],
    [31, '192.0.2.0', '192.0.2.1', '2'],
    [30, '192.0.2.1', '192.0.2.2', '4'],
    [0, '0.0.0.1', '255.255.255.254', '4294967296'],
  ])('the usable range of an IPv4 network of %i bits', (bits, first, last, size) => {
    expect(describeAddress('192.0.2.1', 4, bits)).toMatchObject({ first_usable: first, last_usable: last, size });
  });

  test('an IPv6 address in a network', () => {
    const described = describeAddress('2001:db8::a:0:0:1', 6, 64);
    expect(described).toMatchObject({
      type: 'IPv6',
      string: '2001:db8::a:0:0:1/64',
      netmask: 'ffff:ffff:ffff:ffff::',
      network: '2001:db8::/64',
      first_usable: '2001:db8::',
      last_usable: '2001:db8::ffff:ffff:ffff:ffff',
      size: '18446744073709551616',
      octets: '32 1 13 184 0 0 0 0 0 10 0 0 0 0 0 1',
    });
    expect(described).not.toHaveProperty('broadcast');
  });

  test.each([
    ['::1', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::', '::'],
  ])('%s reads %s', (address, text) => {
    expect(describeAddress(address, 6, 128)).toMatchObject({ address: text, string: text });
  });
});
