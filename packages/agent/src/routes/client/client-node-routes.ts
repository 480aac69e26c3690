import type { ClientRuntime, CpuLoad, FileSystemUsage, HostUsage } from '@steppe/client';
import { NODE_READ, NODE_WRITE } from '../../http/acl-rule.js';
import { apiError } from '../../http/api-error.js';
import { empty, json } from '../../http/reply/reply.js';
import type { Query } from '../../http/request/query.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';

interface OfNode {
  readonly nodeId: string;
}

const parameters = (query: Query): OfNode => ({ nodeId: query.get('node_id') });
const THE_NODE = {
  kind: 'agent',
  name: ({ nodeId }: OfNode) => ({ nodeId, serverId: '' }),
  unnamed: 'this-agent',
} as const;

/** `/v1/client/stats` and `/v1/client/gc`: the machine of a node, and what allocations have left there. */
export class ClientNodeRoutes implements HttpRouteContribution {
  readonly routes;

  /** @param client - `undefined` on an agent that is no node */
  constructor(client: ClientRuntime | undefined) {
    const demandClient = (): ClientRuntime => {
      if (client === undefined) throw apiError('NODE_ID_MISSING');
      return client;
    };
    this.routes = [
      defineRoute({
        path: '/v1/client/stats',
        methods: ['GET'],
        cors: true,
        summary: 'What the machine of a node is doing.',
        commonParameters: true,
        acl: NODE_READ,
        parameters,
        answeredBy: THE_NODE,
        handle: async () => json(encodeHost(await demandClient().hostUsage())),
      }),
      defineRoute({
        path: '/v1/client/gc',
        // Nomad's clients ask with GET.
        methods: ['GET', 'PUT', 'POST'],
        mutates: true,
        summary: 'Removes what is left on a node of allocations that have ended.',
        commonParameters: true,
        acl: NODE_WRITE,
        parameters,
        answeredBy: THE_NODE,
        handle: async () => {
          await demandClient().collectAll();
          return empty();
        },
      }),
    ];
  }
}

const encodeHost = ({ atMs, uptimeSeconds, memory, cpus, cpuTicksUsed, disks, allocDisk }: HostUsage) => ({
  AllocDirStats: encodeDisk(allocDisk),
  CPU: cpus.map(encodeCpu),
  CPUTicksConsumed: cpuTicksUsed,
  DeviceStats: [],
  DiskStats: disks.map(encodeDisk),
  Memory: {
    Available: memory.availableBytes,
    Free: memory.freeBytes,
    Total: memory.totalBytes,
    Used: memory.usedBytes,
  },
  Timestamp: atMs * 1_000_000,
  Uptime: uptimeSeconds,
});

const encodeCpu = ({ name, userPercent, systemPercent, idlePercent }: CpuLoad) => ({
  CPU: name,
  Idle: idlePercent,
  System: systemPercent,
  Total: 100 - idlePercent,
  User: userPercent,
});

const encodeDisk = (disk: FileSystemUsage) => ({
  Available: disk.availableBytes,
  Device: disk.device,
  InodesUsedPercent: disk.inodesUsedPercent,
  Mountpoint: disk.mountpoint,
  Size: disk.sizeBytes,
  Used: disk.usedBytes,
  UsedPercent: disk.usedPercent,
});
