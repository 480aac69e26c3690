import type { KeyringManager, KeyringReply, Membership } from '@steppe/gossip';
import { Secret } from '@steppe/domain';
import { apiError } from '../http/api-error.js';
import { json } from '../http/reply/reply.js';
import { decodeJsonObject } from '../http/request/body.js';
import type { HttpRouteContribution } from '../http/route.js';
import { AGENT_WRITE } from '../http/acl-rule.js';
import { defineRoute } from '../http/route.js';

const CHANGES = ['install', 'use', 'remove', 'rotate'] as const;
type Change = (typeof CHANGES)[number];

/**
 * `/v1/agent/keyring/{list,install,use,remove}`: the gossip pool's encryption keys; and Steppe's own `rotate`, which takes the
 * pool to a new key in phases.
 */
export class KeyringRoutes implements HttpRouteContribution {
  readonly routes;

  constructor(membership: () => Membership) {
    this.routes = [
      defineRoute({
        path: '/v1/agent/keyring/*',
        // Nomad: any method works.
        methods: 'any',
        summary: 'List, install, use or remove a gossip encryption key, or rotate to a new one.',
        role: { needs: 'server', otherwise: 'ROLE_MISSING' },
        // The list too: it shows the keys themselves.
        acl: AGENT_WRITE,
        parameters: (_query, path) => path['*'] ?? '',
        handle: async (request) => {
          const keyring = membership().keyring();
          const operation = request.parameters;
          if (operation === 'list') return reply(await keyring.list());
          if (!isChange(operation)) throw apiError('KEYRING_OPERATION_UNKNOWN');
          return reply(await change(keyring, operation, decodeKey(await request.body())));
        },
      }),
    ];
  }
}

const isChange = (text: string): text is Change => (CHANGES as readonly string[]).includes(text);

function change(keyring: KeyringManager, operation: Change, key: Secret): Promise<KeyringReply> {
  return keyring[operation](key);
}

function decodeKey(body: Buffer): Secret {
  const key = decodeJsonObject(body).get('key') ?? '';
  if (typeof key !== 'string') throw apiError('BODY_INVALID', 'Key must be a string');
  return new Secret(key);
}

/** The list names keys by their text: whoever may see it may use them. */
function reply({ keys, primaryKeys, messages, numNodes }: KeyringReply) {
  return json({
    Keys: Object.fromEntries(keys),
    Messages: Object.fromEntries(messages),
    NumNodes: numNodes,
    // Differs from Nomad: of a list, which keys are in use; a rotation can only be judged by it.
    ...(primaryKeys.size === 0 ? {} : { PrimaryKeys: Object.fromEntries(primaryKeys) }),
  });
}
