import type { SchedulerConfiguration } from '@steppe/domain';
import { DEFAULT_SCHEDULER_CONFIGURATION, errorMessage, SCHEDULER_ALGORITHMS } from '@steppe/domain';
import type { Clock, Logger, Phase, Startable, Timer } from '@steppe/runtime';
import type { Indexed, Leadership, StateReader, StateStore } from '@steppe/state';
import { SCHEDULER_CONFIGURATION, SCHEDULER_CONFIGURATION_KEY } from '@steppe/state';
import { apiError } from '../http/api-error.js';
import { schedulerConfiguration } from '../scheduling/region-view.js';

export interface SchedulerSettingsOptions {
  /** What a new region begins with. */
  readonly initial: SchedulerConfiguration;
}

export interface SchedulerSettingsDeps {
  readonly state: StateStore;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Writes of the settings that all schedulers of the region share. The region's first leader makes them. */
export class SchedulerSettings implements Startable {
  readonly name = 'scheduler-settings';
  /** In front of the workers. */
  readonly phase: Phase = 'membership';
  readonly #initial: SchedulerConfiguration;
  readonly #deps: SchedulerSettingsDeps;
  #unlisten: (() => void) | undefined;
  #retry: Timer | undefined;

  constructor({ initial }: SchedulerSettingsOptions, deps: SchedulerSettingsDeps) {
    this.#initial = initial;
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { leadership } = this.#deps;
    this.#unlisten = leadership.onDidChange(() => void this.#begin());
    await this.#begin();
  }

  async stop(): Promise<void> {
    this.#unlisten?.();
    this.#retry?.cancel();
  }

  /**
   * @param cas - the write is made only if the settings have this index
   * @returns whether it was made
   * @throws SCHEDULER_ALGORITHM_INVALID, and what a transaction throws
   */
  set(given: SchedulerConfiguration, cas: number | undefined): Promise<Indexed<boolean>> {
    const algorithm = given.algorithm || DEFAULT_SCHEDULER_CONFIGURATION.algorithm;
    if (!SCHEDULER_ALGORITHMS.includes(algorithm)) throw apiError('SCHEDULER_ALGORITHM_INVALID', algorithm);
    const preemption = given.preemption ?? NO_PREEMPTION;
    return this.#deps.state.transact((tx) => {
      if (cas !== undefined && schedulerConfiguration(tx).modifyIndex !== cas) return false;
      tx.put(SCHEDULER_CONFIGURATION, { ...given, algorithm, preemption });
      return true;
    });
  }

  async #begin(): Promise<void> {
    const { state, leadership, clock, logger } = this.#deps;
    this.#retry?.cancel();
    const isThere = (reader: StateReader): boolean =>
      reader.get(SCHEDULER_CONFIGURATION, SCHEDULER_CONFIGURATION_KEY) !== undefined;
    if (!leadership.isLeader || isThere(state.snapshot())) return;
    try {
      await state.transact((tx) => {
        if (!isThere(tx)) tx.put(SCHEDULER_CONFIGURATION, this.#initial);
      });
    } catch (error) {
      logger.warn('settings of schedulers not made', { error: errorMessage(error) });
      this.#retry = clock.setTimer(RETRY_MS, () => void this.#begin());
    }
  }
}

/** Until then the defaults count. */
const RETRY_MS = 5_000;
const NO_PREEMPTION = { system: false, sysbatch: false, batch: false, service: false };
