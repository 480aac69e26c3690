import { describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import type { ClientAllocation } from '../servers/alloc-link.js';
import { ServerCaller } from '../servers/server-caller.js';
import { ServerList } from '../servers/server-list.js';
import { allocId, exampleAlloc } from '../testing/example-alloc.js';
import { FakeAllocLink } from '../testing/fake-alloc-link.js';
import { FixedRandom } from '../testing/fixed-random.js';
import { AllocWatch } from './alloc-watch.js';

const create = () => {
  const clock = new SimClock();
  const random = new FixedRandom(0);
  const link = new FakeAllocLink({ clock });
  const servers = new ServerList({ random: new SeededRandom(1) });
  servers.replace(['10.0.0.1:4647']);
  const known = new Map<string, number>();
  const applied: string[] = [];
  const watch = new AllocWatch({
    identity: { id: 'n', secret: new Secret('s') },
    link,
    caller: new ServerCaller({ holdTimeoutMs: 0 }, { servers, clock, random }),
    allocations: {
      outdated: (allocs) => Object.keys(allocs).filter((id) => (known.get(id) ?? -1) < (allocs[id] ?? 0)),
      apply: (allocs, changed: readonly ClientAllocation[]) => {
        for (const { allocation } of changed) known.set(allocation.id, allocation.allocModifyIndex);
        applied.push(`${Object.keys(allocs).length} there, ${changed.length} changed`);
      },
    },
    clock,
    random,
    logger: new RecordingLogger(),
  });
  const abort = new AbortController();
  const start = async () => {
    const running = watch.run(abort);
    await clock.advance(0);
    const stop = async () => {
      abort.abort(new Error('stopping'));
      await running;
    };
    return { stop };
  };
  return { applied, clock, link, start, watch };
};

describe('watching allocations', () => {
  test('asks at once, then waits for what is newer, and pulls only what changed', async () => {
    const { applied, clock, link, start } = create();
    link.put(exampleAlloc({ id: allocId(1) }));
    link.put(exampleAlloc({ id: allocId(2) }));
    const { stop } = await start();
    expect(link.calls).toEqual(['list 0@0', 'pull 2 2@0', 'list 3@0']);
    await clock.advance(5_000);
    link.put(exampleAlloc({ id: allocId(2) }));
    await clock.advance(0);
    link.remove(allocId(1));
    await clock.advance(0);
    expect(link.calls.slice(3)).toEqual(['pull 1 3@5000', 'list 4@5000', 'list 5@5000']);
    expect(applied).toEqual(['2 there, 2 changed', '2 there, 1 changed', '1 there, 0 changed']);
    await stop();
    expect(clock.pending).toBe(0);
  });

  test('without any allocation ever it does not ask without end', async () => {
    const { clock, link, start } = create();
    link.index = 0;
    const { stop } = await start();
    await clock.advance(600_000);
    expect(link.calls).toEqual(['list 0@0', 'list 1@0', 'list 1@300000', 'list 1@600000']);
    await stop();
  });

  test('an answer that is older than the last is ignored', async () => {
    const { applied, clock, link, start } = create();
    link.put(exampleAlloc());
    const { stop } = await start();
    link.index = 1;
    await clock.advance(300_000);
    expect([applied, link.calls.at(-1)]).toEqual([['1 there, 1 changed'], 'list 2@300000']);
    await stop();
  });

  test('what the server does not have yet is asked for again after 2 to 4 s; the rest is not held up', async () => {
    const { applied, clock, link, start } = create();
    link.put(exampleAlloc({ id: allocId(1) }));
    link.put(exampleAlloc({ id: allocId(2) }));
    link.hidden.add(allocId(2));
    const { stop } = await start();
    link.hidden.clear();
    await clock.advance(2_000);
    expect(applied).toEqual(['2 there, 1 changed', '2 there, 1 changed']);
    expect(link.calls.slice(2)).toEqual(['list 0@2000', 'pull 1 2@2000', 'list 3@2000']);
    await stop();
  });

  test('failures are tried again, ever more rarely, up to every 30 s', async () => {
    const { clock, link, start } = create();
    link.onCall = () => {
      throw new Error('connection refused');
    };
    const { stop } = await start();
    await clock.advance(91_000);
    const times = link.calls.map((call) => Number(call.split('@')[1]));
    expect(times).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000]);
    link.onCall = () => undefined;
    link.put(exampleAlloc());
    await clock.advance(30_000);
    expect(link.calls.at(-1)).toBe('list 2@121000');
    await stop();
  });

  test('everything is asked for anew when the servers may count from elsewhere', async () => {
    const { applied, clock, link, start, watch } = create();
    link.index = 1_000;
    link.put(exampleAlloc());
    const { stop } = await start();
    link.index = 5;
    await clock.advance(1_000);
    watch.reset();
    await clock.advance(0);
    expect(link.calls.slice(3)).toEqual(['list 0@1000', 'list 5@1000']);
    expect(applied.at(-1)).toBe('1 there, 0 changed');
    await stop();
  });
});
