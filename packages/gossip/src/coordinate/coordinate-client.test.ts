import { describe, expect, test } from '@jest/globals';
import { SeededRandom } from '@steppe/testing';
import type { Coordinate } from './coordinate.js';
import { ORIGIN, applyGravity, estimateRttMs, isPlausible, observe, rawDistance } from './coordinate.js';
import { CoordinateClient } from './coordinate-client.js';

const at = (x: number, fields: Partial<Coordinate> = {}): Coordinate => ({
  ...ORIGIN,
  vector: [x, 0, 0, 0, 0, 0, 0, 0],
  ...fields,
});
const random = () => new SeededRandom(1);

describe('coordinate', () => {
  test('a distance is the way between two places plus both heights', () => {
    expect(rawDistance(at(1, { height: 0.1 }), at(3, { height: 0.2 }))).toBeCloseTo(2.3, 12);
  });

  test('the estimate adds both adjustments unless the sum would not be positive', () => {
    expect(estimateRttMs(at(0, { adjustment: 0.01 }), at(0.1, { adjustment: 0.02 }))).toBeCloseTo(130.02, 9);
    expect(estimateRttMs(at(0, { adjustment: -1 }), at(0.1))).toBeCloseTo(100.02, 9);
  });

  test('one observation moves away from a peer that is farther than thought, and raises height', () => {
    const moved = observe(at(0.1, { error: 1, height: 0.01 }), at(0, { error: 1, height: 0.01 }), 0.32, random());
    // weight 0.5, estimate 0.12, force 0.25 * 0.5 * 0.2 = 0.025
    expect(moved.vector[0]).toBeCloseTo(0.125, 12);
    expect(moved.height).toBeCloseTo(0.01 + (0.02 * 0.025) / 0.1, 12);
    expect(moved.error).toBeCloseTo(0.25 * 0.5 * (0.2 / 0.32) + 1 * (1 - 0.25 * 0.5), 12);
  });

  test('two nodes in one place part in some direction and keep their height', () => {
    const moved = observe(ORIGIN, ORIGIN, 0.1, random());
    expect(rawDistance(moved, ORIGIN)).toBeGreaterThan(0.01);
    expect(moved.height).toBe(ORIGIN.height);
  });

  test('gravity pulls towards the origin, more from farther away', () => {
    const [near, far] = [applyGravity(at(1), random()), applyGravity(at(10), random())];
    expect(1 - (near.vector[0] as number)).toBeCloseTo((1.00002 / 150) ** 2, 9);
    expect(10 - (far.vector[0] as number)).toBeCloseTo((10.00002 / 150) ** 2, 9);
  });

  test.each<[string, Coordinate]>([
    ['not a number', at(Number.NaN)],
    ['infinite', at(Number.POSITIVE_INFINITY)],
    ['a component of more than 100 s', at(1e300)],
    ['a height of more than 100 s', at(0, { height: -101 })],
    ['seven components', { ...ORIGIN, vector: [0, 0, 0, 0, 0, 0, 0] }],
  ])('is not plausible: %s', (_what, coordinate) => expect(isPlausible(coordinate)).toBe(false));
});

describe('CoordinateClient', () => {
  test('a hostile coordinate and an impossible round trip change nothing', () => {
    const client = new CoordinateClient({ random: random() });
    expect(client.update('m', at(1e300), 10)).toBe('implausible coordinate');
    expect(client.update('m', ORIGIN, -1)).toBe('implausible rtt');
    expect(client.update('m', ORIGIN, 10_001)).toBe('implausible rtt');
    expect(client.own).toBe(ORIGIN);
    expect(client.peer('m')).toBeUndefined();
  });

  test('one slow answer among three does not count', () => {
    const steady = new CoordinateClient({ random: random() });
    const hiccup = new CoordinateClient({ random: random() });
    for (const rtt of [20, 20, 20]) steady.update('m', at(0.1), rtt);
    for (const rtt of [20, 20, 9000]) hiccup.update('m', at(0.1), rtt);
    expect(hiccup.own).toEqual(steady.own);
  });

  test('six nodes on a line learn their round trips to within a tenth', () => {
    const places = [0, 10, 25, 40, 70, 100];
    const clients = places.map((_, i) => new CoordinateClient({ random: new SeededRandom(i) }));
    const choice = new SeededRandom(42);
    for (let round = 0; round < 3000; round += 1) {
      const [a, b] = [Math.floor(choice.next() * 6), Math.floor(choice.next() * 6)];
      if (a === b) continue;
      const rtt = Math.abs((places[a] as number) - (places[b] as number));
      clients[a]?.update(`m${b}`, (clients[b] as CoordinateClient).own, rtt);
    }
    const [first, last] = [clients[0] as CoordinateClient, clients[5] as CoordinateClient];
    expect(Math.abs(estimateRttMs(first.own, last.own) - 100)).toBeLessThan(10);
    expect(clients.map((client) => client.resets)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(first.peer('m5')).toBeDefined();
    first.forget('m5');
    expect(first.peer('m5')).toBeUndefined();
  });
});
