import { encodeTimestamp, isSteppeError } from '@steppe/domain';
import type { WorkerPool } from '@steppe/scheduler';
import { apiError } from '../http/api-error.js';
import { json } from '../http/reply/reply.js';
import { decodeJsonObject } from '../http/request/body.js';
import type { HttpRouteContribution, RoleRule } from '../http/route.js';
import { AGENT_READ, AGENT_WRITE } from '../http/acl-rule.js';
import { defineRoute } from '../http/route.js';

const SERVER_ROLE: RoleRule = { needs: 'server', otherwise: 'SERVER_ONLY', beforeMethod: true };

export interface SchedulersRoutesDeps {
  /** Gossip name of this server. */
  readonly serverName: string;
  readonly pool: () => WorkerPool;
}

/** `GET /v1/agent/schedulers` and `/v1/agent/schedulers/config`: this server's scheduler workers. */
export class SchedulersRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #deps: SchedulersRoutesDeps;

  constructor(deps: SchedulersRoutesDeps) {
    this.#deps = deps;
    this.routes = [
      defineRoute({
        path: '/v1/agent/schedulers',
        methods: ['GET'],
        summary: 'Scheduler workers of this server.',
        role: SERVER_ROLE,
        acl: AGENT_READ,
        handle: () =>
          json({
            schedulers: deps
              .pool()
              .workers()
              .map((worker) => ({
                enabled_schedulers: worker.enabledSchedulers,
                id: worker.id,
                started: encodeTimestamp(worker.startedMs),
                status: worker.status,
                workload_status: worker.workloadStatus,
              })),
            server_id: deps.serverName,
          }),
      }),
      defineRoute({
        path: '/v1/agent/schedulers/config',
        methods: ['GET'],
        summary: 'How many scheduler workers this server runs, and for which job types.',
        role: SERVER_ROLE,
        acl: AGENT_READ,
        handle: () => this.#configuration(),
      }),
      defineRoute({
        path: '/v1/agent/schedulers/config',
        methods: ['PUT', 'POST'],
        summary: 'Change the scheduler workers of this server until its next start.',
        role: SERVER_ROLE,
        acl: AGENT_WRITE,
        handle: async (request) => {
          const { numSchedulers, enabledSchedulers } = decodeConfiguration(await request.body());
          try {
            deps.pool().reconfigure({ numSchedulers, enabledSchedulers });
          } catch (error) {
            if (isSteppeError(error, 'SCHEDULER_CONFIG_INVALID')) throw apiError('SCHEDULERS_VALUES_INVALID');
            throw error;
          }
          return this.#configuration();
        },
      }),
    ];
  }

  #configuration() {
    const { numSchedulers, enabledSchedulers } = this.#deps.pool().configuration();
    return json({
      enabled_schedulers: enabledSchedulers,
      num_schedulers: numSchedulers,
      server_id: this.#deps.serverName,
    });
  }
}

/** @throws SCHEDULERS_BODY_INVALID, SCHEDULERS_VALUES_INVALID */
function decodeConfiguration(body: Buffer): { numSchedulers: number; enabledSchedulers: readonly string[] } {
  let fields: ReadonlyMap<string, unknown>;
  try {
    fields = decodeJsonObject(body);
  } catch (error) {
    if (isSteppeError(error, 'BODY_EMPTY') || isSteppeError(error, 'BODY_INVALID')) {
      throw apiError('SCHEDULERS_BODY_INVALID', error.message);
    }
    throw error;
  }
  const count = fields.get('num_schedulers') ?? 0;
  if (typeof count !== 'number' || !Number.isInteger(count)) {
    throw apiError('SCHEDULERS_BODY_INVALID', `num_schedulers must be an integer, got ${JSON.stringify(count)}`);
  }
  const types = fields.get('enabled_schedulers') ?? [];
  if (!Array.isArray(types) || !types.every((type) => typeof type === 'string')) {
    throw apiError('SCHEDULERS_BODY_INVALID', 'enabled_schedulers must be a list of strings');
  }
  return { numSchedulers: count, enabledSchedulers: types };
}
