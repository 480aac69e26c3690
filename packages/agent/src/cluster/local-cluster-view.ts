import type { Node } from '@steppe/domain';
import { encodeNode, encodeNodeStub } from '@steppe/domain';
import type { Membership } from '@steppe/gossip';
import { parseServerMember } from '@steppe/gossip';
import type { Clock } from '@steppe/runtime';
import type { Indexed, Leadership, ListQuery, StateStore } from '@steppe/state';
import { NODES, readList } from '@steppe/state';
import type { AgentIdentity } from '../identity/agent-identity.js';
import type {
  BlockingReadOptions,
  ClusterView,
  MembersView,
  NodePage,
  ReadOptions,
  StateRead,
  StateServer,
} from './cluster-view.js';
import { RPC_HOLD_MS } from './cluster-view.js';
import { awaitLeader } from './leader-wait.js';
import type { StateReads } from './state-reads.js';

export interface LocalClusterViewDeps {
  readonly identity: AgentIdentity;
  readonly membership: Membership;
  readonly leadership: Leadership;
  readonly state: StateStore;
  readonly reads: StateReads;
  readonly clock: Clock;
}

/** What a filter may name: the fields of the whole node, and those that only the list shows. */
const nodeFields = (node: Node): object => ({ ...encodeNodeStub(node), ...encodeNode(node) });

/** A server's own view: its gossip pool, its leadership, its state. */
export class LocalClusterView implements ClusterView {
  readonly #deps: LocalClusterViewDeps;
  #members: MembersView | undefined;

  constructor(deps: LocalClusterViewDeps) {
    this.#deps = deps;
  }

  members(): MembersView {
    const { identity, membership } = this.#deps;
    const members = membership.members();
    if (this.#members?.members === members) return this.#members;
    this.#members = {
      serverName: identity.nodeName,
      serverRegion: identity.region,
      serverDatacenter: identity.datacenter,
      members,
    };
    return this.#members;
  }

  async leader({ stale, signal }: ReadOptions): Promise<string> {
    const { leadership, clock } = this.#deps;
    if (stale) return leadership.leader()?.rpcAddress ?? '';
    return (await awaitLeader(leadership, { clock, timeoutMs: RPC_HOLD_MS, signal })).rpcAddress;
  }

  async peers(options: ReadOptions): Promise<readonly string[]> {
    await this.#deps.reads.demandLeader(options);
    return this.#deps.leadership.peers();
  }

  async regions(): Promise<readonly string[]> {
    return this.knownRegions();
  }

  /** Regions with at least one alive server, sorted. */
  knownRegions(): readonly string[] {
    const alive = this.#deps.membership.members().filter((member) => member.status === 'alive');
    const regions = alive.map((member) => parseServerMember(member)?.region).filter((region) => region !== undefined);
    return [...new Set(regions)].toSorted();
  }

  async stateServers(options: ReadOptions): Promise<Indexed<readonly StateServer[]>> {
    await this.#deps.reads.demandLeader(options);
    const { identity, membership, leadership, state } = this.#deps;
    const members = membership.members().map(parseServerMember);
    const leader = leadership.leader()?.rpcAddress;
    const servers = leadership.peers().map((address) => {
      const known = members.find((member) => member?.region === identity.region && member.peerAddress === address);
      return { address, id: known?.id, name: known?.member.name, isLeader: address === leader };
    });
    return { index: state.index, value: servers };
  }

  nodes(list: ListQuery, options: BlockingReadOptions): Promise<StateRead<NodePage>> {
    return this.#deps.reads.read({ table: NODES }, options, (snapshot) => {
      const { index, ...page } = readList(snapshot, NODES, list, { view: nodeFields });
      return { index, value: page };
    });
  }

  node(id: string, options: BlockingReadOptions): Promise<StateRead<Node | undefined>> {
    return this.#deps.reads.read({ table: NODES, key: id }, options, (snapshot) => {
      const node = snapshot.get(NODES, id);
      return { index: node?.modifyIndex ?? snapshot.tableIndex(NODES), value: node };
    });
  }
}
