import { describe, expect, test } from '@jest/globals';
import type { Allocation } from '../allocation/allocation.js';
import { jobStatus } from './job-status.js';

type Alloc = Pick<Allocation, 'desiredStatus' | 'clientStatus'>;
const alloc = (desiredStatus: string, clientStatus: string): Alloc => ({ desiredStatus, clientStatus });

describe('jobStatus', () => {
  test.each<[string, { type?: string; stop?: boolean; allocs?: Alloc[]; evals?: string[] }, string]>([
    ['nothing yet', {}, 'pending'],
    ['an evaluation waits', { evals: ['complete', 'pending'] }, 'pending'],
    ['there is no room', { evals: ['blocked'] }, 'pending'],
    ['something runs', { allocs: [alloc('stop', 'complete'), alloc('run', 'running')], evals: ['pending'] }, 'running'],
    ['told to stop, still shutting down', { stop: true, allocs: [alloc('stop', 'running')] }, 'dead'],
    ['all has ended', { allocs: [alloc('run', 'complete')], evals: ['complete'] }, 'dead'],
    ['stopped, everything collected', { stop: true }, 'dead'],
    ['system', { type: 'system' }, 'running'],
    ['system, stopped', { type: 'system', stop: true, allocs: [alloc('run', 'running')] }, 'dead'],
    ['sysbatch is as batch', { type: 'sysbatch', evals: ['complete'] }, 'dead'],
  ])('%s', (_, { type = 'service', stop = false, allocs = [], evals = [] }, status) => {
    expect(
      jobStatus(
        { type, stop },
        allocs,
        evals.map((each) => ({ status: each })),
      ),
    ).toBe(status);
  });
});
