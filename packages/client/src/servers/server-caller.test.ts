import { describe, expect, jest, test } from '@jest/globals';
import { SteppeError } from '@steppe/domain';
import { SeededRandom, SimClock } from '@steppe/testing';
import { FixedRandom } from '../testing/fixed-random.js';
import { ServerCaller } from './server-caller.js';
import { ServerList } from './server-list.js';

const create = (...addresses: readonly string[]) => {
  const clock = new SimClock();
  const servers = new ServerList({ random: new FixedRandom(0.999_999) });
  servers.replace(addresses);
  const caller = new ServerCaller({ holdTimeoutMs: 5_000 }, { servers, clock, random: new SeededRandom(1) });
  const abort = new AbortController();
  return { abort, caller, clock, servers };
};

describe('calling a server', () => {
  test('the first is called and stays the first', async () => {
    const { abort, caller, servers } = create('a', 'b');
    await expect(caller.call((server) => Promise.resolve(`hello ${server}`), abort)).resolves.toBe('hello a');
    expect(servers.first).toBe('a');
  });

  test('one that fails loses its turn; a write is not tried again', async () => {
    const { abort, caller, servers } = create('a', 'b');
    const perform = jest.fn(() => Promise.reject(new Error('connection reset')));
    await expect(caller.call(perform, abort)).rejects.toThrow('connection reset');
    expect(perform).toHaveBeenCalledTimes(1);
    expect(servers.all()).toEqual(['b', 'a']);
  });

  const unreachable = (address: string, wasSent: boolean) =>
    new SteppeError({ code: 'RPC_UNREACHABLE', address, wasSent }, `dial tcp ${address}: connect: connection refused`);

  test('one that cannot be reached is passed over at once, also by what writes', async () => {
    const { abort, caller, servers } = create('a', 'b', 'c');
    const asked: string[] = [];
    const reply = await caller.call((server) => {
      asked.push(server);
      if (server === 'a') throw unreachable(server, false);
      if (server === 'b') {
        throw new SteppeError({ code: 'RPC_PEER_REFUSED', address: server, reason: 'key' }, 'rpc: b: it refused us');
      }
      return Promise.resolve(server);
    }, abort);
    expect([reply, asked, servers.first]).toEqual(['c', ['a', 'b', 'c'], 'c']);
  });

  test('where none can be reached each is asked once', async () => {
    const { abort, caller } = create('a', 'b');
    const perform = jest.fn((server: string) => Promise.reject(unreachable(server, false)));
    await expect(caller.call(perform, abort)).rejects.toThrow('dial tcp b: connect: connection refused');
    expect(perform).toHaveBeenCalledTimes(2);
  });

  test('a request that was sent is not sent to another', async () => {
    const { abort, caller } = create('a', 'b');
    const perform = jest.fn((server: string) => Promise.reject(unreachable(server, true)));
    await expect(caller.call(perform, abort)).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' });
    expect(perform).toHaveBeenCalledTimes(1);
  });

  test('one that does not know the node keeps its turn', async () => {
    const { abort, caller, servers } = create('a', 'b');
    await expect(caller.call(() => Promise.reject(new Error('rpc error: node not found')), abort)).rejects.toThrow();
    expect(servers.first).toBe('a');
  });

  test('without a leader it is tried again, server by server, soon', async () => {
    const { abort, caller, clock } = create('a', 'b');
    const asked: string[] = [];
    const reply = caller.call((server) => {
      asked.push(server);
      return asked.length < 4 ? Promise.reject(new Error('No cluster leader')) : Promise.resolve('done');
    }, abort);
    await clock.advance((3 * 5_000) / 16);
    await expect(reply).resolves.toBe('done');
    expect(asked).toEqual(['a', 'b', 'a', 'b']);
  });

  test('without a leader for too long it fails', async () => {
    const { abort, caller, clock } = create('a');
    const perform = jest.fn(() => Promise.reject(new Error('No cluster leader')));
    const outcome = caller.call(perform, abort).catch((error: unknown) => error);
    await clock.advance(5_000 + 5_000 / 16);
    await expect(outcome).resolves.toMatchObject({ message: 'No cluster leader' });
    expect(perform.mock.calls.length).toBeGreaterThan(16);
    expect(clock.pending).toBe(0);
  });

  test('the end of the runtime ends it', async () => {
    const { abort, caller, clock } = create('a');
    const outcome = caller.call(() => Promise.reject(new Error('No cluster leader')), abort).catch(String);
    await clock.advance(10);
    abort.abort(new Error('stopping'));
    await expect(outcome).resolves.toBe('Error: stopping');
    expect(clock.pending).toBe(0);
  });

  test('with no servers at all it says so', async () => {
    const { abort, caller } = create();
    await expect(caller.call(() => Promise.resolve(1), abort)).rejects.toMatchObject({
      code: 'CLIENT_SERVERS_UNKNOWN',
      message: 'no servers',
    });
  });
});
