import { describe, expect, test } from '@jest/globals';
import type { Member } from '@steppe/domain';
import { BUILD } from '../identity/build.js';
import { memberGuard } from './member-guard.js';

const OPTIONS = { ownName: 'alder.north', region: 'north', open: false, embedded: true };
const member = (name: string, tags: Readonly<Record<string, string>>, status: Member['status'] = 'alive'): Member => ({
  name,
  address: '10.0.0.2',
  port: 4648,
  status,
  tags,
  protocol: { min: 1, max: 5, current: 2 },
  delegate: { min: 2, max: 5, current: 4 },
});
const server = (region: string, build: string = BUILD.fullVersion) => ({ role: 'nomad', port: '4647', build, region });

describe('who may be in a pool of servers', () => {
  test('servers of other regions, and ourselves', () => {
    const guard = memberGuard(OPTIONS);
    expect(guard(member('alder.north', server('north')))).toBeUndefined();
    expect(guard(member('birch.south', server('south')))).toBeUndefined();
  });

  test('nobody who is no server, unless the pool is open', () => {
    const web = member('web-1', { role: 'web' });
    expect(memberGuard(OPTIONS)(web)).toBe("member 'web-1' is not a server");
    expect(memberGuard({ ...OPTIONS, open: true })(web)).toBeUndefined();
  });

  test('no second server of a region whose state is not shared; the sentence names the fix', () => {
    const second = member('birch.north', server('north'));
    expect(memberGuard(OPTIONS)(second)).toMatch(/^member 'birch\.north' is a second server of region 'north'.*etcd/);
    expect(memberGuard({ ...OPTIONS, open: true })(second)).toMatch(/second server/);
    expect(memberGuard({ ...OPTIONS, embedded: false })(second)).toBeUndefined();
  });

  test('a server of another make is shown, whatever region it claims; one that left is no second', () => {
    const guard = memberGuard(OPTIONS);
    expect(guard(member('nomad.north', server('north', '1.11.0')))).toBeUndefined();
    expect(guard(member('birch.north', server('north'), 'left'))).toBeUndefined();
    expect(guard(member('birch.north', server('north'), 'failed'))).toBeUndefined();
  });
});
