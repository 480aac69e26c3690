import { describe, expect, test } from '@jest/globals';
import { defaultAgentConfig, withSettings } from '@steppe/config';
import type { Layer } from '@steppe/config';
import { LAN_TIMING, SERVER_TIMING } from '@steppe/gossip';
import { gossipTiming, joinSettings } from './gossip-settings.js';

const settingsOf = (server: Layer) => joinSettings(withSettings(defaultAgentConfig(), { server }).server);

describe('whom a server joins', () => {
  test('nobody, unless told', () => {
    expect(settingsOf({})).toMatchObject({ startJoin: [], retryJoin: [], retryMax: 0, retryIntervalMs: 30_000 });
  });

  test('what the block says', () => {
    expect(settingsOf({ serverJoin: { retryJoin: ['a'], retryMax: 3, retryIntervalMs: 5_000 } })).toMatchObject({
      retryJoin: ['a'],
      retryMax: 3,
      retryIntervalMs: 5_000,
    });
  });

  test('what the older settings say, with the interval of the block unless they have one', () => {
    expect(settingsOf({ startJoin: ['a'], retryMax: 2 })).toEqual({
      startJoin: ['a'],
      retryJoin: [],
      retryMax: 2,
      retryIntervalMs: 30_000,
    });
    expect(settingsOf({ retryJoin: ['b'], retryIntervalMs: 1_000 }).retryIntervalMs).toBe(1_000);
  });
});

test('a profile is its timers', () => {
  expect(gossipTiming('lan')).toBe(LAN_TIMING);
  expect(gossipTiming('server')).toBe(SERVER_TIMING);
});
