import type { Logger, Random } from '@steppe/runtime';
import { errorMessage } from '@steppe/domain';
import type { GossipAddress } from '../transport/transport.js';
import type { MemberTable } from './member-table.js';

export interface ReconnectorDeps {
  readonly random: Random;
  readonly table: MemberTable;
  /** Exchanges state with one address. @throws when that fails */
  readonly join: (address: GossipAddress) => Promise<void>;
  readonly logger: Logger;
}

/** Looks now and then whether a failed member is back: what heals a pool that was split for long. */
export class Reconnector {
  readonly #deps: ReconnectorDeps;

  constructor(deps: ReconnectorDeps) {
    this.#deps = deps;
  }

  /** The whole pool together tries about one failed member each time, so each of us rarely does. */
  tick(): void {
    const { random, table, join, logger } = this.#deps;
    const failed = table.members().filter(({ status }) => status === 'failed');
    if (failed.length === 0) return;
    const reachable = table.size - failed.length - table.count('left');
    if (random.next() > failed.length / Math.max(1, reachable)) return;
    const member = failed[Math.floor(random.next() * failed.length)];
    if (member === undefined) return;
    logger.info('trying to reconnect', { member: member.name });
    join({ host: member.address, port: member.port }).catch((error: unknown) =>
      logger.debug('failed member is still away', { member: member.name, error: errorMessage(error) }),
    );
  }
}
