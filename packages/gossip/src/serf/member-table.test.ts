import { describe, expect, test } from '@jest/globals';
import type { MemberStatus } from '@steppe/domain';
import { SimClock } from '@steppe/testing';
import type { MemberEventType } from './serf-event.js';
import { MemberTable } from './member-table.js';
import { memberOf } from './testing/member-of.js';

const MINUTE_MS = 60_000;

const newTable = (clock = new SimClock()): MemberTable =>
  new MemberTable({ recentIntentMs: 5 * MINUTE_MS, tombstoneMs: 5 * MINUTE_MS }, { clock });

/** A table with member `m` in the given status, status time 10. */
function tableWith(status: MemberStatus): MemberTable {
  const table = newTable();
  if (status === 'none') return table;
  table.joinIntent('m', status === 'leaving' || status === 'left' ? 9 : 10);
  table.nodeJoined(memberOf('m'));
  if (status === 'leaving' || status === 'left') table.leaveIntent('m', 10);
  if (status === 'failed' || status === 'left') table.nodeLeft('m');
  return table;
}

const STEPS = {
  'node joined': (table: MemberTable) => ({ isNew: undefined, event: table.nodeJoined(memberOf('m')).event }),
  'node left': (table: MemberTable) => ({ isNew: undefined, event: table.nodeLeft('m') }),
  'node updated': (table: MemberTable) => ({
    isNew: undefined,
    event: table.nodeUpdated(memberOf('m', { tags: { a: '1' } })),
  }),
  'join intent 11': (table: MemberTable) => table.joinIntent('m', 11),
  'join intent 10': (table: MemberTable) => table.joinIntent('m', 10),
  'leave intent 11': (table: MemberTable) => table.leaveIntent('m', 11),
  'leave intent 10': (table: MemberTable) => table.leaveIntent('m', 10),
} as const;

describe('MemberTable', () => {
  test.each<[MemberStatus, keyof typeof STEPS, MemberStatus, number, boolean | undefined, MemberEventType | undefined]>(
    [
      ['none', 'node joined', 'alive', 0, undefined, 'member-join'],
      ['alive', 'leave intent 11', 'leaving', 11, true, undefined],
      ['alive', 'leave intent 10', 'alive', 10, false, undefined],
      ['alive', 'join intent 11', 'alive', 11, true, undefined],
      ['alive', 'join intent 10', 'alive', 10, false, undefined],
      ['alive', 'node left', 'failed', 10, undefined, 'member-failed'],
      ['alive', 'node updated', 'alive', 10, undefined, 'member-update'],
      ['leaving', 'node left', 'left', 10, undefined, 'member-leave'],
      ['leaving', 'join intent 11', 'alive', 11, true, undefined],
      ['leaving', 'join intent 10', 'leaving', 10, false, undefined],
      ['leaving', 'leave intent 11', 'leaving', 11, true, undefined],
      ['leaving', 'node updated', 'leaving', 10, undefined, 'member-update'],
      ['failed', 'leave intent 11', 'left', 11, true, 'member-leave'],
      ['failed', 'leave intent 10', 'failed', 10, false, undefined],
      ['failed', 'join intent 11', 'failed', 11, true, undefined],
      ['failed', 'node joined', 'alive', 10, undefined, 'member-join'],
      ['failed', 'node left', 'failed', 10, undefined, undefined],
      ['left', 'leave intent 11', 'left', 11, true, undefined],
      ['left', 'join intent 11', 'left', 11, true, undefined],
      ['left', 'node joined', 'alive', 10, undefined, 'member-join'],
    ],
  )('%s, %s: becomes %s at time %i, new: %s, event: %s', (from, step, to, time, isNew, event) => {
    const table = tableWith(from);
    const outcome = STEPS[step](table);
    expect(table.get('m')?.member.status).toBe(to);
    expect(table.get('m')?.statusTime).toBe(time);
    expect(outcome.isNew).toBe(isNew);
    expect(outcome.event?.type).toBe(event);
    if (outcome.event !== undefined) expect(outcome.event.members).toEqual([table.get('m')?.member]);
  });

  test('versions that change are taken over without an event', () => {
    const table = tableWith('alive');
    const delegate = { min: 2, max: 5, current: 4 };
    expect(table.nodeUpdated(memberOf('m', { delegate }))).toBeUndefined();
    expect(table.get('m')?.member.delegate.current).toBe(4);
    expect(table.nodeUpdated(memberOf('m', { delegate, port: 1 }))?.type).toBe('member-update');
  });

  test('a join intent that came before the node sets its status time', () => {
    const table = newTable();
    expect(table.joinIntent('m', 7).isNew).toBe(true);
    expect(table.joinIntent('m', 7).isNew).toBe(false);
    table.nodeJoined(memberOf('m'));
    expect(table.get('m')).toMatchObject({ statusTime: 7, member: { status: 'alive' } });
  });

  test('a leave intent that came before the node makes it leaving; the highest time wins', () => {
    const table = newTable();
    table.joinIntent('m', 7);
    table.leaveIntent('m', 8);
    expect(table.joinIntent('m', 6).isNew).toBe(false);
    table.nodeJoined(memberOf('m'));
    expect(table.get('m')).toMatchObject({ statusTime: 8, member: { status: 'leaving' } });
  });

  test('an intent about a stranger is forgotten after five minutes', async () => {
    const clock = new SimClock();
    const table = newTable(clock);
    table.leaveIntent('m', 8);
    await clock.advance(5 * MINUTE_MS);
    table.nodeJoined(memberOf('m'));
    expect(table.get('m')).toMatchObject({ statusTime: 0, member: { status: 'alive' } });
  });

  test('an erased member is a stranger to whom older intents no longer apply, even if it comes back', () => {
    const table = tableWith('left');
    expect(table.erase('m')?.type).toBe('member-reap');
    expect(table.members()).toEqual([]);
    expect(table.leaveIntent('m', 10).isNew).toBe(false);
    table.nodeJoined(memberOf('m'));
    expect(table.leaveIntent('m', 10).isNew).toBe(false);
    expect(table.get('m')?.member.status).toBe('alive');
    expect(table.leaveIntent('m', 11).isNew).toBe(true);
  });

  test('erasing a stranger changes nothing', () => {
    expect(newTable().erase('m')).toBeUndefined();
  });

  test("a peer's stale word that a member left waits until the member is gone", () => {
    const table = tableWith('alive');
    expect(table.leftElsewhere('m', 11).isNew).toBe(false);
    expect(table.get('m')).toMatchObject({ statusTime: 10, member: { status: 'alive' } });
    expect(table.nodeLeft('m')?.type).toBe('member-leave');
    expect(table.get('m')).toMatchObject({ statusTime: 12, member: { status: 'left' } });
  });

  test.each<[string, (table: MemberTable) => unknown]>([
    ['a join intent', (table) => table.joinIntent('m', 13)],
    ['an alive message', (table) => table.nodeUpdated(memberOf('m'))],
  ])("%s drops a peer's word that the member left", (_what, refute) => {
    const table = tableWith('alive');
    table.leftElsewhere('m', 11);
    refute(table);
    expect(table.nodeLeft('m')?.type).toBe('member-failed');
  });

  test("a peer's word that a member left is worth nothing after five minutes", async () => {
    const clock = new SimClock();
    const table = newTable(clock);
    table.nodeJoined(memberOf('m'));
    table.leftElsewhere('m', 11);
    await clock.advance(5 * MINUTE_MS);
    expect(table.nodeLeft('m')?.type).toBe('member-failed');
  });

  test("a peer's word that a failed member left counts at once", () => {
    const table = tableWith('failed');
    expect(table.leftElsewhere('m', 10).event?.type).toBe('member-leave');
  });

  test('two members that both know of a departure do not count its time up', () => {
    const table = tableWith('left');
    table.leftElsewhere('m', 10);
    expect(table.get('m')?.statusTime).toBe(10);
    table.leftElsewhere('m', 12);
    expect(table.get('m')?.statusTime).toBe(12);
  });

  test("a peer's word that a stranger left is not remembered", () => {
    const table = newTable();
    table.leftElsewhere('m', 12);
    table.nodeJoined(memberOf('m'));
    expect(table.get('m')).toMatchObject({ statusTime: 0, member: { status: 'alive' } });
  });

  test('the member list is one frozen array until something changes', () => {
    const table = tableWith('alive');
    const before = table.members();
    expect(Object.isFrozen(before)).toBe(true);
    expect(Object.isFrozen(before[0])).toBe(true);
    table.joinIntent('m', 11);
    expect(table.members()).toBe(before);
    table.leaveIntent('m', 12);
    expect(table.members()).not.toBe(before);
    expect(before[0]?.status).toBe('alive');
    expect(table.count('leaving')).toBe(1);
  });

  test('a return tells how long the member had been failed', async () => {
    const clock = new SimClock();
    const table = newTable(clock);
    table.nodeJoined(memberOf('m'));
    table.nodeLeft('m');
    await clock.advance(1500);
    expect(table.nodeJoined(memberOf('m')).failedForMs).toBe(1500);
  });
});
