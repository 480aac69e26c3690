import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { JOB_VERSIONS, JOBS } from '@steppe/state';
import { RegionFixture } from '../testing/region-fixture.js';
import { deleteJob, jobVersion, jobVersions, putJobVersion, readJob } from './job-rows.js';

let region: RegionFixture;
beforeEach(async () => {
  region = new RegionFixture();
  await region.start();
});
afterEach(() => region.stop());

const KEY = { namespace: 'default', id: 'web' };
const snapshot = () => region.state.snapshot();

test('a job is its newest version, with the indexes that tell one from another', async () => {
  await region.run({ Meta: { v: '0' } });
  const first = readJob(snapshot(), KEY);
  await region.run({ Meta: { v: '1' } });
  const second = readJob(snapshot(), KEY);
  expect([first?.version, second?.version]).toEqual([0, 1]);
  expect(second?.createIndex).toBe(first?.createIndex);
  expect(second?.jobModifyIndex).toBeGreaterThan(first?.jobModifyIndex ?? 0);
  expect(jobVersions(snapshot(), KEY).map(({ meta }) => meta['v'])).toEqual(['1', '0']);
  expect(jobVersion(snapshot(), KEY, first?.jobModifyIndex ?? 0)?.meta).toEqual({ v: '0' });
  expect(jobVersion(snapshot(), KEY, 1)).toBeUndefined();
  // As long as nothing changes it is the very same.
  expect(readJob(snapshot(), KEY)).toBe(second);
});

test('a change of where a job stands is none of what it asks for', async () => {
  await region.addNode('n1');
  await region.run();
  const before = readJob(snapshot(), KEY);
  await region.settle();
  const after = readJob(snapshot(), KEY);
  expect([before?.status, after?.status]).toEqual(['pending', 'running']);
  expect(after?.jobModifyIndex).toBe(before?.jobModifyIndex);
  expect(after?.modifyIndex).toBeGreaterThan(before?.modifyIndex ?? 0);
});

test('old versions go, but for those that something still runs by', async () => {
  await region.addNode('n1');
  const job = await region.run();
  await region.settle();
  const used = readJob(snapshot(), KEY)?.jobModifyIndex;
  // Nobody looks at what is written without an evaluation.
  for (let i = 0; i < 5; i += 1) {
    await region.state.transact((tx) => putJobVersion(tx, { ...job, meta: { i: `${i}` } }, { keep: 2 }));
  }
  expect(jobVersions(snapshot(), KEY).map(({ version }) => version)).toEqual([5, 4, 0]);
  expect(jobVersion(snapshot(), KEY, used ?? 0)?.version).toBe(0);
});

test('a job that is purged while it runs can still be told to stop, and then leaves nothing', async () => {
  await region.addNode('n1');
  await region.run();
  await region.settle();
  await region.startAll();
  const [allocation] = region.live();
  if (allocation === undefined) throw new Error('nothing was placed');
  await region.state.transact((tx) => deleteJob(tx, KEY));
  expect(readJob(snapshot(), KEY)).toBeUndefined();
  expect(jobVersion(snapshot(), KEY, allocation.jobModifyIndex)).toMatchObject({ id: 'web' });
  // One of the same id is none of its versions.
  await region.run({ Meta: { v: 'new' } });
  expect(readJob(snapshot(), KEY)).toMatchObject({ version: 1, meta: { v: 'new' } });
  await region.state.transact((tx) => deleteJob(tx, KEY));
  await region.report(allocation, 'complete');
  await region.store.deleteEvaluations(
    [],
    region.allocations().map(({ id }) => id),
  );
  expect(snapshot().rows(JOB_VERSIONS)).toEqual([]);
});

test('a job that is deleted leaves nothing, and one of the same id begins anew', async () => {
  await region.run();
  await region.run({ Meta: { v: '1' } });
  // Ids that begin alike are other jobs.
  await region.run({ ID: 'web/canary' });
  await region.state.transact((tx) => deleteJob(tx, KEY));
  expect(
    snapshot()
      .rows(JOBS)
      .map(({ id }) => id),
  ).toEqual(['web/canary']);
  expect(
    snapshot()
      .rows(JOB_VERSIONS)
      .map(({ id }) => id),
  ).toEqual(['web/canary']);
  await region.run();
  expect(readJob(snapshot(), KEY)?.version).toBe(0);
});
