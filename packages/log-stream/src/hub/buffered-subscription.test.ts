import { describe, expect, test } from '@jest/globals';
import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { BufferedSubscription } from './buffered-subscription.js';
import type { SubscribeOptions } from './subscription.js';

const REPORT = /^\[WARN\] Monitor dropped (\d+) logs during monitor request\n$/;

const subscriptionOf = (options: Partial<SubscribeOptions>): BufferedSubscription =>
  new BufferedSubscription({ level: 'info', ...options }, { onClose: () => undefined, onReport: () => undefined });

const takeAll = (subscription: BufferedSubscription): string[] => {
  const lines: string[] = [];
  for (let line = subscription.take(); line !== undefined; line = subscription.take()) {
    lines.push(Buffer.from(line).toString());
  }
  return lines;
};

describe('BufferedSubscription', () => {
  test('what does not fit is counted, and the report takes the place of the oldest record', () => {
    const subscription = subscriptionOf({ maxRecords: 3 });
    for (let i = 0; i < 10; i += 1) subscription.push(Buffer.from(`${i}\n`));
    expect(subscription.dropped).toBe(7);
    subscription.reportDropped();
    expect(subscription.dropped).toBe(0);
    expect(takeAll(subscription)).toEqual(['1\n', '2\n', '[WARN] Monitor dropped 8 logs during monitor request\n']);
    subscription.reportDropped();
    expect(subscription.take()).toBeUndefined();
  });

  test('bytes are a bound of their own', () => {
    const subscription = subscriptionOf({ maxBytes: 10 });
    for (const line of ['12345', '1234567890', '12345', '1']) subscription.push(Buffer.from(line));
    expect(subscription.dropped).toBe(2);
    expect(takeAll(subscription)).toEqual(['12345', '12345']);
  });

  test('a full buffer asks its reader once more before it drops', () => {
    const taken: (Uint8Array | undefined)[] = [];
    const subscription: BufferedSubscription = subscriptionOf({
      maxRecords: 2,
      onFull: () => void taken.push(subscription.take()),
    });
    for (let i = 0; i < 5; i += 1) subscription.push(Buffer.from(`${i}`));
    expect(subscription.dropped).toBe(0);
    expect(Buffer.concat(taken.filter((line) => line !== undefined)).toString()).toBe('012');
  });

  test('tells once when there is something to read', () => {
    let told = 0;
    const subscription = subscriptionOf({ onReadable: () => (told += 1) });
    subscription.push(Buffer.from('a'));
    subscription.push(Buffer.from('b'));
    expect(told).toBe(1);
    takeAll(subscription);
    subscription.push(Buffer.from('c'));
    expect(told).toBe(2);
  });

  test('taken and reported as dropped add up to what was sent, in order, whatever happens when', () => {
    const step = record({ action: constantFrom('push', 'take', 'report'), times: integer({ min: 1, max: 20 }) });
    assert(
      property(array(step, { maxLength: 40 }), integer({ min: 1, max: 12 }), (steps, maxRecords) => {
        const subscription = subscriptionOf({ maxRecords });
        const taken: number[] = [];
        let sent = 0;
        let lost = 0;
        const take = (): boolean => {
          const line = subscription.take();
          if (line === undefined) return false;
          const text = Buffer.from(line).toString();
          const report = REPORT.exec(text);
          if (report === null) taken.push(Number(text));
          else lost += Number(report[1]);
          return true;
        };
        for (const { action, times } of steps) {
          for (let i = 0; i < times; i += 1) {
            if (action === 'push') subscription.push(Buffer.from(`${(sent += 1)}`));
            else if (action === 'take') take();
            else subscription.reportDropped();
          }
        }
        subscription.reportDropped();
        while (take());
        expect(taken).toEqual(taken.toSorted((a, b) => a - b));
        expect(taken.length + lost).toBe(sent);
      }),
    );
  });
});
