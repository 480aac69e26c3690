import type { Random } from '@steppe/runtime';
import type { Coordinate } from './coordinate.js';
import { ORIGIN, applyGravity, isPlausible, observe, rawDistance } from './coordinate.js';

const ADJUSTMENT_SAMPLES = 20;
const LATENCY_SAMPLES = 3;
/** A round trip longer than this is an accident, not a distance. */
const RTT_MAX_MS = 10_000;

/** What became of an observation. */
export type ObservationOutcome = 'moved' | 'reset' | 'implausible rtt' | 'implausible coordinate';

/** Our own place among the members, learnt from the round trips of answered probes. */
export class CoordinateClient {
  readonly #random: Random;
  #own: Coordinate = ORIGIN;
  #resets = 0;
  /** Ring of the last observations: round trip minus raw estimate, seconds. */
  #offsets: number[] = Array.from({ length: ADJUSTMENT_SAMPLES }, () => 0);
  #offsetIndex = 0;
  /** The last round trips of each member, milliseconds, newest last. */
  readonly #latencies = new Map<string, number[]>();
  readonly #peers = new Map<string, Coordinate>();

  constructor({ random }: { readonly random: Random }) {
    this.#random = random;
  }

  get own(): Coordinate {
    return this.#own;
  }

  /** How often calculation went astray and started anew. */
  get resets(): number {
    return this.#resets;
  }

  /** What a member last said of itself. */
  peer(name: string): Coordinate | undefined {
    return this.#peers.get(name);
  }

  /** Learns from one answered probe. */
  update(name: string, peer: Coordinate, rttMs: number): ObservationOutcome {
    if (!isPlausible(peer)) return 'implausible coordinate';
    if (!(rttMs >= 0 && rttMs <= RTT_MAX_MS)) return 'implausible rtt';
    const rtt = this.#filtered(name, rttMs) / 1000;
    const moved = observe(this.#own, peer, rtt, this.#random);
    this.#offsets[this.#offsetIndex] = rtt - rawDistance(moved, peer);
    this.#offsetIndex = (this.#offsetIndex + 1) % ADJUSTMENT_SAMPLES;
    const adjustment = this.#offsets.reduce((sum, offset) => sum + offset, 0) / (2 * ADJUSTMENT_SAMPLES);
    const next = applyGravity({ ...moved, adjustment }, this.#random);
    this.#peers.set(name, peer);
    if (!isPlausible(next)) {
      this.#own = ORIGIN;
      this.#offsets.fill(0);
      this.#resets += 1;
      return 'reset';
    }
    this.#own = next;
    return 'moved';
  }

  forget(name: string): void {
    this.#latencies.delete(name);
    this.#peers.delete(name);
  }

  /** The upper median of the last round trips: one slow answer moves nothing. */
  #filtered(name: string, rttMs: number): number {
    const samples = [...(this.#latencies.get(name) ?? []), rttMs].slice(-LATENCY_SAMPLES);
    this.#latencies.set(name, samples);
    return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] as number;
  }
}
