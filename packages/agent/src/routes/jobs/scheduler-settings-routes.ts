import { goQuote, parseGoInt, SCHEDULER_CONFIGURATION_WIRE } from '@steppe/domain';
import { SCHEDULER_CONFIGURATION, SCHEDULER_CONFIGURATION_KEY } from '@steppe/state';
import type { StateReads } from '../../cluster/state-reads.js';
import type { AclRule } from '../../http/acl-rule.js';
import { MANAGEMENT } from '../../http/acl-rule.js';
import { LEADER_OF_REGION } from '../../http/answered-by.js';
import { apiError } from '../../http/api-error.js';
import { empty, json } from '../../http/reply/reply.js';
import { jsonBody } from '../../http/request/json-body.js';
import type { Query } from '../../http/request/query.js';
import type { HttpRouteContribution } from '../../http/route.js';
import { defineRoute } from '../../http/route.js';
import type { ForcedGc } from '../../jobs/forced-gc.js';
import type { SchedulerSettings } from '../../jobs/scheduler-settings.js';
import { schedulerConfiguration } from '../../scheduling/region-view.js';
import { readHeaders } from '../read-headers.js';
import { queryMeta, readAround } from './scheduling-reads.js';

export interface SchedulerSettingsRoutesDeps {
  readonly reads: () => StateReads;
  readonly settings: () => SchedulerSettings;
  readonly gc: () => ForcedGc;
}

const OPERATOR_READ: AclRule = { requires: ['OperatorRead'], tokenErrors: 'plain' };
const OPERATOR_WRITE: AclRule = { requires: ['OperatorWrite'], tokenErrors: 'plain' };
const SETTINGS = { table: SCHEDULER_CONFIGURATION, key: SCHEDULER_CONFIGURATION_KEY };

/** `/v1/operator/scheduler/configuration`, `/v1/system/gc` and `/v1/system/reconcile/summaries`. */
export class SchedulerSettingsRoutes implements HttpRouteContribution {
  readonly routes;

  constructor({ reads, settings, gc }: SchedulerSettingsRoutesDeps) {
    this.routes = [
      defineRoute({
        path: '/v1/operator/scheduler/configuration',
        methods: ['GET'],
        summary: 'The settings of all schedulers of the region.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: OPERATOR_READ,
        handle: async (request) => {
          const read = await readAround(reads(), request, SETTINGS);
          const configuration = SCHEDULER_CONFIGURATION_WIRE.encode(schedulerConfiguration(read.value));
          return json({ SchedulerConfig: configuration, ...queryMeta(read) }, readHeaders(read));
        },
      }),
      defineRoute({
        path: '/v1/operator/scheduler/configuration',
        methods: ['PUT', 'POST'],
        summary: 'Replace the settings of all schedulers of the region.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: OPERATOR_WRITE,
        parameters: (query) => ({ cas: casParameter(query) }),
        handle: async (request) => {
          const configuration = SCHEDULER_CONFIGURATION_WIRE.decode(jsonBody(await request.body()), 'SchedulerConfig');
          const { index, value } = await settings().set(configuration, request.parameters.cas);
          return json({ Updated: value, Index: index }, { 'X-Nomad-Index': `${index}` });
        },
      }),
      defineRoute({
        path: '/v1/system/gc',
        methods: ['PUT'],
        summary: 'Have everything deleted that nobody needs any more.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: MANAGEMENT,
        handle: () => {
          gc().request();
          return empty();
        },
      }),
      defineRoute({
        path: '/v1/system/reconcile/summaries',
        methods: ['PUT'],
        summary: 'Nothing: summaries of jobs are worked out when they are asked for.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: MANAGEMENT,
        handle: () => empty(),
      }),
    ];
  }
}

/** @throws CAS_INVALID */
function casParameter(query: Query): number | undefined {
  if (!query.has('cas')) return undefined;
  const text = query.get('cas');
  const value = parseGoInt(text);
  if (value === undefined || value < 0n) {
    throw apiError('CAS_INVALID', `strconv.ParseUint: parsing ${goQuote(text)}: invalid syntax`);
  }
  // One beyond 2^53 is beyond any index there can be.
  return Number(value);
}
