import type { Job } from '@steppe/domain';
import { canonicalJob, JOB_WIRE } from '@steppe/domain';

const TASK = { Name: 'main', Driver: 'raw_exec', Config: { command: 'sleep' }, Resources: { CPU: 500, MemoryMB: 256 } };

/** The group `front` of one task that asks for 500 MHz and 256 MB, with changes in the API's words. */
export const groupOf = (changes: object = {}, task: object = {}) => ({
  Name: 'front',
  Count: 1,
  Tasks: [{ ...TASK, ...task }],
  ...changes,
});

/** The job `web` as the API would take it, canonical, with changes in the API's words. */
export const jobOf = (changes: object = {}): Job =>
  canonicalJob(
    JOB_WIRE.decode({ ID: 'web', Type: 'service', TaskGroups: [groupOf()], JobModifyIndex: 1, ...changes }, 'Job'),
    { priority: 50, region: 'global' },
  );
