import { beforeEach, describe, expect, test } from '@jest/globals';
import { noMetrics } from '@steppe/runtime';
import { RecordingLogger, SimClock } from '@steppe/testing';
import { decodeSerfMessage, encodeSerfMessage } from '../wire/serf-codec.js';
import type { SerfPushPull } from '../wire/serf-message.js';
import { Intents } from './intents.js';
import { LamportClock } from './lamport-clock.js';
import { MemberTable } from './member-table.js';
import { PushPullState } from './push-pull-state.js';
import { memberOf } from './testing/member-of.js';
import { UserEvents } from './user-events.js';

function newState() {
  const clock = new SimClock();
  const logger = new RecordingLogger();
  const [memberClock, eventClock, queryClock] = [new LamportClock(), new LamportClock(), new LamportClock()];
  const table = new MemberTable({ recentIntentMs: 1000, tombstoneMs: 1000 }, { clock });
  const heard: string[] = [];
  const sent: Uint8Array[] = [];
  const common = { clock, logger, metrics: noMetrics };
  const intents = new Intents(
    { name: 'self', pruneGraceMs: 1000 },
    {
      ...common,
      lamport: memberClock,
      table,
      broadcast: (bytes) => void sent.push(bytes),
      emit: ({ type, members }) => void heard.push(`${type} ${members[0]?.name}`),
    },
  );
  const userEvents = new UserEvents(
    { maxBytes: 512 },
    {
      ...common,
      lamport: eventClock,
      broadcast: (bytes) => void sent.push(bytes),
      emit: ({ name }) => void heard.push(name),
    },
  );
  const state = new PushPullState({ ...common, table, intents, userEvents, memberClock, eventClock, queryClock });
  return { state, table, userEvents, heard, sent, logger, memberClock, eventClock, queryClock };
}

const peerState = (fields: Partial<SerfPushPull> = {}): Uint8Array =>
  encodeSerfMessage({
    type: 'push-pull',
    lTime: 10,
    eventLTime: 20,
    queryLTime: 30,
    statusLTimes: new Map(),
    leftMembers: [],
    events: [],
    ...fields,
  });

const EVENTS = [{ lTime: 19, events: [{ name: 'deploy', payload: new Uint8Array() }] }];

describe('PushPullState', () => {
  let ours: ReturnType<typeof newState>;
  beforeEach(() => {
    ours = newState();
  });

  test('tells clocks, the status times of members, who left, and recent events', () => {
    for (const name of ['a', 'b', 'c']) ours.table.nodeJoined(memberOf(name));
    ours.table.leaveIntent('b', 4);
    ours.table.nodeLeft('b');
    ours.table.leaveIntent('c', 5);
    ours.userEvents.send('deploy', new Uint8Array(), { coalesce: false });
    expect(decodeSerfMessage(ours.state.local())).toEqual({
      type: 'push-pull',
      lTime: 1,
      eventLTime: 2,
      queryLTime: 1,
      statusLTimes: new Map([
        ['a', 0],
        ['b', 4],
      ]),
      leftMembers: ['b'],
      events: [{ lTime: 1, events: [{ name: 'deploy', payload: expect.anything() }] }],
    });
  });

  test('a member that is leaving stays untold, so that its intent to leave is news to every peer', () => {
    const peer = newState();
    for (const { table } of [ours, peer]) table.nodeJoined(memberOf('a'));
    ours.table.joinIntent('a', 4);
    ours.table.leaveIntent('a', 5);
    peer.state.merge(ours.state.local(), { join: false });
    expect(peer.table.leaveIntent('a', 5)).toEqual({ isNew: true });
    expect(peer.table.get('a')?.member.status).toBe('leaving');
  });

  test('clocks follow the peer, and stand where its clocks stand', () => {
    ours.state.merge(peerState(), { join: false });
    expect([ours.memberClock.time, ours.eventClock.time, ours.queryClock.time]).toEqual([10, 20, 30]);
  });

  test('failed members that left elsewhere are left here, others take over their time; nothing is passed on', () => {
    for (const name of ['gone', 'here']) ours.table.nodeJoined(memberOf(name));
    ours.table.nodeLeft('gone');
    const statusLTimes = new Map([
      ['gone', 5],
      ['here', 6],
    ]);
    ours.state.merge(peerState({ statusLTimes, leftMembers: ['gone'], events: EVENTS }), { join: false });
    expect(ours.table.get('gone')).toMatchObject({ statusTime: 6, member: { status: 'left' } });
    expect(ours.table.get('here')).toMatchObject({ statusTime: 6, member: { status: 'alive' } });
    expect(ours.heard).toEqual(['member-leave gone', 'deploy']);
    expect(ours.sent).toEqual([]);
  });

  test.each([
    [true, []],
    [false, ['deploy']],
  ])('ignoring old events, an exchange that is a join (%s) makes us hear %j', async (join, expected) => {
    await ours.state.ignoringOldEvents(async () => ours.state.merge(peerState({ events: EVENTS }), { join }));
    expect(ours.heard).toEqual(expected);
  });

  test('after that join old events count again', async () => {
    await expect(ours.state.ignoringOldEvents(() => Promise.reject(new Error('nobody')))).rejects.toThrow('nobody');
    ours.state.merge(peerState({ events: EVENTS }), { join: true });
    expect(ours.heard).toEqual(['deploy']);
  });

  test.each<[string, Uint8Array]>([
    ['no message', new Uint8Array()],
    ['another message', encodeSerfMessage({ type: 'join', lTime: 1, node: 'a' })],
    ['a member clock from too far ahead', peerState({ lTime: 2 ** 40 })],
    ['an event clock from too far ahead', peerState({ eventLTime: 2 ** 40 })],
  ])('refuses %s', (_what, bytes) => {
    ours.table.nodeJoined(memberOf('a'));
    ours.state.merge(bytes, { join: true });
    expect(ours.logger.messages('warn')).toEqual(['refusing the state of a peer']);
    expect(ours.table.get('a')?.statusTime).toBe(0);
    expect(ours.heard).toEqual([]);
  });
});
