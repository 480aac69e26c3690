import { isExpired } from '@steppe/acl';
import { errorMessage, msToNanoseconds } from '@steppe/domain';
import type { Clock, Logger, Phase, Startable, Timer } from '@steppe/runtime';
import type { Leadership, StateStore } from '@steppe/state';
import { ACL_TOKENS, ONE_TIME_TOKENS } from '@steppe/state';
import { nowNs } from './acl-clock.js';

export interface AclTokenGcOptions {
  /** `server.acl_token_gc_threshold`, milliseconds: younger tokens are left, expired or not. */
  readonly thresholdMs: number;
  /** Whether this region owns the global tokens. */
  readonly isAuthoritative: boolean;
}

export interface AclTokenGcDeps {
  readonly state: StateStore;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly logger: Logger;
}

const TOKENS_INTERVAL_MS = 5 * 60_000;
const ONE_TIME_INTERVAL_MS = 10 * 60_000;
const MAX_PER_PASS = 4_096;

/** The leader's service that removes tokens whose time is over. @see spec "Token object" of ACL: expired */
export class AclTokenGc implements Startable {
  readonly name = 'acl-token-gc';
  readonly phase: Phase = 'work';
  readonly #options: AclTokenGcOptions;
  readonly #deps: AclTokenGcDeps;
  #tickers: readonly Timer[] = [];

  constructor(options: AclTokenGcOptions, deps: AclTokenGcDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { clock } = this.#deps;
    this.#tickers = [
      clock.setTicker(TOKENS_INTERVAL_MS, () => void this.#asLeader('expired tokens', () => this.collectTokens())),
      clock.setTicker(ONE_TIME_INTERVAL_MS, () => void this.#asLeader('one-time tokens', () => this.collectOneTime())),
    ];
  }

  async stop(): Promise<void> {
    for (const ticker of this.#tickers) ticker.cancel();
  }

  /** @returns how many were removed */
  async collectTokens(): Promise<number> {
    const { state, clock } = this.#deps;
    const now = nowNs(clock);
    const youngest = now - msToNanoseconds(this.#options.thresholdMs);
    const { value } = await state.transact((tx) => {
      let removed = 0;
      for (const token of tx.find(ACL_TOKENS, 'expiring', 'true')) {
        if (removed === MAX_PER_PASS) break;
        if (!isExpired(token, now) || token.createTimeNs > youngest) continue;
        if (token.isGlobal && !this.#options.isAuthoritative) continue;
        if (tx.delete(ACL_TOKENS, token.accessorId)) removed += 1;
      }
      return removed;
    });
    return value;
  }

  /** @returns how many were removed */
  async collectOneTime(): Promise<number> {
    const { state, clock } = this.#deps;
    const now = clock.now();
    const { value } = await state.transact((tx) => {
      const expired = tx.rows(ONE_TIME_TOKENS).filter(({ expiresAtMs }) => expiresAtMs < now);
      for (const { accessorId } of expired) tx.delete(ONE_TIME_TOKENS, accessorId);
      return expired.length;
    });
    return value;
  }

  async #asLeader(what: string, collect: () => Promise<number>): Promise<void> {
    const { leadership, logger } = this.#deps;
    if (!leadership.isLeader) return;
    try {
      const removed = await collect();
      if (removed > 0) logger.info('removed what had expired', { what, count: removed });
    } catch (error) {
      logger.warn('could not remove what had expired', { what, error: errorMessage(error) });
    }
  }
}
