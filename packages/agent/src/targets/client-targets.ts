import type { Destination } from './destination.js';
import type { TargetQuery, TargetResolver } from './target-resolver.js';

/** For an agent without the server role: what is not about itself, a server knows. */
export class ClientTargets implements TargetResolver {
  readonly #nodeId: () => string;

  constructor({ nodeId }: { readonly nodeId: () => string }) {
    this.#nodeId = nodeId;
  }

  resolve({ serverId, nodeId, unnamed }: TargetQuery): Destination {
    const own = this.#nodeId();
    const named = nodeId || serverId;
    // Nomad: the local node answers to its id as a server's, too.
    const isOwn = named === '' ? unnamed === 'this-agent' : named === own;
    return isOwn ? { kind: 'here', agentId: own } : { kind: 'known-server' };
  }
}
