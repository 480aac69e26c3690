import type { NodeVersions, PushPullMessage, PushPullNode } from '../wire/memberlist-message.js';
import type { GossipNode } from './delegate.js';
import type { GuardedDelegate } from './guarded-delegate.js';
import { hostOf } from './ip-address.js';
import type { NodeStates } from './node-states.js';
import type { NodeTable } from './node-table.js';

/** Pools up to this size exchange state at the plain interval. */
const SCALE_THRESHOLD = 32;

/** Pause between the push/pulls we start: the interval, longer by a step whenever the pool has doubled beyond 32. */
export function pushPullIntervalMs(intervalMs: number, n: number): number {
  if (n <= SCALE_THRESHOLD) return intervalMs;
  return intervalMs * (Math.ceil(Math.log2(n) - Math.log2(SCALE_THRESHOLD)) + 1);
}

export interface PushPullDeps {
  readonly table: NodeTable;
  readonly states: NodeStates;
  readonly delegate: GuardedDelegate;
}

/** The full exchange of state, apart from the stream it travels on: what we say, and what becomes of what we hear. */
export class PushPull {
  readonly #deps: PushPullDeps;

  constructor(deps: PushPullDeps) {
    this.#deps = deps;
  }

  /** All we know, dead and left nodes included. */
  localState(join: boolean): PushPullMessage {
    const { table, delegate } = this.#deps;
    return { type: 'push-pull', join, nodes: table.nodes(), userState: delegate.localState({ join }) };
  }

  /**
   * Takes over what a peer knows, all of it or nothing.
   * @returns why nothing was taken
   */
  merge({ join, nodes, userState }: PushPullMessage): string | undefined {
    const { table, states, delegate } = this.#deps;
    // An entry without versions would make every later exchange with older agents fail: it is not passed on from here.
    const usable = nodes.filter(hasVersions);
    const refusal = versionConflict(usable, table.nodes()) ?? (join ? this.#refuseMerge(usable) : undefined);
    if (refusal !== undefined) return refusal;
    states.merge(usable);
    if (userState.length > 0) delegate.tell('mergeState', userState, { join });
    return undefined;
  }

  #refuseMerge(nodes: readonly VersionedNode[]): string | undefined {
    const { delegate } = this.#deps;
    if (!delegate.has('refuseMerge')) return undefined;
    return delegate.refuseMerge(
      nodes.map((node) => Object.freeze({ ...node, host: hostOf(node.address) ?? '', stateSinceMs: 0 }) as GossipNode),
    );
  }
}

type VersionedNode = PushPullNode & { readonly versions: NodeVersions };

function hasVersions(node: PushPullNode): node is VersionedNode {
  return node.versions !== undefined;
}

type Versioned = Pick<GossipNode, 'name' | 'state' | 'versions'>;

/**
 * Whether everybody can talk to everybody: the versions each node speaks, whatever its state, must lie in the range that
 * all alive nodes of both sides understand.
 * @returns which node does not fit, and where
 */
export function versionConflict(remote: readonly Versioned[], local: readonly Versioned[]): string | undefined {
  const protocol = { min: 0, max: 255 };
  const delegate = { min: 0, max: 255 };
  for (const nodes of [remote, local]) {
    for (const { state, versions } of nodes) {
      if (state !== 'alive') continue;
      protocol.min = Math.max(protocol.min, versions.protocolMin);
      protocol.max = Math.min(protocol.max, versions.protocolMax);
      delegate.min = Math.max(delegate.min, versions.delegateMin);
      delegate.max = Math.min(delegate.max, versions.delegateMax);
    }
  }
  for (const nodes of [remote, local]) {
    for (const { name, versions } of nodes) {
      const { protocolCurrent: p, delegateCurrent: d } = versions;
      if (p < protocol.min || p > protocol.max) {
        return `node '${name}' protocol version (${p}) is incompatible: [${protocol.min}, ${protocol.max}]`;
      }
      if (d < delegate.min || d > delegate.max) {
        return `node '${name}' delegate protocol version (${d}) is incompatible: [${delegate.min}, ${delegate.max}]`;
      }
    }
  }
  return undefined;
}
