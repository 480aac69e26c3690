import { describe, expect, test } from '@jest/globals';
import type { Member } from '@steppe/domain';
import { parseServerMember, refuseNonServer } from './server-member.js';

const TAGS = { role: 'nomad', region: 'north', dc: 'n1', build: '2.0.6-dev', port: '4647', rpc_addr: '10.1.0.9' };
const member = (tags: Readonly<Record<string, string | undefined>>, address = '10.0.0.9'): Member => ({
  name: 'alder.north',
  address,
  port: 4648,
  status: 'alive',
  tags: Object.fromEntries(Object.entries(tags).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  protocol: { min: 1, max: 5, current: 2 },
  delegate: { min: 2, max: 5, current: 4 },
});

test('a server tells where peers and clients reach it', () => {
  expect(parseServerMember(member({ ...TAGS, id: 'x', expect: '3' }))).toMatchObject({
    id: 'x',
    region: 'north',
    datacenter: 'n1',
    build: '2.0.6-dev',
    peerAddress: '10.0.0.9:4647',
    clientAddress: '10.1.0.9:4647',
    expect: 3,
  });
  expect(parseServerMember(member({ ...TAGS, rpc_addr: undefined }, '::1'))).toMatchObject({
    id: 'unknown',
    peerAddress: '[::1]:4647',
    clientAddress: '[::1]:4647',
    expect: 0,
  });
});

describe('no server', () => {
  test.each([
    ['another role', { role: 'web' }],
    ['no role', { role: undefined }],
    ['no port', { port: undefined }],
    ['a port that is no number', { port: 'rpc' }],
    ['no build', { build: undefined }],
    ['a build that is no version', { build: 'main' }],
    ['an expect that is no number', { expect: 'all' }],
    ['a raft_vsn that is no number', { raft_vsn: 'three' }],
  ])('%s', (_, change) => {
    const other = member({ ...TAGS, ...change });
    expect(parseServerMember(other)).toBeUndefined();
    expect(refuseNonServer(other)).toBe("member 'alder.north' is not a server");
  });

  test('a server is not refused', () => {
    expect(refuseNonServer(member(TAGS))).toBeUndefined();
  });
});
