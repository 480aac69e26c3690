import type { NodeVersions } from '../wire/memberlist-message.js';
import type { KeyRing } from '../keyring/key-ring.js';
import type { GossipAddress } from '../transport/transport.js';
import type { WireOptions } from '../wire/wire-options.js';

/** Every timer and limit of the protocol. Durations are milliseconds; counts are integers of at least 1 unless said. */
export interface MemberlistTiming {
  /** Deadline of a dial and of each direction of a stream. */
  readonly tcpTimeoutMs: number;
  /** How many helpers are asked for an indirect ping. 0 switches indirect pings off. */
  readonly indirectChecks: number;
  /** A broadcast is sent `retransmitMult × ceil(log10(n + 1))` times. */
  readonly retransmitMult: number;
  /** Scales how long a suspicion waits for confirmation or refutation. */
  readonly suspicionMult: number;
  /** The longest suspicion, in multiples of the shortest. */
  readonly suspicionMaxTimeoutMult: number;
  /** Pause between full exchanges of state in a pool of up to 32; longer in larger ones. 0 switches them off. */
  readonly pushPullIntervalMs: number;
  /** How long a direct ping waits before helpers are asked. Never scaled; shorter than the probe interval. */
  readonly probeTimeoutMs: number;
  /** One node is probed that often. */
  readonly probeIntervalMs: number;
  /** Bound of the local health score, exclusive. */
  readonly awarenessMaxMultiplier: number;
  /** How many nodes a gossip tick reaches. */
  readonly gossipNodes: number;
  readonly gossipIntervalMs: number;
  /** How long a dead node is still gossiped to, and kept in the table. */
  readonly gossipToTheDeadMs: number;
  /** After this long a dead node's name may be claimed from another address at once; 0 means never. */
  readonly deadNodeReclaimMs: number;
  /** Received messages that may wait, per priority. */
  readonly handoffQueueDepth: number;
}

export interface MemberlistOptions extends MemberlistTiming {
  /** Unique in the pool: 1-128 bytes of UTF-8. */
  readonly name: string;
  /** What peers are told to reach us at: an IP, and a port. Default: what the transport has bound, for either. */
  readonly advertise?: Partial<GossipAddress>;
  /** Default: {@link NOMAD_VERSIONS}. */
  readonly versions?: NodeVersions;
  /** Keeps pools apart: 0-255 bytes; empty (the default) sends no label. */
  readonly label?: string;
  /** Compress what gets smaller by it. Default: yes. */
  readonly compression?: boolean;
  /** With a keyring: refuse what is not encrypted. Default: yes. */
  readonly verifyIncoming?: boolean;
  /** With a keyring: encrypt what we send. Default: yes. */
  readonly verifyOutgoing?: boolean;
  /** Ask peers over a stream when their ack to a datagram is missing. Default: yes. */
  readonly tcpPings?: boolean;
  /** Bytes of a datagram before the checksum: at least 512. Default: 1400. */
  readonly packetBytes?: number;
  /** Nodes the table holds at most; announced ones above it are refused. Default: 16,384. */
  readonly maxNodes?: number;
}

/** What a Nomad server announces: memberlist protocol 2 of 1-5, serf protocol 4 of 2-5. */
export const NOMAD_VERSIONS: NodeVersions = Object.freeze({
  protocolMin: 1,
  protocolMax: 5,
  protocolCurrent: 2,
  delegateMin: 2,
  delegateMax: 5,
  delegateCurrent: 4,
});

/** For a network of one site: what serf agents use by default. */
export const LAN_TIMING: MemberlistTiming = Object.freeze({
  tcpTimeoutMs: 10_000,
  indirectChecks: 3,
  retransmitMult: 4,
  suspicionMult: 4,
  suspicionMaxTimeoutMult: 6,
  pushPullIntervalMs: 30_000,
  probeTimeoutMs: 500,
  probeIntervalMs: 1_000,
  awarenessMaxMultiplier: 8,
  gossipNodes: 3,
  gossipIntervalMs: 200,
  gossipToTheDeadMs: 30_000,
  deadNodeReclaimMs: 0,
  handoffQueueDepth: 1024,
});

/** For pools across sites; also what Nomad servers use among themselves. */
export const WAN_TIMING: MemberlistTiming = Object.freeze({
  ...LAN_TIMING,
  tcpTimeoutMs: 30_000,
  suspicionMult: 6,
  pushPullIntervalMs: 60_000,
  probeTimeoutMs: 3_000,
  probeIntervalMs: 5_000,
  gossipNodes: 4,
  gossipIntervalMs: 500,
  gossipToTheDeadMs: 60_000,
});

/** For agents on one host. */
export const LOCAL_TIMING: MemberlistTiming = Object.freeze({
  ...LAN_TIMING,
  tcpTimeoutMs: 1_000,
  indirectChecks: 1,
  retransmitMult: 2,
  suspicionMult: 3,
  pushPullIntervalMs: 15_000,
  probeTimeoutMs: 200,
  gossipIntervalMs: 100,
  gossipToTheDeadMs: 15_000,
});

/**
 * For the servers of a cluster, in one site or several: what Steppe's server pools use. A probe leaves time for a round
 * trip of 300 ms with jitter, and after it for helpers and a ping over a stream, which takes two round trips.
 * Differs from Nomad, whose servers use {@link WAN_TIMING} and find a dead one after more than half a minute.
 */
export const SERVER_TIMING: MemberlistTiming = Object.freeze({
  ...LAN_TIMING,
  // A refutation that gets lost costs a live server: in pools this small, telling it more often costs nothing.
  retransmitMult: 8,
  probeTimeoutMs: 600,
  probeIntervalMs: 2_000,
  gossipNodes: 4,
  gossipToTheDeadMs: 60_000,
});

/** How what members with these options say to each other is wrapped. */
export function wireOptions(
  options: Pick<MemberlistOptions, 'label' | 'compression' | 'verifyIncoming' | 'verifyOutgoing'>,
  keyring?: KeyRing,
): WireOptions {
  return {
    label: options.label ?? '',
    compression: options.compression ?? true,
    verifyIncoming: options.verifyIncoming ?? true,
    verifyOutgoing: options.verifyOutgoing ?? true,
    ...(keyring && { keyring }),
  };
}
