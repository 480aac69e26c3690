import { parseGoBool } from '@steppe/domain';
import type { Membership } from '@steppe/gossip';
import type { Logger } from '@steppe/runtime';
import { apiError } from '../http/api-error.js';
import { empty, json } from '../http/reply/reply.js';
import type { HttpRouteContribution, RoleRule } from '../http/route.js';
import { AGENT_WRITE } from '../http/acl-rule.js';
import { defineRoute } from '../http/route.js';

const SERVER_ROLE: RoleRule = { needs: 'server', otherwise: 'ROLE_MISSING' };
const ANONYMOUS_JOIN = 'anonymous server join is deprecated and will be removed in a future version of Nomad';

export interface MembershipRoutesDeps {
  readonly membership: () => Membership;
  /** As the reference has it: whoever may not write still joins, and is warned. */
  readonly allowAnonymousJoin: boolean;
  readonly logger: Logger;
}

/** `PUT /v1/agent/join` and `/v1/agent/force-leave`. */
export class MembershipRoutes implements HttpRouteContribution {
  readonly routes;

  constructor({ membership, allowAnonymousJoin, logger }: MembershipRoutesDeps) {
    this.routes = [
      defineRoute({
        path: '/v1/agent/join',
        methods: ['PUT', 'POST'],
        summary: 'Join the gossip pools at the given addresses.',
        role: SERVER_ROLE,
        // Differs from Nomad: who may add servers to the cluster may do anything to it.
        acl: allowAnonymousJoin ? undefined : AGENT_WRITE,
        parameters: (query) => {
          const addresses = query.all('address');
          if (addresses.length === 0) throw apiError('JOIN_ADDRESS_MISSING');
          return { addresses };
        },
        handle: async (request) => {
          const mayWrite = await request.allows('AgentWrite');
          if (!mayWrite) logger.warn(ANONYMOUS_JOIN);
          const { joined, errors } = await membership().join(request.parameters.addresses, { signal: request.signal });
          return json({
            error: joined > 0 ? '' : errors.join('\n'),
            num_joined: joined,
            warning: mayWrite ? '' : ANONYMOUS_JOIN,
          });
        },
      }),
      defineRoute({
        path: '/v1/agent/force-leave',
        methods: ['PUT', 'POST'],
        summary: 'Make a failed member left, or erase it from the pool.',
        role: SERVER_ROLE,
        acl: AGENT_WRITE,
        parameters: (query) => {
          const node = query.get('node');
          if (node === '') throw apiError('FORCE_LEAVE_NODE_MISSING');
          const text = query.get('prune');
          const prune = text === '' ? false : parseGoBool(text);
          if (prune === undefined) throw apiError('PRUNE_INVALID');
          return { node, prune };
        },
        handle: async ({ parameters: { node, prune } }) => {
          await membership().forceLeave(node, { prune });
          return empty();
        },
      }),
    ];
  }
}
