import type { MemberlistTiming } from '../memberlist/options.js';
import { suspicionBounds, suspicionTimeoutMs } from '../memberlist/suspicion.js';

/** When a member that stopped answering should be known to be dead: milliseconds after its end. */
export interface ExpectedDetection {
  /** Probed at once, and suspected by as many as wanted at once. */
  readonly earliestMs: number;
  /** On average. */
  readonly typicalMs: number;
  /** Probed last in its round by the only one that ever suspects it. */
  readonly latestMs: number;
}

/**
 * What SWIM and Lifeguard promise for the first member that declares a dead one dead, in a network without loss.
 * The first probe comes after `1 / (1 - (1 - 1/(n-1))^(n-1))` intervals on average, about 1.58; its verdict takes one
 * interval; further accusers follow at one per interval, and each shortens the suspicion.
 * @param n - members, the dead one included; at least 2
 */
export function expectedDetection(
  n: number,
  options: Pick<MemberlistTiming, 'probeIntervalMs' | 'suspicionMult' | 'suspicionMaxTimeoutMult'>,
): ExpectedDetection {
  const { probeIntervalMs } = options;
  const bounds = suspicionBounds(n, options);
  const others = n - 1;
  const firstProbeMs = probeIntervalMs / (1 - (1 - 1 / others) ** others);
  let confirmed = 0;
  while (
    confirmed < bounds.confirmations &&
    suspicionTimeoutMs(bounds, confirmed) > (confirmed + 1) * probeIntervalMs
  ) {
    confirmed += 1;
  }
  const suspicionMs = Math.max(suspicionTimeoutMs(bounds, confirmed), confirmed * probeIntervalMs);
  return {
    earliestMs: probeIntervalMs + bounds.minMs,
    typicalMs: firstProbeMs + probeIntervalMs + suspicionMs,
    latestMs:
      (2 * others - 1) * probeIntervalMs + probeIntervalMs + (bounds.confirmations === 0 ? bounds.minMs : bounds.maxMs),
  };
}

/**
 * How long news takes to reach everybody: rounds of a push epidemic (`log(n) / log(1 + fanout)` to spread, `ln(n) / fanout`
 * for the last ones), times the gossip interval.
 */
export function expectedDisseminationMs(
  n: number,
  { gossipNodes, gossipIntervalMs }: Pick<MemberlistTiming, 'gossipNodes' | 'gossipIntervalMs'>,
): number {
  return (Math.log(n) / Math.log(1 + gossipNodes) + Math.log(n) / gossipNodes) * gossipIntervalMs;
}
