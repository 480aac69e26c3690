import { describe, expect, test } from '@jest/globals';
import type { DisconnectStrategy } from '@steppe/domain';
import { noMetrics } from '@steppe/runtime';
import { RecordingLogger, SimClock } from '@steppe/testing';
import type { AllocReport, ClientAllocation } from '../servers/alloc-link.js';
import { allocId, exampleAlloc } from '../testing/example-alloc.js';
import type { ExampleOptions } from '../testing/example-alloc.js';
import { EXAMPLE_NODE } from '../testing/example-node.js';
import { BAD_END, FakeTaskDriver, GOOD_END } from '../testing/fake-task-driver.js';
import { FixedRandom } from '../testing/fixed-random.js';
import { MemoryAllocFolders } from '../testing/memory-alloc-folders.js';
import { MemoryAllocStore } from '../testing/memory-alloc-store.js';
import { Allocations } from './allocations.js';

const create = ({
  clock = new SimClock(),
  driver = new FakeTaskDriver({ clock }),
  store = new MemoryAllocStore(),
  folders = new MemoryAllocFolders(),
  maxAllocs = 50,
} = {}) => {
  const reports: AllocReport[] = [];
  const servers = { areOut: false };
  const allocations = new Allocations(
    { maxKillTimeoutMs: 30_000, maxAllocs },
    {
      drivers: new Map([['fake', driver]]),
      folders,
      store,
      node: () => EXAMPLE_NODE,
      host: {},
      signIdentities: async () => [],
      send: async (sent) => {
        if (servers.areOut) throw new Error('no servers');
        reports.push(...sent);
      },
      clock,
      random: new FixedRandom(0),
      logger: new RecordingLogger(),
      metrics: noMetrics,
    },
  );
  /** What the watch would do. */
  const sync = async (...assigned: readonly ClientAllocation[]): Promise<readonly string[]> => {
    const allocs = Object.fromEntries(assigned.map(({ allocation }) => [allocation.id, allocation.allocModifyIndex]));
    const wanted = allocations.outdated(allocs);
    allocations.apply(
      allocs,
      assigned.filter(({ allocation }) => wanted.includes(allocation.id)),
    );
    await clock.advance(0);
    return wanted;
  };
  const statuses = (): readonly string[] => allocations.list().map(({ clientStatus }) => clientStatus);
  const begin = async (): Promise<void> => {
    await allocations.restore();
    allocations.contact({ isBeat: true, isAnew: false });
    await clock.advance(0);
  };
  return { allocations, begin, clock, driver, folders, reports, servers, statuses, store, sync };
};

const stopped = ({ allocation, ...rest }: ClientAllocation): ClientAllocation => ({
  ...rest,
  allocation: { ...allocation, desiredStatus: 'stop', allocModifyIndex: allocation.allocModifyIndex + 1 },
});

describe('what the servers place here', () => {
  test('runs, and is reported', async () => {
    const { begin, clock, driver, reports, statuses, sync } = create();
    await begin();
    expect(await sync(exampleAlloc())).toEqual([allocId(1)]);
    expect([driver.history, statuses()]).toEqual([['start main@0'], ['running']]);
    await clock.advance(200);
    expect(reports).toMatchObject([
      { id: allocId(1), clientStatus: 'running', clientDescription: 'Tasks are running' },
    ]);
    expect(await sync(exampleAlloc())).toEqual([]);
  });

  test('is stopped when they say so, and reported complete', async () => {
    const { begin, clock, reports, statuses, sync } = create();
    await begin();
    await sync(exampleAlloc());
    await sync(stopped(exampleAlloc()));
    await clock.advance(200);
    expect([statuses(), reports.at(-1)?.clientStatus]).toEqual([['complete'], 'complete']);
  });

  test('is stopped and removed when they have forgotten it', async () => {
    const { allocations, begin, clock, driver, folders, store, sync } = create();
    driver.stopsAfterMs = 1_000;
    await begin();
    await sync(exampleAlloc());
    await sync();
    expect(driver.history.at(-1)).toBe('stop main default 5000@0');
    await clock.advance(1_000);
    expect([allocations.list(), folders.folders.size, store.records.size]).toEqual([[], 0, 0]);
    expect(() => allocations.get(allocId(1))).toThrow('Unknown allocation');
  });

  test('is not run when it is over; one that they think might run is reported complete', async () => {
    const { begin, clock, driver, reports, sync } = create();
    await begin();
    await sync(
      exampleAlloc({ id: allocId(1), allocation: { clientStatus: 'failed' } }),
      exampleAlloc({ id: allocId(2), allocation: { clientStatus: 'running', desiredStatus: 'stop' } }),
      exampleAlloc({ id: allocId(3), allocation: { clientStatus: 'lost', desiredStatus: 'stop' } }),
    );
    await clock.advance(1_000);
    expect([driver.history, reports.map(({ id, clientStatus }) => [id, clientStatus])]).toEqual([
      [],
      [[allocId(2), 'complete']],
    ]);
  });

  test('an id that is none is left out', async () => {
    const { begin, driver, statuses, sync } = create();
    await begin();
    await sync(exampleAlloc({ id: '../../etc' }));
    expect([driver.history, statuses()]).toEqual([[], []]);
  });

  test('waits for the one before, when that is here', async () => {
    const { begin, clock, driver, sync } = create();
    driver.stopsAfterMs = 2_000;
    await begin();
    const before = exampleAlloc({ id: allocId(1) });
    await sync(before);
    const next = exampleAlloc({ id: allocId(2), allocation: { previousAllocation: allocId(1) } });
    await sync(stopped(before), next);
    expect(driver.history.slice(1)).toEqual(['stop main default 5000@0']);
    await clock.advance(2_000);
    expect(driver.history.slice(2)).toEqual(['start main@2000']);
  });

  test('the oldest that have ended go when there are too many', async () => {
    const { allocations, begin, clock, driver, folders, sync } = create({ maxAllocs: 2 });
    await begin();
    const all = [1, 2, 3].map((n) => exampleAlloc({ id: allocId(n), type: 'batch' }));
    for (let n = 1; n <= 3; n += 1) {
      await sync(...all.slice(0, n));
      driver.end('main', n === 2 ? BAD_END : GOOD_END);
      await clock.advance(1_000);
    }
    await clock.advance(100_000);
    expect(allocations.list().map(({ id }) => id)).not.toContain(allocId(1));
    expect([allocations.list().length, folders.folders.has(allocId(1))]).toEqual([2, false]);
    expect(await sync(...all)).toEqual([]);
  });
});

describe('what has ended', () => {
  const ended = async () => {
    const created = create();
    const { begin, clock, driver, sync } = created;
    await begin();
    const all = [1, 2, 3].map((n) => exampleAlloc({ id: allocId(n), type: 'batch' }));
    for (let n = 1; n <= 2; n += 1) {
      await sync(...all.slice(0, n));
      driver.end('main', GOOD_END);
      await clock.advance(1_000);
    }
    await sync(...all);
    const ids = (): readonly string[] => created.allocations.list().map(({ id }) => id);
    return { ...created, all, ids };
  };

  test('can be removed one by one, and is not run again', async () => {
    const { all, allocations, folders, ids, store, sync } = await ended();
    await allocations.collect(allocId(2));
    expect(ids()).toEqual([allocId(1), allocId(3)]);
    expect([folders.folders.has(allocId(2)), store.records.has(allocId(2))]).toEqual([false, false]);
    expect(await sync(...all)).toEqual([]);
  });

  test('goes one after another or the oldest alone, and what runs stays', async () => {
    const { allocations, ids } = await ended();
    expect(await allocations.collectOldest()).toBe(true);
    expect(ids()).toEqual([allocId(2), allocId(3)]);
    await allocations.collectAll();
    expect(ids()).toEqual([allocId(3)]);
    expect(await allocations.collectOldest()).toBe(false);
  });

  test('stays as long as it runs, or the servers do not take that it has ended', async () => {
    const { allocations, clock, driver, servers } = await ended();
    const refusal = { code: 'CLIENT_ALLOC_NOT_ENDED', message: expect.stringContaining(allocId(3)) };
    await expect(allocations.collect(allocId(3))).rejects.toMatchObject(refusal);
    driver.end('main', GOOD_END);
    servers.areOut = true;
    const inVain = expect(allocations.collect(allocId(3))).rejects.toMatchObject(refusal);
    await clock.advance(5_000);
    await inVain;
    servers.areOut = false;
    const collected = allocations.collect(allocId(3));
    await clock.advance(60_000);
    await collected;
    await expect(allocations.collect(allocId(3))).rejects.toMatchObject({ code: 'CLIENT_ALLOC_UNKNOWN' });
  });

  test('is waited for no longer than the agent runs', async () => {
    const { allocations, clock, driver, servers } = await ended();
    driver.end('main', GOOD_END);
    servers.areOut = true;
    await clock.advance(0);
    const collected = expect(allocations.collect(allocId(3))).rejects.toMatchObject({ code: 'CLIENT_ALLOC_NOT_ENDED' });
    await allocations.stop({ killTasks: false });
    await collected;
  });

  test('stays over a restart of the agent until the servers know', async () => {
    const { allocations, begin, clock, driver, store, sync } = create();
    const alloc = exampleAlloc({ type: 'batch' });
    await begin();
    await sync(alloc);
    await clock.advance(1_000);
    driver.end('main', GOOD_END);
    await clock.advance(0);
    await allocations.stop({ killTasks: false });

    const again = create({ clock, driver, store });
    await again.begin();
    await clock.advance(60_000);
    expect([again.statuses(), again.reports]).toEqual([['complete'], []]);
    expect(await again.allocations.collectOldest()).toBe(false);
    await again.sync(alloc);
    await clock.advance(200);
    expect(again.reports).toMatchObject([{ clientStatus: 'complete' }]);
    expect(await again.allocations.collectOldest()).toBe(true);
  });
});

describe('a restart of the agent', () => {
  test('tasks go on; the servers are asked for their tokens, and told only of what runs', async () => {
    const { allocations, begin, clock, driver, store, sync } = create();
    await begin();
    await sync(exampleAlloc({ id: allocId(1) }), exampleAlloc({ id: allocId(2), type: 'batch' }));
    driver.end('main', GOOD_END);
    await clock.advance(1_000);
    await allocations.stop({ killTasks: false });
    expect([clock.pending, driver.history.at(-1)]).toEqual([0, 'detach main@1000']);

    const again = create({ clock, driver, store });
    await again.begin();
    await clock.advance(1_000);
    expect(again.statuses().toSorted()).toEqual(['complete', 'running']);
    expect(driver.history.at(-1)).toBe('recover main@1000');
    expect(again.reports.map(({ id }) => id)).toEqual([allocId(1)]);
    const wanted = await again.sync(exampleAlloc({ id: allocId(1) }), exampleAlloc({ id: allocId(2), type: 'batch' }));
    expect(wanted).toEqual([allocId(1), allocId(2)]);
  });

  test('what the servers have given elsewhere meanwhile is not started again', async () => {
    const { allocations, begin, clock, driver, store, sync } = create();
    await begin();
    await sync(exampleAlloc());
    await allocations.stop({ killTasks: false });
    driver.processes.clear();
    const again = create({ clock, driver, store });
    await again.begin();
    await again.sync(stopped(exampleAlloc()));
    await clock.advance(60_000);
    expect(driver.history.slice(2)).toEqual(['recover main@0']);
    expect(again.reports.at(-1)?.clientStatus).toBe('complete');
  });

  test('an agent that leaves nothing behind ends its tasks', async () => {
    const { allocations, begin, driver, sync } = create();
    await begin();
    await sync(exampleAlloc({ group: { shutdownDelayMs: 60_000 } }));
    await allocations.stop({ killTasks: true });
    expect(driver.history.slice(1)).toEqual(['stop main default 5000@0']);
  });
});

describe('without servers', () => {
  const strategy = (stopOnClientAfterMs: number): DisconnectStrategy => ({
    lostAfterMs: 0,
    stopOnClientAfterMs,
    replace: true,
    reconcile: 'best_score',
  });
  const group = (stopOnClientAfterMs: number): ExampleOptions => ({
    group: { disconnect: strategy(stopOnClientAfterMs) },
  });

  test('row 139: what is not to go on is stopped after its time: at once, later, never', async () => {
    const { begin, clock, statuses, sync } = create();
    await begin();
    await sync(
      exampleAlloc({ id: allocId(1), ...group(1) }),
      exampleAlloc({ id: allocId(2), ...group(500) }),
      exampleAlloc({ id: allocId(3) }),
    );
    await clock.advance(1);
    expect(statuses()).toEqual(['complete', 'running', 'running']);
    await clock.advance(498);
    expect(statuses()).toEqual(['complete', 'running', 'running']);
    await clock.advance(1);
    expect(statuses()).toEqual(['complete', 'complete', 'running']);
    await clock.advance(3_600_000);
    expect(statuses()).toEqual(['complete', 'complete', 'running']);
  });

  test('a heartbeat begins the time anew', async () => {
    const { allocations, begin, clock, statuses, sync } = create();
    await begin();
    await sync(exampleAlloc(group(500)));
    for (let i = 0; i < 10; i += 1) {
      await clock.advance(400);
      allocations.contact({ isBeat: true, isAnew: false });
    }
    expect(statuses()).toEqual(['running']);
    await clock.advance(500);
    expect(statuses()).toEqual(['complete']);
  });
});

test('after the node was out of touch all that runs is told anew', async () => {
  const { allocations, begin, clock, reports, sync } = create();
  await begin();
  await sync(exampleAlloc());
  await clock.advance(200);
  expect(reports).toHaveLength(1);
  allocations.contact({ isBeat: true, isAnew: false });
  await clock.advance(2_000);
  expect(reports).toHaveLength(1);
  allocations.contact({ isBeat: true, isAnew: true });
  await clock.advance(0);
  expect(reports.map(({ clientStatus }) => clientStatus)).toEqual(['running', 'running']);
});
