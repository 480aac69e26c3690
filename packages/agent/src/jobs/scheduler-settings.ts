import type { SchedulerConfiguration } from '@steppe/domain';
import { DEFAULT_SCHEDULER_CONFIGURATION, SCHEDULER_ALGORITHMS } from '@steppe/domain';
import type { Indexed, StateStore } from '@steppe/state';
import { SCHEDULER_CONFIGURATION } from '@steppe/state';
import { apiError } from '../http/api-error.js';
import { schedulerConfiguration } from '../scheduling/region-view.js';

/** Writes of the settings that all schedulers of the region share. */
export class SchedulerSettings {
  readonly #state: StateStore;

  constructor(state: StateStore) {
    this.#state = state;
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
    return this.#state.transact((tx) => {
      if (cas !== undefined && schedulerConfiguration(tx).modifyIndex !== cas) return false;
      tx.put(SCHEDULER_CONFIGURATION, { ...given, algorithm, preemption });
      return true;
    });
  }
}

const NO_PREEMPTION = { system: false, sysbatch: false, batch: false, service: false };
