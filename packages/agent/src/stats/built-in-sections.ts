import type { Membership } from '@steppe/gossip';
import type { Leadership, StateStore } from '@steppe/state';
import { arch, availableParallelism, cpus, platform } from 'node:os';
import type { StatsSection } from './stats-section.js';

/** `runtime`: the platform under the agent. */
export class RuntimeStats implements StatsSection {
  readonly name = 'runtime';

  read(): Record<string, string> {
    return {
      arch: PLATFORM.arch,
      cpu_count: PLATFORM.cpuCount,
      // Nomad: goroutines; the nearest here is what keeps the event loop busy.
      goroutines: `${process.getActiveResourcesInfo().length}`,
      'kernel.name': PLATFORM.name,
      max_procs: PLATFORM.parallelism,
      version: PLATFORM.version,
    };
  }
}

/** Stock clients know Go's names. */
const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', arm64: 'arm64' };

// Read once: it does not change while the process runs, and asking costs more than all the rest.
const PLATFORM = Object.freeze({
  arch: GO_ARCHITECTURES[arch()] ?? arch(),
  cpuCount: `${cpus().length}`,
  name: platform(),
  parallelism: `${availableParallelism()}`,
  version: `node ${process.version}`,
});

/** `nomad`: this server's place in its region. */
export class ServerStats implements StatsSection {
  readonly name = 'nomad';
  readonly #bootstrapExpect: number;
  readonly #leadership: Leadership;
  readonly #regions: () => number;

  constructor(
    options: { readonly bootstrapExpect: number },
    deps: { readonly leadership: Leadership; readonly regions: () => number },
  ) {
    this.#bootstrapExpect = options.bootstrapExpect;
    this.#leadership = deps.leadership;
    this.#regions = deps.regions;
  }

  read(): Record<string, string> {
    return {
      bootstrap: `${this.#bootstrapExpect === 1}`,
      known_regions: `${this.#regions()}`,
      leader: `${this.#leadership.isLeader}`,
      leader_addr: this.#leadership.leader()?.rpcAddress ?? '',
      server: 'true',
    };
  }
}

/**
 * `raft`: the keys clients read, told of the state as it is kept here: one log in one server, applied as it is written.
 * Keys that only a consensus protocol has are zero.
 */
export class StateStats implements StatsSection {
  readonly name = 'raft';
  readonly #deps: { readonly state: StateStore; readonly leadership: Leadership };

  constructor(deps: { readonly state: StateStore; readonly leadership: Leadership }) {
    this.#deps = deps;
  }

  read(): Record<string, string> {
    const { state, leadership } = this.#deps;
    const index = `${state.index}`;
    const peers = leadership.peers();
    return {
      applied_index: index,
      commit_index: index,
      fsm_pending: '0',
      last_contact: leadership.isLeader ? '0' : 'never',
      last_log_index: index,
      last_log_term: `${leadership.term}`,
      last_snapshot_index: '0',
      last_snapshot_term: '0',
      latest_configuration: `[${peers.map((address) => `{Suffrage:Voter Address:${address}}`).join(' ')}]`,
      latest_configuration_index: '0',
      logstore_backend: state.engine,
      num_peers: `${Math.max(0, peers.length - 1)}`,
      protocol_version: '3',
      protocol_version_max: '3',
      protocol_version_min: '0',
      snapshot_version_max: '1',
      snapshot_version_min: '0',
      state: leadership.isLeader ? 'Leader' : 'Follower',
      term: `${leadership.term}`,
    };
  }
}

/** `serf`: the gossip pool. */
export class GossipStats implements StatsSection {
  readonly name = 'serf';
  readonly #membership: Membership;

  constructor(membership: Membership) {
    this.#membership = membership;
  }

  read(): Readonly<Record<string, string>> {
    return this.#membership.stats();
  }
}

/** `client`: this node's own. */
export class ClientStats implements StatsSection {
  readonly name = 'client';
  readonly #client: { stats(): Readonly<Record<string, string>> };

  constructor(client: { stats(): Readonly<Record<string, string>> }) {
    this.#client = client;
  }

  read(): Readonly<Record<string, string>> {
    return this.#client.stats();
  }
}
