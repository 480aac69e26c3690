import { describe, expect, test } from '@jest/globals';
import type { Leadership } from '@steppe/state';
import { RegionFixture } from '../testing/region-fixture.js';
import type { Replica } from './replica.js';
import { RegionReplication } from './region-replication.js';

/** Two replicas, one of which fails as often as it is told to; copies wait until they are aborted. */
class Fixture {
  readonly region = new RegionFixture();
  readonly copies: string[] = [];
  failures = 0;
  running = 0;
  #lead: (leads: boolean) => void = () => undefined;
  readonly leadership: Leadership & { isLeader: boolean } = {
    ...this.region.leadership,
    isLeader: false,
    onDidChange: (listener) => {
      this.#lead = listener;
      return () => undefined;
    },
  };
  readonly replication = new RegionReplication([this.#replica('steady'), this.#replica('shaky')], {
    source: { get: async () => ({ value: [], index: 0 }), demandManagement: async () => undefined },
    state: this.region.state,
    leadership: this.leadership,
    clock: this.region.clock,
    logger: this.region.logger,
  });

  async lead(leads: boolean): Promise<void> {
    this.#lead(leads);
    await this.region.clock.advance(0);
  }

  #replica(what: string): Replica {
    return {
      what,
      copy: async (after, _, signal) => {
        this.copies.push(`${what} ${after}`);
        if (what === 'shaky' && this.failures > 0) {
          this.failures -= 1;
          throw new Error('not there');
        }
        if (after === 0) return 5;
        this.running += 1;
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        }).finally(() => (this.running -= 1));
        return after;
      },
    };
  }
}

describe('what is copied from another region', () => {
  test('is copied by the leader alone, each kind for itself', async () => {
    const fixture = new Fixture();
    await fixture.replication.start();
    expect(fixture.copies).toEqual([]);
    await fixture.lead(true);
    expect(fixture.copies.toSorted()).toEqual(['shaky 0', 'shaky 5', 'steady 0', 'steady 5']);
    expect(fixture.running).toBe(2);
    await fixture.lead(false);
    expect(fixture.running).toBe(0);
    await fixture.replication.stop();
  });

  test('is tried again when it fails, later each time', async () => {
    const fixture = new Fixture();
    fixture.failures = 3;
    fixture.leadership.isLeader = true;
    await fixture.replication.start();
    const tries = () => fixture.copies.filter((each) => each === 'shaky 0').length;
    await fixture.region.clock.advance(0);
    expect(tries()).toBe(1);
    for (const [waitMs, expected] of [
      [1_000, 2],
      [1_999, 2],
      [1, 3],
      [4_000, 4],
    ] as const) {
      await fixture.region.clock.advance(waitMs);
      expect(tries()).toBe(expected);
    }
    expect(fixture.copies).toContain('shaky 5');
    await fixture.replication.stop();
    expect(fixture.running).toBe(0);
  });
});
