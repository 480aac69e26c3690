import { describe, expect, test } from '@jest/globals';
import { assert, constantFrom, domain, integer, ipV4, oneof, property, record } from 'fast-check';
import { formatServerAddress, parseServerAddress, resolveServerAddress } from './server-address.js';

describe('addresses of servers', () => {
  test.each([
    ['10.20.0.11', '10.20.0.11:4647'],
    ['10.20.0.11:5000', '10.20.0.11:5000'],
    ['nomad.example', 'nomad.example:4647'],
    ['nomad.example:1', 'nomad.example:1'],
    ['::1', '[::1]:4647'],
    ['[::1]', '[::1]:4647'],
    ['[fe80::1]:65535', '[fe80::1]:65535'],
  ])('%s is %s', (text, address) => expect(formatServerAddress(parseServerAddress(text))).toBe(address));

  test.each([
    '',
    ':4647',
    'host:',
    'host:port',
    'host:0',
    'host:65536',
    'host:123456',
    'a b',
    'http://host:4647',
    '[::1',
    '[host]:1',
    '1:2:3',
    'provider=aws tag=x',
  ])('%j is none', (text) =>
    expect(() => parseServerAddress(text)).toThrow(
      expect.objectContaining({
        code: 'CLIENT_SERVER_ADDRESS_INVALID',
        detail: { code: 'CLIENT_SERVER_ADDRESS_INVALID', address: text },
        message: expect.stringContaining(`invalid server address ${JSON.stringify(text)}: `),
      }),
    ),
  );

  test('what is printed is read back', () => {
    const host = oneof(ipV4(), domain(), constantFrom('::1', 'fd00::2:3'));
    assert(
      property(record({ host, port: integer({ min: 1, max: 65_535 }) }), (address) => {
        expect(parseServerAddress(formatServerAddress(address))).toEqual(address);
      }),
    );
  });

  test('a name is resolved, the port stays', async () => {
    const resolve = (host: string) => Promise.resolve(host === 'one.example' ? 'fd00::1' : host);
    await expect(resolveServerAddress('one.example:5000', resolve)).resolves.toBe('[fd00::1]:5000');
    await expect(resolveServerAddress('10.0.0.1', resolve)).resolves.toBe('10.0.0.1:4647');
  });
});
