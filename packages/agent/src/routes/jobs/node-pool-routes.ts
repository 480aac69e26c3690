import { ALL_NODE_POOL, NODE_POOL_WIRE } from '@steppe/domain';
import type { StateSnapshot } from '@steppe/state';
import { ALLOCATIONS, compileFilter, EVALUATIONS, JOBS, NODE_POOLS, NODES } from '@steppe/state';
import type { StateReads } from '../../cluster/state-reads.js';
import type { AclRule, RequestRequirement } from '../../http/acl-rule.js';
import { decidedLater, NODE_READ } from '../../http/acl-rule.js';
import { AUTHORITATIVE, LEADER_OF_REGION } from '../../http/answered-by.js';
import { apiError } from '../../http/api-error.js';
import type { Reply } from '../../http/reply/reply.js';
import { empty, json } from '../../http/reply/reply.js';
import type { ApiRequest } from '../../http/request/api-request.js';
import { jsonBody } from '../../http/request/json-body.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';
import type { NodePools } from '../../jobs/node-pools.js';
import { nodePoolsOf } from '../../jobs/node-pools.js';
import { jobOfRow } from '../../scheduling/job-rows.js';
import { nodeStub, nodeStubOptions } from '../node-stub.js';
import { readHeaders } from '../read-headers.js';
import { jobStub } from './job-shapes.js';
import { readTables, visibleNamespaces } from './scheduling-reads.js';

export interface NodePoolRoutesDeps {
  readonly reads: () => StateReads;
  readonly pools: () => NodePools;
}

const may = (operation: string): RequestRequirement => ({
  label: `PoolOp(name, ${operation})`,
  of: ({ path }) => ({ check: 'PoolOp', pool: path['name'] ?? '', operation }),
});
const rule = (...requires: AclRule['requires']): AclRule => ({ requires, tokenErrors: 'plain' });

/** `/v1/node/pools` and `/v1/node/pool/:name` with its jobs and nodes. */
export class NodePoolRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #deps: NodePoolRoutesDeps;

  constructor(deps: NodePoolRoutesDeps) {
    this.#deps = deps;
    const { reads, pools } = deps;
    this.routes = [
      defineRoute({
        path: '/v1/node/pools',
        methods: ['GET'],
        summary: 'Node pools that the caller may read.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: decidedLater('of each pool PoolOp(name, read)'),
        handle: async (request) => {
          const read = await readTables(reads(), request, [NODE_POOLS]);
          const { acl } = await request.caller();
          const { prefix, filter } = request.common;
          const matches = filter === '' ? undefined : compileFilter(filter);
          const shown = nodePoolsOf(read.value)
            .filter(({ name }) => name.startsWith(prefix) && acl.allowNodePoolOperation(name, 'read'))
            .map((each) => NODE_POOL_WIRE.encode(each))
            .filter((each) => matches?.matches(each) !== false);
          return json(shown, readHeaders(read));
        },
      }),
      defineRoute({
        path: '/v1/node/pools',
        methods: ['PUT', 'POST'],
        summary: 'Add a node pool, or replace the one of its name; the right is to that pool.',
        commonParameters: true,
        answeredBy: AUTHORITATIVE,
        acl: decidedLater('PoolOp(name, write)'),
        handle: (request) => this.#upsert(request, undefined),
      }),
      defineRoute({
        path: '/v1/node/pool/:name',
        methods: ['GET'],
        summary: 'One node pool.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: rule(may('read')),
        handle: async (request) => {
          const read = await readTables(reads(), request, [NODE_POOLS]);
          return json(NODE_POOL_WIRE.encode(poolIn(read.value, request)), readHeaders(read));
        },
      }),
      defineRoute({
        path: '/v1/node/pool/:name',
        methods: ['PUT', 'POST'],
        summary: 'Add the node pool of that name, or replace it.',
        commonParameters: true,
        answeredBy: AUTHORITATIVE,
        acl: rule(may('write')),
        handle: (request) => this.#upsert(request, nameOf(request)),
      }),
      defineRoute({
        path: '/v1/node/pool/:name',
        methods: ['DELETE'],
        summary: 'Delete a node pool that nobody uses.',
        commonParameters: true,
        answeredBy: AUTHORITATIVE,
        acl: rule(may('delete')),
        handle: async (request) => written(await pools().delete(nameOf(request))),
      }),
      defineRoute({
        path: '/v1/node/pool/:name/jobs',
        methods: ['GET'],
        summary: 'Jobs of a node pool in brief.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: rule(may('read')),
        handle: async (request) => {
          const read = await readTables(reads(), request, [JOBS, ALLOCATIONS, EVALUATIONS]);
          const isVisible = await visibleNamespaces(request, 'list-jobs');
          const { acl } = await request.caller();
          const { name } = poolIn(read.value, request);
          const jobs = read.value
            .rows(JOBS)
            .filter(({ namespace }) => isVisible(namespace) && acl.allowNamespaceOperation(namespace, 'list-jobs'))
            .map((row) => jobOfRow(read.value, row))
            .filter(({ nodePool }) => nodePool === name);
          return json(
            jobs.map((job) => jobStub(read.value, job, read.index)),
            readHeaders(read),
          );
        },
      }),
      defineRoute({
        path: '/v1/node/pool/:name/nodes',
        methods: ['GET'],
        summary: 'Nodes of a node pool in brief.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: rule(...NODE_READ.requires, may('read')),
        parameters: nodeStubOptions,
        handle: async (request) => {
          const read = await readTables(reads(), request, [NODES]);
          const { name } = poolIn(read.value, request);
          const nodes = read.value.rows(NODES).filter(({ nodePool }) => name === ALL_NODE_POOL || nodePool === name);
          return json(
            nodes.map((node) => nodeStub(node, request.parameters)),
            readHeaders(read),
          );
        },
      }),
    ];
  }

  async #upsert(request: ApiRequest, name: string | undefined): Promise<Reply> {
    const pool = NODE_POOL_WIRE.decode(jsonBody(await request.body()), 'NodePool');
    if (name !== undefined && pool.name !== name) {
      throw apiError('NODE_POOL_REFUSED', 'Node pool name does not match request path');
    }
    await request.demand({ check: 'PoolOp', pool: pool.name, operation: 'write' });
    return written(await this.#deps.pools().upsert(pool));
  }
}

const nameOf = ({ path }: Pick<ApiRequest, 'path'>): string => path['name'] ?? '';

/** @throws NODE_POOL_NOT_FOUND */
function poolIn(snapshot: StateSnapshot, request: ApiRequest) {
  const pool = nodePoolsOf(snapshot).find(({ name }) => name === nameOf(request));
  if (pool === undefined) throw apiError('NODE_POOL_NOT_FOUND');
  return pool;
}

const written = ({ index }: { readonly index: number }): Reply => empty(200, { 'X-Nomad-Index': `${index}` });
