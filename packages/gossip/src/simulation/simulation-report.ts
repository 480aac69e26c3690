import type { ExpectedDetection } from './expectations.js';

/** Of measured durations, milliseconds. */
export interface Distribution {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** What a member costs, on average per second of virtual time. */
export interface TrafficRate {
  readonly packetsPerSecond: number;
  /** Datagrams and streams. */
  readonly bytesPerSecond: number;
}

/** What a run showed. Durations are milliseconds of virtual time. The same options give the same report. */
export interface SimulationReport {
  readonly nodes: number;
  readonly seed: number;
  readonly durationMs: number;
  /** From the first join until everybody saw everybody; absent when that did not happen within five minutes. */
  readonly convergedMs?: number;
  readonly joinTraffic: TrafficRate;
  readonly killed: number;
  /** Killed members that somebody still held for alive at the end. */
  readonly undetected: number;
  /** From the end of a member to the first that declared it failed. */
  readonly firstDetection?: Distribution;
  /** The same for every member that saw it failed. */
  readonly detection?: Distribution;
  readonly expectedDetection: ExpectedDetection;
  /** Suspicions of running members: different ones, by suspected member and incarnation. */
  readonly falseSuspicions: number;
  /** Running members that somebody who could reach them declared failed, and how often that was seen. */
  readonly falseDeaths: number;
  readonly falseDeathReports: number;
  /** Failures seen of running members that a partition hid, those included that only ran out after its end. */
  readonly cutOffReports: number;
  readonly refutations: number;
  /** From the end of each partition until everybody saw everybody for good; absent where that did not happen in time. */
  readonly healedMs: readonly (number | undefined)[];
  readonly events: number;
  /** Deliveries that never came to a member that ran all the time. */
  readonly eventsMissed: number;
  /** Deliveries beyond one per event and member. */
  readonly eventsRepeated: number;
  /** From sending to the delivery at each member. */
  readonly dissemination?: Distribution;
  readonly expectedDisseminationMs: number;
  /** After everybody had joined. */
  readonly traffic: TrafficRate;
}

/** @returns nothing for no values */
export function distributionOf(values: readonly number[]): Distribution | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] as number;
  return {
    count: sorted.length,
    min: sorted[0] as number,
    median: at(0.5),
    p99: at(0.99),
    max: sorted.at(-1) as number,
  };
}
