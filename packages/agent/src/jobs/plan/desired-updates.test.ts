import { expect, test } from '@jest/globals';
import type { Allocation } from '@steppe/domain';
import { ALLOCATION_WIRE, EVALUATION_WIRE, JOB_WIRE } from '@steppe/domain';
import { desiredUpdates } from './desired-updates.js';

const job = {
  ...JOB_WIRE.decode({ ID: 'web', TaskGroups: [{ Name: 'front' }] }, 'Job'),
  jobModifyIndex: 20,
};
const allocation = (id: string, changes: Partial<Allocation> = {}): Allocation => ({
  ...ALLOCATION_WIRE.empty,
  id,
  nodeId: 'n1',
  taskGroup: 'front',
  desiredStatus: 'run',
  clientStatus: 'running',
  jobModifyIndex: 20,
  ...changes,
});
const old = (id: string, changes: Partial<Allocation> = {}) => allocation(id, { jobModifyIndex: 10, ...changes });

interface Wanted {
  readonly stops?: readonly (readonly [id: string, why: string])[];
  readonly placed?: readonly Allocation[];
  readonly queued?: number;
}

/** What is counted of a plan; without what is 0. */
function counted(existing: readonly Allocation[], { stops = [], placed = [], queued = 0 }: Wanted) {
  const draft = {
    priority: 50,
    allAtOnce: false,
    job: { namespace: 'default', id: 'web' },
    nodeUpdate: { n1: stops.map(([allocationId, desiredDescription]) => ({ allocationId, desiredDescription })) },
    nodeAllocation: { n1: placed },
  };
  const evaluation = { ...EVALUATION_WIRE.empty, queuedAllocations: { front: queued } };
  const { front } = desiredUpdates(job, existing, { drafts: [draft], evaluation });
  return Object.fromEntries(Object.entries(front ?? {}).filter(([, count]) => count > 0));
}

test.each<[string, readonly Allocation[], Wanted, object]>([
  ['nothing', [allocation('a')], {}, { Ignore: 1 }],
  ['a new one', [], { placed: [allocation('a')] }, { Place: 1 }],
  ['one without a node', [], { queued: 2 }, { Place: 2 }],
  ['one that goes', [allocation('a')], { stops: [['a', 'alloc not needed due to job update']] }, { Stop: 1 }],
  ['one that becomes the new version', [old('a')], { placed: [allocation('a')] }, { InPlaceUpdate: 1 }],
  [
    'one that is replaced for the new version',
    [old('a')],
    {
      stops: [['a', 'alloc is being updated due to job update']],
      placed: [allocation('b', { previousAllocation: 'a' })],
    },
    { DestructiveUpdate: 1 },
  ],
  ['one that cannot be replaced', [old('a'), old('b')], { queued: 1 }, { DestructiveUpdate: 1, Ignore: 1 }],
  [
    'one that moves',
    [allocation('a')],
    { stops: [['a', 'alloc is being migrated']], placed: [allocation('b', { previousAllocation: 'a' })] },
    { Migrate: 1 },
  ],
  [
    'one that failed, now',
    [allocation('a', { clientStatus: 'failed' })],
    {
      stops: [['a', 'alloc was rescheduled because it failed']],
      placed: [allocation('b', { previousAllocation: 'a' })],
    },
    { RescheduleNow: 1 },
  ],
  [
    'one that failed, later',
    [allocation('a', { clientStatus: 'failed' })],
    { placed: [allocation('a', { clientStatus: 'failed', followupEvalId: 'e' })] },
    { RescheduleLater: 1 },
  ],
  [
    'one whose node does not answer',
    [allocation('a')],
    { placed: [allocation('a', { clientStatus: 'unknown' })] },
    { Disconnect: 1 },
  ],
  [
    'one that is lost',
    [allocation('a')],
    {
      stops: [['a', 'alloc is lost since its node is down']],
      placed: [allocation('b', { previousAllocation: 'a' })],
    },
    { Place: 1, Stop: 1 },
  ],
  ['one that has ended', [allocation('a', { desiredStatus: 'stop' })], {}, {}],
])('of %s', (_, existing, wanted, updates) => {
  expect(counted(existing, wanted)).toEqual(updates);
});
