import type { MemberlistOptions } from '../memberlist/options.js';
import type { CoalesceTiming } from './coalescer.js';

/** Timers and limits of the serf layer. Durations are milliseconds. */
export interface SerfTiming {
  /** How long a departure or a forced one may take to be sent; in very large pools more is needed. Default: 5 s. */
  readonly broadcastTimeoutMs: number;
  /** How long we go on answering after our departure was told. Default: 1 s. */
  readonly leavePropagateDelayMs: number;
  /** Default: 15 s. */
  readonly reapIntervalMs: number;
  /** Default: 30 s. */
  readonly reconnectIntervalMs: number;
  /** How long a failed member is kept. Default: 24 h, Nomad 72 h. */
  readonly reconnectTimeoutMs: number;
  /** How long a member that left is kept. Default: 24 h. */
  readonly tombstoneTimeoutMs: number;
  /** A member back within that time after it failed counts as flapping. Default: 60 s. */
  readonly flapTimeoutMs: number;
  /** How long intents about strangers, and names that were erased, are remembered. Default: 5 min. */
  readonly recentIntentTimeoutMs: number;
  /** Default: 30 s. */
  readonly queueCheckIntervalMs: number;
  /** Default: 128. */
  readonly queueDepthWarning: number;
  /** Default: 4096. */
  readonly maxQueueDepth: number;
  /** When more than 0, queues hold this or twice the number of members, whichever is larger. Default: 0. */
  readonly minQueueDepth: number;
  /** Default: 16. */
  readonly queryTimeoutMult: number;
  /** Most bytes of a user event, up to 9216; one beyond a datagram only spreads by push/pull. Default: 512. */
  readonly userEventMaxBytes: number;
  /** Default: off. serf agents: 3 s, and 1 s of quiet. */
  readonly memberCoalescing: CoalesceTiming;
  readonly userCoalescing: CoalesceTiming;
}

export interface SerfOptions extends Partial<SerfTiming> {
  /** Of the failure detector, our name among them. */
  readonly memberlist: MemberlistOptions;
  /** What we tell of ourselves; at most 512 bytes encoded. */
  readonly tags: Readonly<Record<string, string>>;
  /** Estimate round trips from probes. Default: yes. */
  readonly coordinates?: boolean;
  /** Let the pool decide who keeps our name when another claims it; the loser stops. Default: no, as Nomad. */
  readonly resolveNameConflicts?: boolean;
  /** Go back to the pool of the snapshot even after a departure on purpose. Default: no. */
  readonly rejoinAfterLeave?: boolean;
}

const HOUR_MS = 3_600_000;

const OFF: CoalesceTiming = Object.freeze({ quantumMs: 0, quietMs: 0 });

/** What serf uses on any network. */
export const SERF_TIMING: SerfTiming = Object.freeze({
  broadcastTimeoutMs: 5_000,
  leavePropagateDelayMs: 1_000,
  reapIntervalMs: 15_000,
  reconnectIntervalMs: 30_000,
  reconnectTimeoutMs: 24 * HOUR_MS,
  tombstoneTimeoutMs: 24 * HOUR_MS,
  flapTimeoutMs: 60_000,
  recentIntentTimeoutMs: 5 * 60_000,
  queueCheckIntervalMs: 30_000,
  queueDepthWarning: 128,
  maxQueueDepth: 4096,
  minQueueDepth: 0,
  queryTimeoutMult: 16,
  userEventMaxBytes: 512,
  memberCoalescing: OFF,
  userCoalescing: OFF,
});

/** What Nomad servers use among themselves. */
export const NOMAD_SERF_TIMING: SerfTiming = Object.freeze({ ...SERF_TIMING, reconnectTimeoutMs: 72 * HOUR_MS });
