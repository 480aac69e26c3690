import { apiError } from '../http/api-error.js';
import { bytes, json } from '../http/reply/reply.js';
import type { AclRule } from '../http/acl-rule.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import type { MetricsReader } from '@steppe/runtime';
import { encodeMetrics } from '../metrics/metrics-json.js';
import { PROMETHEUS_CONTENT_TYPE, encodePrometheus } from '../metrics/metrics-prometheus.js';

/** Nomad: metrics are open to every caller that presents no bad token. */
const OPEN: AclRule = { requires: [], tokenErrors: 'plain' };

/** `GET /v1/metrics`, as JSON or (`format=prometheus`) in the Prometheus text form. */
export class MetricsRoutes implements HttpRouteContribution {
  readonly routes;

  constructor(
    options: { readonly prometheus: boolean },
    { reader, collect }: { readonly reader: MetricsReader; readonly collect: () => void },
  ) {
    this.routes = [
      defineRoute({
        path: '/v1/metrics',
        methods: ['GET'],
        summary: 'Measurements of this agent.',
        acl: OPEN,
        parameters: (query) => ({ prometheus: query.get('format') === 'prometheus' }),
        handle: ({ parameters }) => {
          if (parameters.prometheus && !options.prometheus) throw apiError('PROMETHEUS_DISABLED');
          collect();
          if (!parameters.prometheus) return json(encodeMetrics(reader.latest()));
          return bytes(encodePrometheus(reader.cumulative()), { 'Content-Type': PROMETHEUS_CONTENT_TYPE });
        },
      }),
    ];
  }
}
