import { describe, expect, test } from '@jest/globals';
import { noMetrics } from '@steppe/runtime';
import { RecordingLogger } from '@steppe/testing';
import { decodeSerfMessage } from '../wire/serf-codec.js';
import type { UserEventMessage } from '../wire/serf-message.js';
import { LamportClock } from './lamport-clock.js';
import type { UserEvent } from './serf-event.js';
import { UserEvents } from './user-events.js';

function newUserEvents(maxBytes = 512) {
  const lamport = new LamportClock();
  const sent: Uint8Array[] = [];
  const heard: UserEvent[] = [];
  const events = new UserEvents(
    { maxBytes },
    {
      lamport,
      broadcast: (bytes) => void sent.push(bytes),
      emit: (event) => void heard.push(event),
      logger: new RecordingLogger(),
      metrics: noMetrics,
    },
  );
  return { lamport, sent, heard, events };
}

const message = (lTime: number, name: string, text = ''): UserEventMessage => ({
  type: 'user-event',
  lTime,
  name,
  payload: Buffer.from(text),
  coalesce: false,
});
const RAW = Uint8Array.of(3, 1, 2);

describe('UserEvents', () => {
  test('what we send we hear ourselves, at the next event time', () => {
    const { events, sent, heard, lamport } = newUserEvents();
    events.send('deploy', Buffer.from('v2'), { coalesce: true });
    expect(heard).toMatchObject([{ type: 'user', lTime: 1, name: 'deploy', coalesce: true }]);
    expect(sent.map((bytes) => decodeSerfMessage(bytes))).toMatchObject([{ lTime: 1, name: 'deploy', coalesce: true }]);
    expect(lamport.time).toBe(2);
  });

  test('a new event is heard and passed on as it came, a known one is neither', () => {
    const { events, sent, heard } = newUserEvents();
    events.receive(message(4, 'deploy', 'v2'), RAW);
    events.receive(message(4, 'deploy', 'v2'), RAW);
    expect(heard).toHaveLength(1);
    expect(sent).toEqual([RAW]);
  });

  test('same time and name with another payload is another event', () => {
    const { events, heard } = newUserEvents();
    events.receive(message(4, 'deploy', 'v2'), RAW);
    events.receive(message(4, 'deploy', 'v3'), RAW);
    expect(heard).toHaveLength(2);
  });

  test('what a peer remembers is heard once and not passed on', () => {
    const [ours, theirs] = [newUserEvents(), newUserEvents()];
    theirs.events.receive(message(4, 'a'), RAW);
    theirs.events.receive(message(4, 'b'), RAW);
    theirs.events.receive(message(5, 'c'), RAW);
    ours.events.receive(message(4, 'a'), RAW);
    ours.events.replay(theirs.events.recent());
    expect(ours.heard.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(ours.sent).toEqual([RAW]);
  });

  test('events before the minimum are not heard', () => {
    const { events, heard } = newUserEvents();
    events.ignoreBefore(5);
    events.receive(message(4, 'old'), RAW);
    events.receive(message(5, 'new'), RAW);
    expect(heard.map(({ name }) => name)).toEqual(['new']);
  });

  test('an event from too far ahead is refused and moves no clock', () => {
    const { events, heard, lamport } = newUserEvents();
    events.receive(message(2 ** 40, 'x'), RAW);
    expect(heard).toEqual([]);
    expect(lamport.time).toBe(1);
  });

  test('an event that is too large is refused with both numbers and uses up no time', () => {
    const { events, sent, lamport } = newUserEvents();
    expect(() => events.send('n', Buffer.alloc(512), { coalesce: false })).toThrow(
      'user event exceeds limit of 512 bytes: its name and payload has 513',
    );
    expect(() => events.send('n', Buffer.alloc(500), { coalesce: false })).toThrow(
      /limit of 512 bytes: its encoded message has 5\d\d$/,
    );
    expect(sent).toEqual([]);
    expect(lamport.time).toBe(1);
  });

  test('a limit that no agent allows is refused', () => {
    expect(() => newUserEvents(9217)).toThrow(RangeError);
  });
});
