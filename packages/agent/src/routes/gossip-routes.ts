import { msToNanoseconds } from '@steppe/domain';
import type { Membership, SuspicionRecord } from '@steppe/gossip';
import { json } from '../http/reply/reply.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';

/** `GET /v1/agent/gossip`, Steppe's own: what this server's failure detector knows of each member. */
export class GossipRoutes implements HttpRouteContribution {
  readonly routes;

  constructor(membership: () => Membership) {
    this.routes = [
      defineRoute({
        path: '/v1/agent/gossip',
        methods: ['GET'],
        summary: 'Round-trip estimates and suspicions, per member, as this server has them.',
        role: { needs: 'server', otherwise: 'ROLE_MISSING' },
        acl: { requires: ['NodeRead'], tokenErrors: 'denied' },
        parameters: (query) => query.get('node'),
        handle: ({ parameters: node }) => {
          const pool = membership();
          const members = pool.members().filter(({ name }) => node === '' || name === node);
          return json({
            HealthScore: Number(pool.stats()['health_score']),
            Members: members.map(({ name, status }) => ({
              Name: name,
              RTT: encodeRtt(pool.rttMs(name)),
              Status: status,
              Suspicions: pool.suspicions(name).map(encodeSuspicion),
            })),
          });
        },
      }),
    ];
  }
}

/** Nanoseconds, as every duration of the API; `null` until it is known. */
const encodeRtt = (ms: number | undefined) => (ms === undefined ? null : msToNanoseconds(ms));

const encodeSuspicion = ({ accusers, incarnation, outcome, since, endedAt }: SuspicionRecord) => ({
  Accusers: accusers.map(({ name, at }) => ({ At: new Date(at).toISOString(), Name: name })),
  EndedAt: endedAt === undefined ? null : new Date(endedAt).toISOString(),
  Incarnation: incarnation,
  Outcome: outcome,
  Since: new Date(since).toISOString(),
});
