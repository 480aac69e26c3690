import type { Logger, Random } from '@steppe/runtime';
import type { GossipAddress } from '../transport/transport.js';

export interface RejoinDeps {
  readonly random: Random;
  /** Exchanges state with one address. @returns whether that worked */
  readonly join: (address: GossipAddress) => Promise<boolean>;
  readonly logger: Logger;
}

/** Finds the way back into the pool: asks members of an earlier life one after another, in random order, until one answers. */
export async function rejoin(
  previous: ReadonlyMap<string, GossipAddress>,
  { random, join, logger }: RejoinDeps,
  signal: AbortSignal,
): Promise<void> {
  const open = [...previous];
  while (open.length > 0 && !signal.aborted) {
    const [[name, address]] = open.splice(Math.floor(random.next() * open.length), 1) as [[string, GossipAddress]];
    if (await join(address)) {
      logger.info('rejoined the pool of the snapshot', { member: name });
      return;
    }
  }
  if (previous.size > 0 && !signal.aborted) logger.warn('nobody of the snapshot answers', { members: previous.size });
}
