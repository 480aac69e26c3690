import { describe, expect, test } from '@jest/globals';
import { noMetrics } from '@steppe/runtime';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import { LAN_TIMING } from '../memberlist/options.js';
import { MemorySnapshotStore } from '../snapshot/memory-snapshot-store.js';
import { SIM_PORT } from '../simulation/sim-cluster.js';
import { SimNetwork } from '../simulation/sim-network.js';
import { encodeSerfMessage } from '../wire/serf-codec.js';
import type { SerfOptions } from './options.js';
import { Serf } from './serf.js';
import type { SerfDeps } from './serf-parts.js';

const HOST = '10.0.0.1';

function newSerf(options: Partial<SerfOptions> = {}, deps: Partial<SerfDeps> = {}) {
  const clock = new SimClock();
  const random = new SeededRandom(1);
  const network = new SimNetwork({}, { clock, random });
  const logger = new RecordingLogger();
  const serf = new Serf(
    { memberlist: { ...LAN_TIMING, name: 'self' }, tags: { role: 'test' }, ...options },
    {
      transport: network.transport({ host: HOST, port: SIM_PORT }),
      clock,
      random,
      logger,
      metrics: noMetrics,
      ...deps,
    },
  );
  /** As a datagram with one user message. */
  const receive = async (bytes: Uint8Array): Promise<void> => {
    network.sendPacket(
      Buffer.concat([Uint8Array.of(8), bytes]),
      { host: '10.0.0.9', port: 1 },
      { host: HOST, port: SIM_PORT },
    );
    await clock.advance(5);
  };
  return { serf, clock, network, logger, receive };
}

describe('Serf', () => {
  test('before start and after stop nothing is done for us', async () => {
    const { serf } = newSerf();
    const notRunning = expect.objectContaining({ code: 'SERF_NOT_RUNNING' });
    const refused = async (): Promise<void> => {
      await expect(serf.join([])).rejects.toEqual(notRunning);
      await expect(serf.setTags({})).rejects.toEqual(notRunning);
      await expect(serf.forceLeave('m', { prune: false })).rejects.toEqual(notRunning);
      expect(() => serf.userEvent('e', new Uint8Array())).toThrow(notRunning);
      expect(() => serf.query('q', new Uint8Array())).toThrow(notRunning);
    };
    await refused();
    await expect(serf.leave()).rejects.toEqual(notRunning);
    expect(() => serf.local()).toThrow(notRunning);
    await serf.start();
    await expect(serf.start()).rejects.toEqual(notRunning);
    await serf.stop();
    await serf.stop();
    await serf.stopped;
    await refused();
  });

  test('alone it is a pool of one, that leaves without waiting for anybody', async () => {
    const { serf, clock } = newSerf();
    const events: string[] = [];
    serf.onEvent((event) => void events.push(event.type));
    await serf.start();
    expect(serf.members()).toEqual([serf.local()]);
    expect(serf.local()).toMatchObject({ name: 'self', status: 'alive', tags: { role: 'test' } });
    await serf.forceLeave('self', { prune: false });
    await serf.forceLeave('stranger', { prune: true });
    expect(serf.local().status).toBe('alive');
    await Promise.all([serf.leave(), serf.leave()]);
    expect(serf.local().status).toBe('left');
    await serf.stop();
    expect(events).toEqual(['member-join', 'member-leave']);
    expect(clock.pending).toBe(0);
  });

  test('stopping in the middle of a departure ends it', async () => {
    const { serf, clock } = newSerf();
    await serf.start();
    const leaving = serf.leave();
    await serf.stop();
    await leaving;
    expect(clock.pending).toBe(0);
  });

  test('stats have the names of serf, all values texts', async () => {
    const { serf } = newSerf();
    await serf.start();
    expect(serf.stats()).toEqual({
      members: '1',
      failed: '0',
      left: '0',
      health_score: '0',
      member_time: '1',
      event_time: '1',
      query_time: '1',
      intent_queue: '0',
      event_queue: '0',
      query_queue: '0',
      encrypted: 'false',
      coordinate_resets: '0',
    });
    await serf.stop();
  });

  test('without coordinates there are none', async () => {
    const { serf } = newSerf({ coordinates: false });
    await serf.start();
    expect([serf.coordinate(), serf.cachedCoordinate('self'), serf.rttMs('self', 'self')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(serf.stats()).not.toHaveProperty('coordinate_resets');
    await serf.stop();
  });

  test('tags that are too large are refused when it is made', () => {
    expect(() => newSerf({ tags: { big: 'x'.repeat(600) } })).toThrow(
      expect.objectContaining({ code: 'GOSSIP_TAGS_TOO_LARGE' }),
    );
  });

  test('a snapshot that cannot be read keeps it from starting', async () => {
    const store = new MemorySnapshotStore();
    store.read = () => Promise.reject(new Error('EACCES'));
    const { serf, clock } = newSerf({}, { snapshotStore: store });
    await expect(serf.start()).rejects.toThrow('EACCES');
    expect(clock.pending).toBe(0);
  });

  test.each<[string, Uint8Array]>([
    ['no bytes', new Uint8Array()],
    ['an unknown type', Uint8Array.of(99, 0x80)],
    ['a broken body', Uint8Array.of(0, 0xc1)],
    [
      'a push/pull out of place',
      encodeSerfMessage({
        type: 'push-pull',
        lTime: 9,
        eventLTime: 9,
        queryLTime: 9,
        statusLTimes: new Map(),
        leftMembers: [],
        events: [],
      }),
    ],
  ])('%s as a message is dropped and logged', async (_what, bytes) => {
    const { serf, receive, logger } = newSerf();
    await serf.start();
    await receive(bytes);
    expect(logger.messages('debug')).toContain('dropping a message');
    expect(serf.stats()['member_time']).toBe('1');
    await serf.stop();
  });

  test('an event listener that throws harms nobody', async () => {
    const { serf, receive, logger } = newSerf();
    const heard: string[] = [];
    serf.onEvent(() => {
      throw new Error('oops');
    });
    const stop = serf.onEvent((event) => void heard.push(event.type));
    await serf.start();
    await receive(
      encodeSerfMessage({ type: 'user-event', lTime: 3, name: 'deploy', payload: new Uint8Array(), coalesce: false }),
    );
    stop();
    serf.userEvent('later', new Uint8Array());
    expect(heard).toEqual(['member-join', 'user']);
    expect(logger.messages('error')).toContain('an event listener failed');
    await serf.stop();
  });
});
