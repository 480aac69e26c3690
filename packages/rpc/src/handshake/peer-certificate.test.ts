import { describe, expect, test } from '@jest/globals';
import type { RpcIdentity } from './peer-identity.js';
import { agentNames, checkCertificateNames } from './peer-certificate.js';

const server: RpcIdentity = { role: 'server', region: 'global', id: '' };
const client: RpcIdentity = { role: 'client', region: 'global', id: '' };

describe('names of a certificate', () => {
  test.each([
    ['DNS:server.global.nomad, DNS:localhost, IP Address:127.0.0.1', [{ role: 'server', region: 'global' }]],
    [
      'DNS:client.eu-1.nomad, DNS:server.us.nomad',
      [
        { role: 'client', region: 'eu-1' },
        { role: 'server', region: 'us' },
      ],
    ],
    ['', []],
    ['DNS:nomad', []],
    ['DNS:server.nomad', []],
    ['DNS:server.a.b.nomad', []],
    ['DNS:server.global.nomad.example.com', []],
    ['DNS:xserver.global.nomad', []],
    ['DNS:Server.global.nomad', []],
    ['URI:server.global.nomad', []],
    // A name that holds a whole entry is quoted by Node, and stays one name.
    ['DNS:"evil, DNS:server.global.nomad, x"', []],
    [String.raw`DNS:"a\", DNS:server.global.nomad, \"b"`, []],
  ])('%s', (text, names) => expect(agentNames(text)).toEqual(names));

  test.each([
    ['DNS:server.global.nomad', server],
    ['DNS:server.global.nomad', client],
    ['DNS:client.global.nomad', client],
    ['DNS:server.elsewhere.nomad, DNS:server.global.nomad', server],
  ])('%s is good for %p', (text, identity) => {
    expect(() => checkCertificateNames(text, identity, true)).not.toThrow();
  });

  test.each([
    ['DNS:client.global.nomad', server, 'role'],
    ['DNS:server.elsewhere.nomad', server, 'region'],
    ['DNS:client.elsewhere.nomad', client, 'region'],
    // The role of one name with the region of another is nobody.
    ['DNS:client.global.nomad, DNS:server.elsewhere.nomad', server, 'region'],
    ['DNS:localhost', client, 'role'],
  ] as const)('%s is not good for %p: %s', (text, identity, reason) => {
    expect(() => checkCertificateNames(text, identity, true)).toThrow(expect.objectContaining({ reason }));
  });

  test('without verify_server_hostname a certificate of no agent is good for any, one of an agent only for that', () => {
    expect(() => checkCertificateNames('DNS:localhost', server, false)).not.toThrow();
    expect(() => checkCertificateNames('DNS:client.global.nomad', server, false)).toThrow('not one of a server');
  });
});
