import type { TaskUsage } from '@steppe/client';
import type { Clock } from '@steppe/runtime';
import { anyOf, decidedLater } from '../../http/acl-rule.js';
import { apiError } from '../../http/api-error.js';
import { json } from '../../http/reply/reply.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';
import type { NodeWork } from './node-work.js';

export interface ClientAllocationRoutesDeps {
  readonly work: () => NodeWork;
  readonly clock: Clock;
}

const READ_JOB = decidedLater('NsOpAnyOf(namespace of the allocation, read-job)');

/** `/v1/client/allocation/:id/*`: how an allocation is doing, from the node that it is on. */
export class ClientAllocationRoutes implements HttpRouteContribution {
  readonly routes;

  constructor({ work, clock }: ClientAllocationRoutesDeps) {
    this.routes = [
      defineRoute({
        path: '/v1/client/allocation/:id/stats',
        methods: ['GET'],
        summary: 'What the tasks of an allocation use.',
        commonParameters: true,
        acl: READ_JOB,
        parameters: (query, path) => ({ id: (path['id'] ?? '').toLowerCase(), task: query.get('task') }),
        answeredBy: { kind: 'allocation', id: ({ id }) => id },
        handle: async (request) => {
          const { id, task } = request.parameters;
          const allocation = work().allocation(id);
          await request.demand(anyOf(allocation?.namespace ?? '*', ['read-job']));
          if (allocation === undefined) throw apiError('ALLOC_UNKNOWN', id);
          const usage = Object.entries(await allocation.usage()).filter(([name]) => task === '' || name === task);
          const timestamp = clock.now() * 1_000_000;
          const tasks = usage.map(([name, used]) => [name, encodeTask(used, timestamp)] as const);
          return json({
            ResourceUsage: encodeUsage(sum(usage.map(([, used]) => used))),
            Tasks: Object.fromEntries(tasks),
            Timestamp: timestamp,
          });
        },
      }),
    ];
  }
}

const encodeTask = (usage: TaskUsage, timestamp: number) => ({
  Pids: Object.fromEntries(usage.pids.map((pid) => [`${pid}`, null])),
  ResourceUsage: encodeUsage(usage),
  Timestamp: timestamp,
});

/** CPU times in milliseconds; the share of time is the reader's to work out from two of these. */
const encodeUsage = ({ memoryBytes, userMs, systemMs }: Omit<TaskUsage, 'pids'>) => ({
  CpuStats: {
    Measured: ['System Mode', 'User Mode'],
    Percent: 0,
    SystemMode: systemMs,
    ThrottledPeriods: 0,
    ThrottledTime: 0,
    TotalTicks: 0,
    UserMode: userMs,
  },
  DeviceStats: null,
  MemoryStats: {
    Cache: 0,
    KernelMaxUsage: 0,
    KernelUsage: 0,
    MaxUsage: 0,
    Measured: ['RSS'],
    RSS: memoryBytes,
    Swap: 0,
    Usage: memoryBytes,
  },
});

const sum = (all: readonly TaskUsage[]): Omit<TaskUsage, 'pids'> => ({
  memoryBytes: all.reduce((total, { memoryBytes }) => total + memoryBytes, 0),
  userMs: all.reduce((total, { userMs }) => total + userMs, 0),
  systemMs: all.reduce((total, { systemMs }) => total + systemMs, 0),
});
