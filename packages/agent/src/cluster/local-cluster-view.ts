import type { Node } from '@steppe/domain';
import { encodeNode, encodeNodeStub } from '@steppe/domain';
import type { Membership } from '@steppe/gossip';
import { parseServerMember } from '@steppe/gossip';
import type { Clock, Random } from '@steppe/runtime';
import type { Indexed, Leadership, ListQuery, StateStore, WatchTarget } from '@steppe/state';
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

export interface LocalClusterViewDeps {
  readonly identity: AgentIdentity;
  readonly membership: Membership;
  readonly leadership: Leadership;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** Longest and default wait of a blocking query, milliseconds. */
const MAX_WAIT_MS = 300_000;

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
    await this.#demandLeader(options);
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
    await this.#demandLeader(options);
    const { identity, membership, leadership, state } = this.#deps;
    const members = membership.members().map(parseServerMember);
    const leader = leadership.leader()?.rpcAddress;
    const servers = leadership.peers().map((address) => {
      const known = members.find((member) => member?.region === identity.region && member.peerAddress === address);
      return { address, id: known?.id, name: known?.member.name, isLeader: address === leader };
    });
    return { index: state.index, value: servers };
  }

  async nodes(list: ListQuery, options: BlockingReadOptions): Promise<StateRead<NodePage>> {
    await this.#demandLeader(options);
    await this.#awaitChange({ table: NODES }, options);
    const { index, ...page } = readList(this.#deps.state.snapshot(), NODES, list, { view: nodeFields });
    return this.#fresh({ index, value: page });
  }

  async node(id: string, options: BlockingReadOptions): Promise<StateRead<Node | undefined>> {
    await this.#demandLeader(options);
    await this.#awaitChange({ table: NODES, key: id }, options);
    const snapshot = this.#deps.state.snapshot();
    const node = snapshot.get(NODES, id);
    return this.#fresh({ index: node?.modifyIndex ?? snapshot.tableIndex(NODES), value: node });
  }

  #fresh<T>(read: Indexed<T>): StateRead<T> {
    const { leadership, state } = this.#deps;
    return { ...read, knownLeader: leadership.leader() !== undefined, lastContactMs: state.ageMs };
  }

  async #awaitChange(target: WatchTarget, options: BlockingReadOptions): Promise<void> {
    if (options.index === 0) return;
    const { signal } = options;
    await this.#deps.state.waitBeyond(target, options.index, { timeoutMs: this.#waitMs(options), signal });
  }

  /** The wait asked for, within bounds, and up to a sixteenth more, so that many waiters do not return at once. */
  #waitMs({ waitMs }: BlockingReadOptions): number {
    const base = waitMs === 0 ? MAX_WAIT_MS : Math.min(waitMs, MAX_WAIT_MS);
    return base + (this.#deps.random.next() * base) / 16;
  }

  async #demandLeader({ stale, signal }: ReadOptions): Promise<void> {
    if (!stale) await awaitLeader(this.#deps.leadership, { clock: this.#deps.clock, timeoutMs: RPC_HOLD_MS, signal });
  }
}
