import { describe, expect, test } from '@jest/globals';
import { noMetrics, silentLogger } from '@steppe/runtime';
import { SeededRandom } from '@steppe/testing';
import { encodeCoordinate } from '../wire/serf-codec.js';
import { ORIGIN } from './coordinate.js';
import { NodeCoordinates } from './node-coordinates.js';

const newCoordinates = (name: string): NodeCoordinates =>
  new NodeCoordinates({ name }, { random: new SeededRandom(1), logger: silentLogger, metrics: noMetrics });

describe('NodeCoordinates', () => {
  test('two members that probe each other agree on their round trip', () => {
    const [a, b] = [newCoordinates('a'), newCoordinates('b')];
    expect(a.rttMs('a', 'b')).toBeUndefined();
    for (let i = 0; i < 200; i += 1) {
      a.pingCompleted('b', 40, b.ackPayload());
      b.pingCompleted('a', 40, a.ackPayload());
    }
    expect(a.rttMs('a', 'b')).toBeCloseTo(40, 0);
    expect(a.cached('a')).toBe(a.own);
    a.forget('b');
    expect(a.cached('b')).toBeUndefined();
  });

  test.each([
    ['nothing', new Uint8Array()],
    ['another version', Uint8Array.of(2, 0x80)],
    ['seven components', encodeCoordinate({ ...ORIGIN, vec: [0, 0, 0, 0, 0, 0, 0] })],
    ['not a number', encodeCoordinate({ ...ORIGIN, vec: [Number.NaN, 0, 0, 0, 0, 0, 0, 0] })],
    ['nonsense', encodeCoordinate({ ...ORIGIN, vec: [1e300, 0, 0, 0, 0, 0, 0, 0] })],
  ])('a coordinate that is %s changes nothing', (_what, payload) => {
    const coordinates = newCoordinates('a');
    coordinates.pingCompleted('b', 40, payload);
    expect(coordinates.own).toBe(ORIGIN);
    expect(coordinates.resets).toBe(0);
  });
});
