import type { ClientRuntime, TaskLoad } from '@steppe/client';
import { decidedLater } from '../../http/acl-rule.js';
import { json } from '../../http/reply/reply.js';
import type { PathParameters } from '../../http/request/path-parameters.js';
import type { Query } from '../../http/request/query.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';
import { decodeRestart, decodeSignal } from './allocation-requests.js';
import { demandAllocation } from './demand-allocation.js';

interface OfAllocation {
  readonly id: string;
}

const ofAllocation = (path: PathParameters): OfAllocation => ({ id: (path['id'] ?? '').toLowerCase() });

const ON_ITS_NODE = { kind: 'allocation', id: ({ id }: OfAllocation): string => id } as const;
const LIFECYCLE = decidedLater('NsOpAnyOf(namespace of the allocation, alloc-lifecycle)');
const COLLECTING = ['submit-job', 'gc-allocation'];
const COLLECT = decidedLater(`NsOpAnyOf(namespace of the allocation, ${COLLECTING.join(', ')})`);
const READ_JOB = decidedLater('NsOpAnyOf(namespace of the allocation, read-job)');

/** `/v1/client/allocation/:id/*`: how an allocation is doing, and what its tasks are to do, on the node that it is on. */
export class ClientAllocationRoutes implements HttpRouteContribution {
  readonly routes;

  constructor(client: () => ClientRuntime) {
    const common = {
      cors: true,
      commonParameters: true,
      parameters: (_: Query, path: PathParameters) => ofAllocation(path),
      answeredBy: ON_ITS_NODE,
    } as const;
    this.routes = [
      defineRoute({
        ...common,
        path: '/v1/client/allocation/:id/stats',
        methods: ['GET'],
        summary: 'What the tasks of an allocation use.',
        acl: READ_JOB,
        parameters: (query, path) => ({ ...ofAllocation(path), task: query.get('task') }),
        handle: async (request) => {
          const { task } = request.parameters;
          const { id } = await demandAllocation(client(), request, ['read-job']);
          const { atMs, tasks: all } = await client().usage(id);
          const loads = Object.entries(all).filter(([name]) => task === '' || name === task);
          const timestamp = atMs * 1_000_000;
          const tasks = loads.map(([name, load]) => [name, encodeTask(load, timestamp)] as const);
          return json({
            ResourceUsage: encodeUsage(sum(loads.map(([, load]) => load))),
            Tasks: Object.fromEntries(tasks),
            Timestamp: timestamp,
          });
        },
      }),
      defineRoute({
        ...common,
        path: '/v1/client/allocation/:id/checks',
        methods: ['GET'],
        summary: 'Checks of the services of an allocation: none.',
        acl: READ_JOB,
        handle: async (request) => {
          await demandAllocation(client(), request, ['read-job']);
          return json({});
        },
      }),
      defineRoute({
        ...common,
        path: '/v1/client/allocation/:id/gc',
        // Nomad's clients ask with GET.
        methods: ['GET', 'PUT', 'POST'],
        mutates: true,
        summary: 'Removes what is left on its node of an allocation that has ended.',
        acl: COLLECT,
        handle: async (request) => {
          const { id } = await demandAllocation(client(), request, COLLECTING);
          await client().collect(id);
          // Nomad's clients fail without a body.
          return json({});
        },
      }),
      defineRoute({
        ...common,
        path: '/v1/client/allocation/:id/restart',
        methods: ['PUT', 'POST'],
        summary: 'Restarts tasks of an allocation.',
        acl: LIFECYCLE,
        handle: async (request) => {
          const { id } = await demandAllocation(client(), request, ['alloc-lifecycle']);
          await client().restart(id, decodeRestart(await request.body()));
          return json(NOTHING_WRITTEN);
        },
      }),
      defineRoute({
        ...common,
        path: '/v1/client/allocation/:id/signal',
        methods: ['PUT', 'POST'],
        summary: 'Sends tasks of an allocation a signal.',
        acl: LIFECYCLE,
        handle: async (request) => {
          const { id } = await demandAllocation(client(), request, ['alloc-lifecycle']);
          await client().signal(id, decodeSignal(await request.body()));
          return json(NOTHING_WRITTEN);
        },
      }),
    ];
  }
}

/** What clients read where a write is answered: of the state nothing has changed. */
const NOTHING_WRITTEN = { Index: 0 };

const encodeTask = (usage: TaskLoad, timestamp: number) => ({
  Pids: Object.fromEntries(usage.pids.map((pid) => [`${pid}`, null])),
  ResourceUsage: encodeUsage(usage),
  Timestamp: timestamp,
});

const encodeUsage = ({ memoryBytes, userMs, systemMs, cpuPercent, cpuTicks }: Omit<TaskLoad, 'pids'>) => ({
  CpuStats: {
    Measured: ['System Mode', 'User Mode'],
    Percent: cpuPercent,
    SystemMode: systemMs,
    ThrottledPeriods: 0,
    ThrottledTime: 0,
    TotalTicks: cpuTicks,
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

const sum = (all: readonly TaskLoad[]): Omit<TaskLoad, 'pids'> => ({
  memoryBytes: total(all, 'memoryBytes'),
  userMs: total(all, 'userMs'),
  systemMs: total(all, 'systemMs'),
  cpuPercent: total(all, 'cpuPercent'),
  cpuTicks: total(all, 'cpuTicks'),
});

const total = (all: readonly TaskLoad[], field: Exclude<keyof TaskLoad, 'pids'>): number =>
  all.reduce((sumSoFar, load) => sumSoFar + load[field], 0);
