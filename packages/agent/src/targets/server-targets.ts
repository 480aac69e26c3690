import type { Node } from '@steppe/domain';
import type { Random } from '@steppe/runtime';
import type { ServerPeers } from '../cluster/server-peers.js';
import { apiError } from '../http/api-error.js';
import type { AgentIdentity } from '../identity/agent-identity.js';
import { memberName } from '../identity/agent-identity.js';
import type { NodeConnections } from '../rpc/node-connections.js';
import type { Destination } from './destination.js';
import type { AllocationQuery, TargetQuery, TargetResolver } from './target-resolver.js';

export interface ServerTargetsDeps {
  readonly identity: AgentIdentity;
  /** UUID of the local client node; `undefined` without the client role. */
  readonly localNodeId: () => string | undefined;
  readonly peers: ServerPeers;
  /** Waits for a leader as long as a request may. @throws NO_LEADER */
  readonly leader: () => Promise<{ readonly id: string; readonly rpcAddress: string }>;
  /** Server UUID of the leader now; `undefined` while none is known. */
  readonly leaderId: () => string | undefined;
  readonly node: (id: string) => Node | undefined;
  /** Id of the node that an allocation is on. */
  readonly nodeOfAllocation: (id: string) => string | undefined;
  readonly connections: NodeConnections;
  readonly random: Random;
}

const UUID_LENGTH = 36;

/** For a server: it knows the others, the leader, and which client nodes are connected where. */
export class ServerTargets implements TargetResolver {
  readonly #deps: ServerTargetsDeps;
  readonly #here: Destination;

  constructor(deps: ServerTargetsDeps) {
    this.#deps = deps;
    this.#here = { kind: 'here', agentId: memberName(deps.identity) };
  }

  resolve({ serverId, nodeId, region, unnamed }: TargetQuery): Destination | Promise<Destination> {
    const { identity, localNodeId } = this.#deps;
    const local = localNodeId();
    // Nomad: the local node answers to its id as a server's, too.
    if (local !== undefined && (nodeId || serverId) === local) return { kind: 'here', agentId: local };
    if (region !== '' && region !== identity.region) return this.#otherRegion(region);
    if (nodeId !== '') return this.#node(nodeId);
    if (serverId !== '') return this.#server(serverId);
    return unnamed === 'leader' ? this.#leader() : this.#here;
  }

  resolveAllocation({ allocationId, region }: AllocationQuery): Destination | Promise<Destination> {
    const { identity, nodeOfAllocation } = this.#deps;
    if (region !== '' && region !== identity.region) return this.#otherRegion(region);
    const nodeId = nodeOfAllocation(allocationId);
    if (nodeId === undefined) throw apiError('ALLOC_UNKNOWN', allocationId);
    return this.resolve({ serverId: '', nodeId, region: '', unnamed: 'this-agent' });
  }

  /** Any server there: it finds the rest. */
  #otherRegion(region: string): Destination {
    const { peers, random } = this.#deps;
    const there = peers.alive(region);
    const peer = there[Math.floor(random.next() * there.length)];
    if (peer === undefined) throw apiError('REGION_UNKNOWN');
    return { kind: 'server', address: peer.peerAddress, region };
  }

  #server(serverId: string): Destination {
    const { identity, peers, leaderId } = this.#deps;
    const id = serverId === 'leader' ? leaderId() : serverId;
    if (id === undefined) throw apiError('NO_LEADER');
    if (id === identity.serverId || id === memberName(identity)) return this.#here;
    const peer = peers.find(identity.region, id);
    if (peer === undefined) throw apiError('SERVER_UNKNOWN', serverId);
    return { kind: 'server', address: peer.peerAddress, region: identity.region };
  }

  /** Without a wait when we lead. */
  #leader(): Destination | Promise<Destination> {
    const { identity, leader, leaderId } = this.#deps;
    if (leaderId() === identity.serverId) return this.#here;
    return leader().then(({ id, rpcAddress }) =>
      id === identity.serverId ? this.#here : { kind: 'server', address: rpcAddress, region: identity.region },
    );
  }

  async #node(nodeId: string): Promise<Destination> {
    const { identity, node, connections } = this.#deps;
    if (nodeId.length !== UUID_LENGTH) throw apiError('NODE_ID_LENGTH');
    const known = node(nodeId);
    if (known === undefined) throw apiError('NODE_UNKNOWN', nodeId);
    const [, major, minor] = /^(\d+)\.(\d+)/.exec(known.attributes['nomad.version'] ?? '') ?? [];
    if (major === undefined) throw apiError('NODE_VERSION_UNKNOWN');
    if (Number(major) === 0 && Number(minor) < 8) throw apiError('NODE_RPC_UNSUPPORTED');
    if (connections.isConnected(nodeId)) return { kind: 'node', nodeId };
    const address = await connections.find(nodeId);
    if (address === undefined) throw apiError('NODE_UNREACHABLE');
    return { kind: 'server', address, region: identity.region };
  }
}
