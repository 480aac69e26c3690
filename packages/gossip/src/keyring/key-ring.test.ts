import { describe, expect, test } from '@jest/globals';
import { KeyRing } from './key-ring.js';

const k1 = new Uint8Array(16).fill(1);
const k2 = new Uint8Array(24).fill(2);
const k3 = new Uint8Array(32).fill(3);
const base64 = (key: Uint8Array): string => Buffer.from(key).toString('base64');

describe('a ring of keys', () => {
  test('keeps their order, the primary one first', () => {
    const ring = new KeyRing([k1, k2]);
    expect(ring.install(k3)).toBe('done');
    expect(ring.use(k3)).toBe('done');
    expect(ring.toBase64()).toEqual([k3, k1, k2].map(base64));
    expect(ring.primary.equals(k3)).toBe(true);
    expect(ring.remove(k1)).toBe('done');
    expect(ring.toBase64()).toEqual([k3, k2].map(base64));
  });

  test('refuses what would break the pool, and changes nothing', () => {
    const ring = new KeyRing([k1, k2]);
    expect(ring.install(new Uint8Array(17))).toBe('key size must be 16, 24 or 32 bytes');
    expect(ring.use(k3)).toBe('requested key is not in the keyring');
    expect(ring.remove(k1)).toBe('removing the primary key is not allowed');
    expect(ring.toBase64()).toEqual([k1, k2].map(base64));
  });

  test('takes what is done already as done, and tells nobody', () => {
    const ring = new KeyRing([k1, k2, k1]);
    let changes = 0;
    ring.onDidChange(() => (changes += 1));
    expect([ring.install(k2), ring.use(k1), ring.remove(k3)]).toEqual(['done', 'done', 'done']);
    expect(ring.toBase64()).toEqual([k1, k2].map(base64));
    expect(changes).toBe(0);
  });

  test('tells listeners of every change until they have enough', () => {
    const ring = new KeyRing([k1]);
    let changes = 0;
    const stop = ring.onDidChange(() => (changes += 1));
    ring.install(k2);
    ring.use(k2);
    ring.remove(k1);
    stop();
    ring.install(k3);
    expect(changes).toBe(3);
  });

  test('stores a change before it counts: what cannot be stored has not happened', () => {
    const saved: (readonly string[])[] = [];
    let isFull = false;
    const save = (keys: readonly string[]): void => {
      if (isFull) throw new Error('no space left on device');
      saved.push(keys);
    };
    const ring = new KeyRing([k1], { store: { load: () => undefined, save } });
    ring.install(k2);
    expect(saved).toEqual([[k1, k2].map(base64)]);
    isFull = true;
    expect(() => ring.install(k3)).toThrow('no space left on device');
    expect(ring.toBase64()).toEqual([k1, k2].map(base64));
  });

  test('is not made of nothing, nor of keys no cipher takes', () => {
    expect(() => new KeyRing([])).toThrow(RangeError);
    expect(() => new KeyRing([k1, new Uint8Array(0)])).toThrow(RangeError);
  });

  test('does not change with the bytes it was made of', () => {
    const key = k1.slice();
    const ring = new KeyRing([key]);
    key.fill(9);
    expect(ring.primary.equals(k1)).toBe(true);
  });
});
