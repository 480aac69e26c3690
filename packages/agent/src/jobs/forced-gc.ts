import type { Random } from '@steppe/runtime';
import type { EvalBroker } from '@steppe/scheduler';
import { coreEvaluation, FORCE_GC } from '@steppe/scheduler';
import type { StateStore } from '@steppe/state';

export interface ForcedGcDeps {
  readonly broker: Pick<EvalBroker, 'enqueue'>;
  readonly state: StateStore;
  readonly random: Random;
}

/** Housekeeping that does not wait until its time has come. */
export class ForcedGc {
  readonly #deps: ForcedGcDeps;

  constructor(deps: ForcedGcDeps) {
    this.#deps = deps;
  }

  /** Has the next worker that is free do it; asked for on the leader. While scheduling is paused nothing comes of it. */
  request(): void {
    const { broker, state, random } = this.#deps;
    broker.enqueue(coreEvaluation(FORCE_GC, state.index, random));
  }
}
