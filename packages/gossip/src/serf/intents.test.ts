import { beforeEach, describe, expect, test } from '@jest/globals';
import { noMetrics } from '@steppe/runtime';
import { RecordingLogger, SimClock } from '@steppe/testing';
import { decodeSerfMessage, encodeSerfMessage } from '../wire/serf-codec.js';
import type { LeaveIntent } from '../wire/serf-message.js';
import { Intents } from './intents.js';
import { LamportClock } from './lamport-clock.js';
import { MemberTable } from './member-table.js';
import { memberOf } from './testing/member-of.js';

const GRACE_MS = 6000;

describe('Intents', () => {
  let clock: SimClock;
  let lamport: LamportClock;
  let table: MemberTable;
  let intents: Intents;
  let sent: Uint8Array[];
  let events: string[];

  const decodedSent = (): unknown[] => sent.splice(0).map((bytes) => decodeSerfMessage(bytes));
  const receiveLeave = (node: string, lTime: number, prune = false): Uint8Array => {
    const intent: LeaveIntent = { type: 'leave', lTime, node, prune };
    const bytes = encodeSerfMessage(intent);
    intents.receive(intent, bytes);
    return bytes;
  };
  const statusOf = (name: string): string | undefined => table.get(name)?.member.status;

  beforeEach(() => {
    clock = new SimClock();
    lamport = new LamportClock();
    table = new MemberTable({ recentIntentMs: 300_000, tombstoneMs: 300_000 }, { clock });
    sent = [];
    events = [];
    intents = new Intents(
      { name: 'self', pruneGraceMs: GRACE_MS },
      {
        clock,
        lamport,
        table,
        broadcast: (bytes) => void sent.push(bytes),
        emit: ({ type, members }) => void events.push(`${type} ${members[0]?.name}`),
        logger: new RecordingLogger(),
        metrics: noMetrics,
      },
    );
    table.nodeJoined(memberOf('self'));
    table.nodeJoined(memberOf('m'));
  });

  test('a new intent is passed on byte for byte, a known one is not', () => {
    const bytes = receiveLeave('m', 5);
    receiveLeave('m', 5);
    receiveLeave('m', 4);
    expect(sent).toEqual([bytes]);
    expect(lamport.time).toBe(6);
  });

  test('two members with different times for one departure come to rest', () => {
    receiveLeave('m', 5);
    table.nodeLeft('m');
    receiveLeave('m', 7);
    receiveLeave('m', 5);
    receiveLeave('m', 7);
    expect(sent).toHaveLength(2);
    expect(table.get('m')).toMatchObject({ statusTime: 7, member: { status: 'left' } });
  });

  test('a claim that we leave is answered with a join intent of a later time, once', () => {
    receiveLeave('self', 5);
    receiveLeave('self', 5);
    expect(decodedSent()).toEqual([{ type: 'join', lTime: 6, node: 'self' }]);
    expect(statusOf('self')).toBe('alive');
    expect(lamport.time).toBe(7);
  });

  test('a push/pull that lists us as left is answered too', () => {
    intents.mergeLeft('self', 5);
    expect(decodedSent()).toEqual([{ type: 'join', lTime: 7, node: 'self' }]);
  });

  test('a push/pull that knows later news of us than we do is answered, once', () => {
    intents.mergeMember('self', 5);
    expect(decodedSent()).toEqual([{ type: 'join', lTime: 6, node: 'self' }]);
    intents.mergeMember('self', 5);
    intents.mergeMember('self', 6);
    expect(sent).toEqual([]);
  });

  test('once we leave, nothing said of it is refuted', () => {
    expect(decodeSerfMessage(intents.announceLeave())).toMatchObject({ type: 'leave', lTime: 1, node: 'self' });
    expect(statusOf('self')).toBe('leaving');
    receiveLeave('self', 9);
    expect(decodedSent()).toMatchObject([{ type: 'leave', lTime: 9 }]);
  });

  test('a time too far ahead is refused and not passed on', () => {
    receiveLeave('m', 2 ** 40);
    intents.mergeLeft('m', 2 ** 40);
    intents.mergeMember('m', 2 ** 40);
    expect(sent).toEqual([]);
    expect(statusOf('m')).toBe('alive');
    expect(lamport.time).toBe(1);
  });

  test('pruning a failed member makes it left and forgets it', () => {
    table.nodeLeft('m');
    receiveLeave('m', 5, true);
    expect(events).toEqual(['member-leave m', 'member-reap m']);
    expect(table.get('m')).toBeUndefined();
  });

  test('pruning a live member lets it refute: it stays, and nothing blocks', async () => {
    receiveLeave('m', 5, true);
    expect(statusOf('m')).toBe('leaving');
    intents.receive({ type: 'join', lTime: 6, node: 'm' }, new Uint8Array());
    await clock.advance(GRACE_MS);
    expect(statusOf('m')).toBe('alive');
    expect(events).toEqual([]);
  });

  test('a member that still seemed alive when it was pruned is forgotten if it is gone six seconds later', async () => {
    receiveLeave('m', 5, true);
    table.nodeLeft('m');
    await clock.advance(GRACE_MS - 1);
    expect(statusOf('m')).toBe('left');
    await clock.advance(1);
    expect(table.get('m')).toBeUndefined();
    expect(events).toEqual(['member-reap m']);
  });

  test('an old intent does not bring a pruned member back', () => {
    table.nodeLeft('m');
    receiveLeave('m', 5, true);
    sent.length = 0;
    receiveLeave('m', 5);
    intents.mergeMember('m', 4);
    intents.mergeLeft('m', 4);
    expect(sent).toEqual([]);
    expect(table.get('m')).toBeUndefined();
  });

  test('forcing a failed member to leave takes the next time', () => {
    table.nodeLeft('m');
    lamport.witness(8);
    expect(decodeSerfMessage(intents.forceLeave('m', { prune: false }))).toEqual({
      type: 'leave',
      lTime: 9,
      node: 'm',
      prune: false,
    });
    expect(events).toEqual(['member-leave m']);
    expect(statusOf('m')).toBe('left');
  });

  test('stopping gives up pending prunes', () => {
    receiveLeave('m', 5, true);
    expect(clock.pending).toBe(1);
    intents.stop();
    expect(clock.pending).toBe(0);
  });
});
