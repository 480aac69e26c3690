import { describe, expect, test } from '@jest/globals';
import { formatSnapshot, parseSnapshot } from './snapshot-text.js';

const STAY = { rejoinAfterLeave: false };

describe('parseSnapshot', () => {
  test('reads the lines of a serf agent: the last word about a member counts', () => {
    const text =
      'alive: a 10.0.0.1:7946\nalive: b 10.0.0.2:7946\nclock: 4\nnot-alive: b\nalive: c d [fe80::1]:4648\n' +
      '#comment\ncoordinate: {}\nevent-clock: 9\nclock: 6\nquery-clock: 2\nalive: a 10.0.0.9:7946\n';
    expect(parseSnapshot(text, STAY)).toEqual({
      alive: new Map([
        ['c d', { host: 'fe80::1', port: 4648 }],
        ['a', { host: '10.0.0.9', port: 7946 }],
      ]),
      clock: 6,
      eventClock: 9,
      queryClock: 2,
    });
  });

  test.each([
    ['a last line that was cut', 'clock: 4\nclock: 41'],
    ['garbage', '\0\0\n: :\nalive:\nalive: a\nalive: a b\nclock: 4\nclock: -1\nclock: 1e9\nclock: 99999999999999999\n'],
  ])('survives %s', (_what, text) => {
    expect(parseSnapshot(text, STAY)).toMatchObject({ clock: 4, alive: new Map() });
  });

  test('a departure on purpose forgets everything before it, unless we are to rejoin', () => {
    const text = 'alive: a 10.0.0.1:7946\nclock: 4\nleave\n';
    expect(parseSnapshot(text, STAY)).toEqual({ alive: new Map(), clock: 0, eventClock: 0, queryClock: 0 });
    expect(parseSnapshot(text, { rejoinAfterLeave: true })).toMatchObject({ clock: 4, alive: { size: 1 } });
  });

  test('reads what it writes', () => {
    const state = {
      alive: new Map([
        ['a', { host: '10.0.0.1', port: 1 }],
        ['b c', { host: '::1', port: 65_535 }],
      ]),
      clock: 3,
      eventClock: 2,
      queryClock: 1,
    };
    expect(parseSnapshot(formatSnapshot(state), STAY)).toEqual(state);
  });
});
