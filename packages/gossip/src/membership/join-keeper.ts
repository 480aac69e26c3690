import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Phase, Random, Startable, Timer } from '@steppe/runtime';
import { gossipError } from '../errors.js';
import type { Membership } from './membership.js';

export interface JoinKeeperOptions {
  /** Joined once, while starting; a start at which none of them answers fails. */
  readonly startJoin: readonly string[];
  /** Joined in the background, until one answers. */
  readonly retryJoin: readonly string[];
  /** Attempts before giving up; 0 never does. */
  readonly retryMax: number;
  /** The longest pause between attempts, milliseconds; the first pauses are shorter. */
  readonly retryIntervalMs: number;
}

export interface JoinKeeperDeps {
  readonly membership: Pick<Membership, 'join' | 'members'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Called when `retryMax` attempts were in vain: the agent has no pool and should end. */
  readonly onExhausted: (error: Error) => void;
}

/** The first pause; doubled after every attempt, up to `retryIntervalMs`. */
const FIRST_PAUSE_MS = 1_000;
/** A pool that holds nobody but us is looked after again that often, as long as there are addresses to try. */
const LONELY_CHECK_MS = 60_000;

/**
 * Brings an agent into its pool, and back into it: the reference stops at the first success, so two halves of a pool that
 * forgot each other stay apart; here an agent that finds itself alone tries its configured addresses again.
 */
export class JoinKeeper implements Startable {
  readonly name = 'join';
  readonly phase: Phase = 'work';
  readonly #options: JoinKeeperOptions;
  readonly #deps: JoinKeeperDeps;
  readonly #stopped = new AbortController();
  #timer: Timer | undefined;

  constructor(options: JoinKeeperOptions, deps: JoinKeeperDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** @throws GOSSIP_JOIN_FAILED when no address of `startJoin` answers */
  async start(): Promise<void> {
    const { startJoin, retryJoin } = this.#options;
    if (startJoin.length > 0) {
      const { joined, errors } = await this.#join(startJoin);
      if (joined === 0) throw gossipError({ code: 'GOSSIP_JOIN_FAILED' }, errors.join('\n'));
      this.#deps.logger.info('joined the pool', { contacts: joined });
    }
    if (retryJoin.length > 0) void this.#attempt(1, FIRST_PAUSE_MS);
    else if (startJoin.length > 0) this.#watchOver();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#timer?.cancel();
  }

  #join(addresses: readonly string[]) {
    return this.#deps.membership.join(addresses, { signal: this.#stopped.signal });
  }

  async #attempt(attempt: number, pauseMs: number): Promise<void> {
    const { retryJoin, retryMax, retryIntervalMs } = this.#options;
    const { logger, onExhausted, random } = this.#deps;
    const outcome = await this.#join(retryJoin).catch((error: unknown) => ({
      joined: 0,
      errors: [errorMessage(error)],
    }));
    if (this.#stopped.signal.aborted) return;
    if (outcome.joined > 0) {
      logger.info('joined the pool', { contacts: outcome.joined, attempts: attempt });
      this.#watchOver();
      return;
    }
    if (retryMax > 0 && attempt >= retryMax) {
      const message = `no server could be joined in ${attempt} attempts: ${outcome.errors.join('; ')}`;
      logger.error('max join retry exhausted, exiting', { attempts: attempt });
      onExhausted(gossipError({ code: 'GOSSIP_JOIN_FAILED' }, message));
      return;
    }
    const waitMs = Math.min(pauseMs, retryIntervalMs) * (0.75 + random.next() / 4);
    logger.warn('could not join the pool, trying again', {
      errors: outcome.errors.join('; '),
      retry_ms: Math.round(waitMs),
    });
    this.#after(waitMs, () => void this.#attempt(attempt + 1, pauseMs * 2));
  }

  /** From now on: whenever we are alone, try all addresses again, without a limit. */
  #watchOver(): void {
    this.#after(LONELY_CHECK_MS, () => void this.#endLoneliness());
  }

  async #endLoneliness(): Promise<void> {
    const alive = this.#deps.membership.members().filter(({ status }) => status === 'alive');
    if (alive.length <= 1) {
      const { joined } = await this.#join([...this.#options.startJoin, ...this.#options.retryJoin]);
      if (joined > 0) this.#deps.logger.info('joined the pool again', { contacts: joined });
    }
    if (!this.#stopped.signal.aborted) this.#watchOver();
  }

  #after(ms: number, run: () => void): void {
    this.#timer = this.#deps.clock.setTimer(ms, run);
  }
}
