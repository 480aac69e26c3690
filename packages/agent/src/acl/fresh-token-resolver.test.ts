import { describe, expect, test } from '@jest/globals';
import { ANONYMOUS_TOKEN, callerOfToken, MANAGEMENT_ACL, permissionDenied, tokenExpired } from '@steppe/acl';
import type { TokenResolver } from '@steppe/acl';
import { Secret } from '@steppe/domain';
import type { Leadership, StateStore } from '@steppe/state';
import { FreshTokenResolver } from './fresh-token-resolver.js';

const CALLER = callerOfToken(ANONYMOUS_TOKEN, MANAGEMENT_ACL);

function setUp({
  isLeader = false,
  catchUp = () => Promise.resolve(),
}: {
  isLeader?: boolean;
  catchUp?: () => Promise<void>;
} = {}) {
  let asked = 0;
  let known = false;
  let error: () => unknown = permissionDenied;
  const inner: TokenResolver = {
    resolve: () => {
      if (!known) throw error();
      return CALLER;
    },
  };
  const state = {
    catchUp: async () => {
      asked += 1;
      await catchUp();
      known = true;
    },
  } as unknown as StateStore;
  const resolver = new FreshTokenResolver({
    resolver: inner,
    state,
    leadership: { isLeader } as unknown as Leadership,
  });
  return {
    resolve: () => resolver.resolve(new Secret('x')),
    asked: () => asked,
    learn: () => (known = true),
    fail: (by: () => unknown) => (error = by),
  };
}

describe('FreshTokenResolver', () => {
  test('what is known is answered at once', () => {
    const { resolve, learn, asked } = setUp();
    learn();
    expect(resolve()).toBe(CALLER);
    expect(asked()).toBe(0);
  });

  test('what is not known is looked for again once the state has caught up, with one question for all', async () => {
    const { resolve, asked } = setUp();
    expect(await Promise.all([resolve(), resolve(), resolve()])).toEqual([CALLER, CALLER, CALLER]);
    expect(asked()).toBe(1);
  });

  test('the leader has everything: there it stays refused', () => {
    const { resolve, asked } = setUp({ isLeader: true });
    expect(resolve).toThrow('Permission denied');
    expect(asked()).toBe(0);
  });

  test('an expired token is not asked about', () => {
    const { resolve, fail, asked } = setUp();
    fail(tokenExpired);
    expect(resolve).toThrow('ACL token expired');
    expect(asked()).toBe(0);
  });

  test('when the state cannot catch up it stays refused, and the next one is looked for again', async () => {
    const { resolve, asked } = setUp({ catchUp: () => Promise.reject(new Error('etcd is gone')) });
    await expect(resolve()).rejects.toThrow('Permission denied');
    await expect(resolve()).rejects.toThrow('Permission denied');
    expect(asked()).toBe(2);
  });
});
