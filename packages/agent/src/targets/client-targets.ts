import type { Destination } from './destination.js';
import type { AllocationQuery, TargetQuery, TargetResolver } from './target-resolver.js';

export interface ClientTargetsDeps {
  readonly nodeId: () => string;
  /** Whether an allocation is on this node. */
  readonly hasAllocation: (id: string) => boolean;
}

/** For an agent without the server role: what is not about itself, a server knows. */
export class ClientTargets implements TargetResolver {
  readonly #deps: ClientTargetsDeps;

  constructor(deps: ClientTargetsDeps) {
    this.#deps = deps;
  }

  resolve({ serverId, nodeId, unnamed }: TargetQuery): Destination {
    const own = this.#deps.nodeId();
    const named = nodeId || serverId;
    // Nomad: the local node answers to its id as a server's, too.
    const isOwn = named === '' ? unnamed === 'this-agent' : named === own;
    return isOwn ? { kind: 'here', agentId: own } : { kind: 'known-server' };
  }

  resolveAllocation({ allocationId, isPassedOn }: AllocationQuery): Destination {
    const { hasAllocation, nodeId } = this.#deps;
    // The server that sent it here would do so again: the allocation is not here any more, or not yet.
    return isPassedOn || hasAllocation(allocationId) ? { kind: 'here', agentId: nodeId() } : { kind: 'known-server' };
  }
}
