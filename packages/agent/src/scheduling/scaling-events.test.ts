import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RegionFixture } from '../testing/region-fixture.js';
import { deleteJob } from './job-rows.js';
import { putScalingEvent, scalingEvents } from './scaling-events.js';

let region: RegionFixture;
beforeEach(async () => {
  region = new RegionFixture();
  await region.start();
});
afterEach(() => region.stop());

const KEY = { namespace: 'default', id: 'web' };
const event = (message: string) => ({
  count: undefined,
  previousCount: 1,
  error: false,
  message,
  meta: {},
  evalId: undefined,
  timeMs: 1,
});

test('twenty events of a group are kept, each with the index of its own write', async () => {
  const written: number[] = [];
  for (let i = 0; i < 22; i += 1) {
    const { index } = await region.state.transact((tx) => putScalingEvent(tx, KEY, 'front', event(`${i}`)));
    written.unshift(index);
  }
  const events = scalingEvents(region.state.snapshot(), KEY, 'front');
  expect(events.map(({ message }) => message)).toEqual(Array.from({ length: 20 }, (_, i) => `${21 - i}`));
  expect(events.map(({ createIndex }) => createIndex)).toEqual(written.slice(0, 20));
});

test('those of a group are its own, and go with the job', async () => {
  await region.state.transact((tx) => {
    putScalingEvent(tx, KEY, 'front', event('a'));
    putScalingEvent(tx, KEY, 'back', event('b'));
    putScalingEvent(tx, { ...KEY, id: 'web2' }, 'front', event('c'));
  });
  await region.state.transact((tx) => deleteJob(tx, KEY));
  const left = (id: string, group: string) => scalingEvents(region.state.snapshot(), { ...KEY, id }, group).length;
  expect([left('web', 'front'), left('web', 'back'), left('web2', 'front')]).toEqual([0, 0, 1]);
});
