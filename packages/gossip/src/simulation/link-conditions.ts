/** What happens to traffic in one direction. Rates are 0 to 1, times milliseconds. */
export interface LinkConditions {
  /** Share of datagrams lost. */
  readonly lossRate: number;
  /** Time a datagram or a piece of a stream takes at least. */
  readonly latencyMs: number;
  /** Up to that much more, evenly spread; datagrams may overtake each other within it. */
  readonly jitterMs: number;
  /** Share of datagrams that arrive twice. */
  readonly duplicateRate: number;
  /** Share of datagrams held back by another `reorderMs`. */
  readonly reorderRate: number;
  readonly reorderMs: number;
  /** `refuse` answers dials with a refusal, `drop` leaves them unanswered. */
  readonly streams: 'open' | 'refuse' | 'drop';
  /** Datagrams are dropped without a word. */
  readonly datagrams: 'open' | 'drop';
}

export const PERFECT_LINK: LinkConditions = Object.freeze({
  lossRate: 0,
  latencyMs: 1,
  jitterMs: 0,
  duplicateRate: 0,
  reorderRate: 0,
  reorderMs: 50,
  streams: 'open',
  datagrams: 'open',
});

/** What one host sent and received. */
export interface TrafficCounters {
  packetsSent: number;
  packetBytesSent: number;
  packetsReceived: number;
  packetsLost: number;
  streamsDialled: number;
  streamBytesSent: number;
}
