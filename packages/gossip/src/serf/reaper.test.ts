import { describe, expect, test } from '@jest/globals';
import { RecordingLogger, SimClock } from '@steppe/testing';
import type { GossipAddress } from '../transport/transport.js';
import { MemberTable } from './member-table.js';
import { Reaper } from './reaper.js';
import { Reconnector } from './reconnector.js';
import { memberOf } from './testing/member-of.js';

/** `alive1`, `alive2`, `failed`, `left`: as they are called. */
function newTable(clock: SimClock): MemberTable {
  const table = new MemberTable({ recentIntentMs: 1000, tombstoneMs: 1000 }, { clock });
  for (const name of ['alive1', 'alive2', 'failed', 'left']) table.nodeJoined(memberOf(name));
  table.leaveIntent('left', 1);
  table.nodeLeft('left');
  table.nodeLeft('failed');
  return table;
}

describe('Reaper', () => {
  test('forgets failed and left members after a time of their own, and nobody else', async () => {
    const clock = new SimClock();
    const table = newTable(clock);
    const events: string[] = [];
    const reaper = new Reaper(
      { reconnectTimeoutMs: 300, tombstoneTimeoutMs: 200 },
      { clock, table, emit: ({ type, members }) => void events.push(`${type} ${members[0]?.name}`) },
    );
    await clock.advance(200);
    reaper.tick();
    expect(events).toEqual([]);
    await clock.advance(1);
    reaper.tick();
    expect(events).toEqual(['member-reap left']);
    await clock.advance(100);
    reaper.tick();
    expect(events).toEqual(['member-reap left', 'member-reap failed']);
    expect(table.members().map(({ name }) => name)).toEqual(['alive1', 'alive2']);
  });

  test('a member forced to leave is counted from its failure', async () => {
    const clock = new SimClock();
    const table = newTable(clock);
    const reaper = new Reaper(
      { reconnectTimeoutMs: 1000, tombstoneTimeoutMs: 200 },
      { clock, table, emit: () => undefined },
    );
    await clock.advance(201);
    table.leaveIntent('failed', 9);
    reaper.tick();
    expect(table.get('failed')).toBeUndefined();
  });
});

describe('Reconnector', () => {
  const reconnector = (table: MemberTable, next: number, join: (address: GossipAddress) => Promise<void>) =>
    new Reconnector({ random: { next: () => next, uuid: () => '' }, table, join, logger: new RecordingLogger() });

  test.each([
    [0.49, 1],
    [0.51, 0],
  ])('one failed among two live members: at a chance of %f it tries %i', (next, tries) => {
    const joined: GossipAddress[] = [];
    reconnector(newTable(new SimClock()), next, async (address) => void joined.push(address)).tick();
    expect(joined).toHaveLength(tries);
  });

  test('nobody failed: nothing to do; a vain try is no error', async () => {
    const table = newTable(new SimClock());
    let tries = 0;
    const tick = (): void => reconnector(table, 0, () => Promise.reject(new Error(`try ${(tries += 1)}`))).tick();
    tick();
    await Promise.resolve();
    table.nodeJoined(memberOf('failed'));
    tick();
    expect(tries).toBe(1);
  });
});
