import type { Allocation } from '@steppe/domain';
import { errorMessage, identitiesOf, isClientTerminal, Secret } from '@steppe/domain';
import type { Clock, Logger, Phase, Random, Startable, Timer } from '@steppe/runtime';
import type { Indexed, Leadership, SigningKey, StateReader, StateStore } from '@steppe/state';
import { ALLOCATIONS, SIGNING_KEYS } from '@steppe/state';
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import { jobOfAllocation } from '../scheduling/job-rows.js';

/** How far apart the clocks of servers may be, milliseconds: tokens count as much earlier and later. Nomad's, too. */
export const CLOCK_LEEWAY_MS = 60_000;

export interface SigningKeysOptions {
  /** `server.root_key_rotation_threshold`, milliseconds: how long a key signs. */
  readonly rotationThresholdMs: number;
  /** `server.root_key_gc_threshold`, milliseconds: how long one is kept at least after that. */
  readonly gcThresholdMs: number;
  /** `server.root_key_gc_interval`, milliseconds. */
  readonly intervalMs: number;
}

export interface SigningKeysDeps {
  readonly state: StateStore;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What third parties that verify our tokens can do everywhere. */
const ALGORITHM = 'RS256';

/** The key that signs now. */
export function activeKey(reader: StateReader): SigningKey | undefined {
  const [key] = reader.find(SIGNING_KEYS, 'state', 'active');
  return key;
}

/**
 * The leader's service that sees to it that there is a key to sign with, a new one from time to time, and that old ones go once no
 * token is good any more that they can have signed.
 */
export class SigningKeys implements Startable {
  readonly name = 'signing-keys';
  readonly phase: Phase = 'work';
  readonly #options: SigningKeysOptions;
  readonly #deps: SigningKeysDeps;
  #ticker: Timer | undefined;
  #unlisten: (() => void) | undefined;

  constructor(options: SigningKeysOptions, deps: SigningKeysDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { clock, leadership } = this.#deps;
    const check = (): void => {
      if (leadership.isLeader) void this.#check();
    };
    this.#ticker = clock.setTicker(this.#options.intervalMs, check);
    this.#unlisten = leadership.onDidChange(check);
    check();
  }

  async stop(): Promise<void> {
    this.#ticker?.cancel();
    this.#unlisten?.();
  }

  /** Signs with a new key from now on; what the old ones have signed goes on to count. */
  async rotate(): Promise<Indexed<SigningKey>> {
    const { state, clock, random, logger } = this.#deps;
    const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    const id = random.uuid();
    const row = {
      id,
      state: 'active' as const,
      algorithm: ALGORITHM,
      publicKey: (await exportJWK(publicKey)) as Readonly<Record<string, string>>,
      privateKey: new Secret(await exportPKCS8(privateKey)),
      createTimeMs: clock.now(),
      retiredAtMs: 0,
    };
    const { index } = await state.transact((tx) => {
      for (const old of tx.find(SIGNING_KEYS, 'state', 'active')) {
        tx.put(SIGNING_KEYS, { ...old, state: 'inactive', retiredAtMs: clock.now() });
      }
      tx.put(SIGNING_KEYS, row);
    });
    logger.info('signing with a new key', { key_id: id });
    return { index, value: { ...row, createIndex: index, modifyIndex: index } };
  }

  async #check(): Promise<void> {
    const { state, clock, logger } = this.#deps;
    try {
      const active = activeKey(state.snapshot());
      if (active === undefined || clock.now() - active.createTimeMs >= this.#options.rotationThresholdMs) {
        await this.rotate();
      }
      await this.#collect();
    } catch (error) {
      logger.warn('keys that sign not seen to', { error: errorMessage(error) });
    }
  }

  async #collect(): Promise<void> {
    const { state, clock } = this.#deps;
    const isOld = ({ retiredAtMs }: SigningKey): boolean =>
      retiredAtMs > 0 && clock.now() - retiredAtMs >= this.#options.gcThresholdMs;
    if (!state.snapshot().rows(SIGNING_KEYS).some(isOld)) return;
    await state.transact((tx) => {
      const uses = tx.rows(ALLOCATIONS).map((each) => ({ createTimeMs: each.createTimeMs, untilMs: lifeOf(tx, each) }));
      for (const key of tx.rows(SIGNING_KEYS)) {
        // A server may have signed with it a little longer, until it heard of the next one.
        const sinceMs = clock.now() - key.retiredAtMs - this.#options.gcThresholdMs;
        const isUsed = uses.some(({ createTimeMs, untilMs }) => createTimeMs <= key.retiredAtMs && sinceMs < untilMs);
        if (isOld(key) && !isUsed) tx.delete(SIGNING_KEYS, key.id);
      }
    });
  }
}

/**
 * How long a token of an allocation can be good after it was signed, milliseconds. Third parties, who do not know that an
 * allocation has ended, take one that expires to its end; others count as long as the allocation lives.
 */
function lifeOf(reader: StateReader, allocation: Allocation): number {
  const isLive = !isClientTerminal(allocation);
  const groups = jobOfAllocation(reader, allocation)?.taskGroups ?? [];
  const tasks = groups.find(({ name }) => name === allocation.taskGroup)?.tasks ?? [];
  const lives = tasks
    .flatMap(identitiesOf)
    .map(({ ttlMs }) => (ttlMs > 0 ? ttlMs + CLOCK_LEEWAY_MS : isLive ? Number.POSITIVE_INFINITY : 0));
  return Math.max(0, ...lives);
}
