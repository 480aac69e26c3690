import { describe, expect, test } from '@jest/globals';
import { RecordingLogger, SimClock } from '@steppe/testing';
import { EventHub } from './event-hub.js';
import type { SerfEvent } from './serf-event.js';
import { memberOf } from './testing/member-of.js';

const JOIN: SerfEvent = { type: 'member-join', members: [memberOf('m')] };
const USER: SerfEvent = { type: 'user', lTime: 1, name: 'deploy', payload: new Uint8Array(), coalesce: true };
const QUERY: SerfEvent = {
  type: 'query',
  lTime: 1,
  name: 'load',
  payload: new Uint8Array(),
  from: 'm',
  deadlineMs: 1,
  respond: () => undefined,
};

function newHub(quantumMs: number) {
  const logger = new RecordingLogger();
  const timing = { quantumMs, quietMs: 10 };
  const hub = new EventHub({ memberCoalescing: timing, userCoalescing: timing }, { clock: new SimClock(), logger });
  return { hub, logger };
}

describe('EventHub', () => {
  test('everybody hears every event until they stop listening', () => {
    const { hub } = newHub(0);
    const heard: string[] = [];
    const stop = hub.onEvent(({ type }) => void heard.push(`first ${type}`));
    hub.onEvent(({ type }) => void heard.push(`second ${type}`));
    hub.emit(JOIN);
    stop();
    hub.emit(USER);
    expect(heard).toEqual(['first member-join', 'second member-join', 'second user']);
  });

  test('a listener that throws is logged and keeps nobody else from hearing', () => {
    const { hub, logger } = newHub(0);
    const heard: string[] = [];
    hub.onEvent(() => {
      throw new Error('oops');
    });
    hub.onEvent(({ type }) => void heard.push(type));
    hub.emit(JOIN);
    expect(heard).toEqual(['member-join']);
    expect(logger.lines).toMatchObject([{ level: 'error', fields: { event: 'member-join', error: 'oops' } }]);
  });

  test('member and user events wait when they are coalesced, queries never do', () => {
    const { hub } = newHub(100);
    const heard: string[] = [];
    hub.onEvent(({ type }) => void heard.push(type));
    for (const event of [JOIN, USER, QUERY]) hub.emit(event);
    expect(heard).toEqual(['query']);
    hub.flush();
    expect(heard).toEqual(['query', 'member-join', 'user']);
  });
});
