import { expect, test } from '@jest/globals';
import type { Allocation } from '@steppe/domain';
import { SimClock } from '@steppe/testing';
import { allocationOf } from '../testing/allocation-of.js';
import { jobOf } from '../testing/job-of.js';
import { MemoryRegion } from '../testing/memory-region.js';
import type { PlanParts } from '../testing/plan-of.js';
import { planOf } from '../testing/plan-of.js';
import { planWrites } from './plan-writes.js';

const NOW = 5_000;
function writes(parts: PlanParts, known: readonly Allocation[], job: 'runs' | 'stopped' | 'gone' = 'runs') {
  const region = new MemoryRegion(new SimClock());
  if (job !== 'gone') region.writeJob({ ...jobOf(), stop: job === 'stopped' });
  region.writeAllocations(known);
  const plan = planOf(parts);
  const result = { ...plan, rejectedNodes: [], refreshIndex: 0, allocIndex: 0 };
  return planWrites(region.state(), plan, result, NOW);
}

test('a stop changes what servers decide and leaves what the node has told', () => {
  const there = allocationOf('a', { createTimeMs: 1 });
  expect(writes({ stop: [there] }, [there])).toMatchObject([
    {
      id: 'a',
      desiredStatus: 'stop',
      desiredDescription: 'stopped',
      clientStatus: 'running',
      modifyTimeMs: NOW,
      createTimeMs: 1,
    },
  ]);
  expect(writes({ stop: [{ ...there, as: 'lost' }] }, [there])).toMatchObject([{ clientStatus: 'lost' }]);
  const ended = allocationOf('a', { clientStatus: 'complete' });
  expect(writes({ stop: [{ ...there, as: 'lost' }] }, [ended])).toMatchObject([{ clientStatus: 'complete' }]);
  const evicted = allocationOf('a', { desiredStatus: 'evict' });
  expect(writes({ stop: [{ ...there, as: 'lost' }] }, [evicted])).toMatchObject([
    { desiredStatus: 'evict', clientStatus: 'lost' },
  ]);
});

test('a replacement and the one it replaces name each other', () => {
  const old = allocationOf('old');
  const replacement = allocationOf('new', { previousAllocation: 'old' });
  expect(writes({ place: [replacement], stop: [old] }, [old])).toMatchObject([
    { id: 'old', desiredStatus: 'stop', nextAllocation: 'new' },
    { id: 'new', previousAllocation: 'old', createTimeMs: NOW, modifyTimeMs: NOW },
  ]);
});

test('nothing new is written for a job that has been stopped or is gone, and stops still are', () => {
  const there = allocationOf('a');
  for (const job of ['stopped', 'gone'] as const) {
    expect(writes({ place: [allocationOf('new')], stop: [there] }, [there], job)).toMatchObject([{ id: 'a' }]);
  }
});

test('a new version keeps what its node has told meanwhile', () => {
  const seen = allocationOf('a');
  const now = { ...seen, clientStatus: 'failed', clientDescription: 'oom', createTimeMs: 3, createIndex: 4 };
  expect(writes({ place: [{ ...seen, jobVersion: 2 }] }, [now])).toMatchObject([
    { jobVersion: 2, clientStatus: 'failed', clientDescription: 'oom', createTimeMs: 3, createIndex: 4 },
  ]);
});

test('one becomes unknown when its node has gone, unless it has ended before', () => {
  const seen = allocationOf('a');
  const unknown = { ...seen, clientStatus: 'unknown' };
  expect(writes({ place: [unknown] }, [seen])).toMatchObject([{ clientStatus: 'unknown' }]);
  expect(writes({ place: [unknown] }, [{ ...seen, clientStatus: 'failed' }])).toMatchObject([
    { clientStatus: 'failed' },
  ]);
});

test('what has been stopped meanwhile does not come back', () => {
  const seen = allocationOf('a');
  expect(writes({ place: [{ ...seen, jobVersion: 2 }] }, [{ ...seen, desiredStatus: 'stop' }])).toEqual([]);
});
