import type { Node } from '@steppe/domain';
import type { Membership } from '@steppe/gossip';
import { parseServerMember } from '@steppe/gossip';
import type { Clock, Random } from '@steppe/runtime';
import type { Indexed, Leadership, StateStore } from '@steppe/state';
import type { AgentIdentity } from '../identity/agent-identity.js';
import type { BlockingReadOptions, ClusterView, MembersView, ReadOptions, StateRead } from './cluster-view.js';
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

  async nodes(options: BlockingReadOptions): Promise<StateRead<readonly Node[]>> {
    await this.#awaitChange(options);
    return this.#fresh(this.#deps.state.nodes());
  }

  async node(id: string, options: BlockingReadOptions): Promise<StateRead<Node | undefined>> {
    await this.#demandLeader(options);
    const { state, clock } = this.#deps;
    const deadline = clock.monotonic() + this.#waitMs(options);
    // The table may change for other nodes' sake: go on waiting until this one did.
    for (;;) {
      const node = state.node(id);
      const table = state.nodes().index;
      const index = node?.modifyIndex ?? table;
      const left = deadline - clock.monotonic();
      if (options.index === 0 || index > options.index || left <= 0 || options.signal.aborted) {
        return this.#fresh({ index, value: node });
      }
      await state.waitForNodes(table, { timeoutMs: left, signal: options.signal });
    }
  }

  /** The state is here and complete: there is nobody to be behind of. */
  #fresh<T>(read: Indexed<T>): StateRead<T> {
    return { ...read, knownLeader: this.#deps.leadership.leader() !== undefined, lastContactMs: 0 };
  }

  async #awaitChange(options: BlockingReadOptions): Promise<void> {
    await this.#demandLeader(options);
    if (options.index === 0) return;
    await this.#deps.state.waitForNodes(options.index, { timeoutMs: this.#waitMs(options), signal: options.signal });
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
