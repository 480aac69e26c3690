import type { AgentIdentity } from '../identity/agent-identity.js';
import { memberName } from '../identity/agent-identity.js';
import { apiError } from '../http/api-error.js';

/** Which agent a request is about. Empty texts are absent. */
export interface TargetQuery {
  /** `leader`, a member name, or a server UUID. */
  readonly serverId: string;
  /** A full node UUID. */
  readonly nodeId: string;
  readonly region: string;
}

/**
 * Where a request is answered: by this agent, in the role that was asked for.
 * `agentId` is the member name of a server, the node UUID of a client.
 */
export interface Target {
  readonly role: 'server' | 'client';
  readonly agentId: string;
}

/** Finds the agent a request names. */
export interface TargetResolver {
  /**
   * Without any name: this agent, a server in preference to a client.
   * @throws REGION_UNKNOWN, SERVER_UNKNOWN, NO_LEADER, NODE_ID_LENGTH, NODE_UNKNOWN, NODE_UNREACHABLE, NO_SERVERS
   */
  resolve(query: TargetQuery): Promise<Target>;
}

export interface TargetResolverDeps {
  readonly identity: AgentIdentity;
  /** UUID of the local node; `undefined` without the client role. */
  readonly localNodeId: () => string | undefined;
  /** The server side; `undefined` without the server role. */
  readonly server:
    | {
        readonly leaderId: () => string | undefined;
        readonly isNodeKnown: (id: string) => boolean;
      }
    | undefined;
}

const UUID_LENGTH = 36;

/** Resolution for an agent that can reach no other: itself by any of its names, and the precise error for the rest. */
export class LocalTargetResolver implements TargetResolver {
  readonly #deps: TargetResolverDeps;

  constructor(deps: TargetResolverDeps) {
    this.#deps = deps;
  }

  async resolve({ serverId, nodeId, region }: TargetQuery): Promise<Target> {
    const { identity, localNodeId, server } = this.#deps;
    if (nodeId !== '' && nodeId === localNodeId()) return { role: 'client', agentId: nodeId };
    if (region !== '' && region !== identity.region) throw apiError('REGION_UNKNOWN');
    if (nodeId !== '') return this.#resolveNode(nodeId);
    if (serverId !== '') return this.#resolveServer(serverId);
    if (server !== undefined) return { role: 'server', agentId: memberName(identity) };
    return { role: 'client', agentId: localNodeId() ?? '' };
  }

  #resolveNode(nodeId: string): never {
    const { server } = this.#deps;
    if (server === undefined) throw apiError('NO_SERVERS');
    if (nodeId.length !== UUID_LENGTH) throw apiError('NODE_ID_LENGTH');
    throw server.isNodeKnown(nodeId) ? apiError('NODE_UNREACHABLE') : apiError('NODE_UNKNOWN', nodeId);
  }

  #resolveServer(serverId: string): Target {
    const { identity, server } = this.#deps;
    if (server === undefined) throw apiError('NO_SERVERS');
    let id = serverId;
    if (serverId === 'leader') {
      const leaderId = server.leaderId();
      if (leaderId === undefined) throw apiError('NO_LEADER');
      id = leaderId;
    }
    const isLocal = id === identity.serverId || id === memberName(identity);
    if (!isLocal) throw apiError('SERVER_UNKNOWN', serverId);
    return { role: 'server', agentId: memberName(identity) };
  }
}
