import type { NodeState, NodeVersions } from '../wire/memberlist-message.js';

/** A node as the failure detector knows it. Immutable: every change makes a new one. */
export interface GossipNode {
  readonly name: string;
  /** 4 or 16 bytes, exactly as announced. */
  readonly address: Uint8Array;
  /** IP text of `address`. */
  readonly host: string;
  readonly port: number;
  /** Opaque to this layer, at most 512 bytes. */
  readonly meta: Uint8Array;
  readonly versions: NodeVersions;
  readonly incarnation: number;
  readonly state: NodeState;
  /** Monotonic milliseconds of the last change of `state`. */
  readonly stateSinceMs: number;
}

/**
 * What the layer above may add to a {@link Memberlist}. All hooks are optional, called synchronously in the middle of
 * protocol work: they must not block, and what they throw is logged and dropped. Byte arrays handed in belong to the
 * callee; those handed back are not changed afterwards by either side.
 */
export interface MemberlistDelegate {
  /** Our metadata, at most 512 bytes. Asked at start and on `updateMeta`. */
  localMeta?(): Uint8Array;
  /** A user message arrived, by datagram or stream. */
  onMessage?(payload: Uint8Array): void;
  /**
   * User messages to piggyback: at most `limitBytes` in total, each charged `overheadBytes` on top of its own length.
   * Each returned message counts as sent once, or `copies` times when that is given.
   */
  takeBroadcasts?(limits: {
    readonly overheadBytes: number;
    readonly limitBytes: number;
    readonly copies?: number;
  }): readonly Uint8Array[];
  /** How many messages `takeBroadcasts` has to give. Without this hook it is asked. Spares work in quiet times, and in a rush. */
  waitingBroadcasts?(): number;
  /** Our state for a push/pull. */
  localState?(options: { readonly join: boolean }): Uint8Array;
  /** A peer's state from a push/pull. */
  mergeState?(state: Uint8Array, options: { readonly join: boolean }): void;
  onJoin?(node: GossipNode): void;
  /** The node died or left (`node.state` says which). */
  onLeave?(node: GossipNode): void;
  /** Metadata changed, and versions perhaps with it. memberlist: versions alone are no update. */
  onUpdate?(node: GossipNode): void;
  /** Somebody claims the name of `existing` from another address. */
  onConflict?(existing: GossipNode, other: GossipNode): void;
  /** Rides with our acks to direct pings. */
  ackPayload?(): Uint8Array;
  /** A direct ping was answered. */
  onPingCompleted?(node: GossipNode, rttMs: number, payload: Uint8Array): void;
  /** Refuses an announced node: returns why. */
  refuseAlive?(node: GossipNode): string | undefined;
  /** Refuses a whole push/pull of a join: returns why. `nodes` is the peer's list, any state. */
  refuseMerge?(nodes: readonly GossipNode[]): string | undefined;
}
