import type { Logger, Metrics, Random } from '@steppe/runtime';
import { GOSSIP_METRICS } from '../metrics.js';
import { decodeCoordinate, encodeCoordinate } from '../wire/serf-codec.js';
import type { Coordinate } from './coordinate.js';
import { estimateRttMs } from './coordinate.js';
import { CoordinateClient } from './coordinate-client.js';

export interface NodeCoordinatesDeps {
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Coordinates as they travel in acks, ours and those of the members we probed. */
export class NodeCoordinates {
  /** Our own name. */
  readonly #name: string;
  readonly #deps: NodeCoordinatesDeps;
  readonly #client: CoordinateClient;

  constructor({ name }: { readonly name: string }, deps: NodeCoordinatesDeps) {
    this.#name = name;
    this.#deps = deps;
    this.#client = new CoordinateClient(deps);
  }

  get own(): Coordinate {
    return this.#client.own;
  }

  get resets(): number {
    return this.#client.resets;
  }

  /** Ours, or what a member last said of itself. */
  cached(name: string): Coordinate | undefined {
    return name === this.#name ? this.#client.own : this.#client.peer(name);
  }

  /** Estimated round trip between two members, us among them or not; nothing when either is unknown. */
  rttMs(nameA: string, nameB: string): number | undefined {
    const [a, b] = [this.cached(nameA), this.cached(nameB)];
    return a === undefined || b === undefined ? undefined : estimateRttMs(a, b);
  }

  /** What our acks carry. */
  ackPayload(): Uint8Array {
    const { vector, error, adjustment, height } = this.#client.own;
    return encodeCoordinate({ vec: vector, error, adjustment, height });
  }

  /** An ack came with a payload. Members without coordinates send an empty one. */
  pingCompleted(name: string, rttMs: number, payload: Uint8Array): void {
    if (payload.length === 0) return;
    const block = decodeCoordinate(payload);
    const outcome =
      block === undefined
        ? 'unreadable'
        : this.#client.update(
            name,
            { vector: block.vec, error: block.error, adjustment: block.adjustment, height: block.height },
            rttMs,
          );
    const { logger, metrics } = this.#deps;
    if (outcome === 'moved') {
      metrics.addSample(GOSSIP_METRICS.coordinateAdjustmentMs, this.#client.own.adjustment * 1000);
    } else {
      metrics.incrCounter(GOSSIP_METRICS.coordinateRejected);
      logger.debug('cannot use a coordinate', { member: name, outcome });
    }
  }

  forget(name: string): void {
    this.#client.forget(name);
  }
}
