import type { Evaluation } from '@steppe/domain';
import { Clock, Random } from '@steppe/runtime/di';
import type { Planner, SchedulerContribution } from '@steppe/scheduler';
import { builtInScheduler } from '@steppe/scheduler';
import { BatchScheduler } from '@steppe/scheduler/di';
import { ContainerModule } from 'inversify';

/** Hours of the day, UTC, in which batch jobs may begin: from the first to before the last. */
export interface OpenHours {
  readonly from: number;
  readonly to: number;
}

const HOUR_MS = 3_600_000;

/** The scheduler of batch jobs, but for the time of day: what comes outside of it is looked at again when its time has come. */
class HoursScheduler implements SchedulerContribution {
  readonly type = 'batch';
  readonly #hours: OpenHours;
  readonly #deps: { readonly clock: Clock; readonly random: Random };
  readonly #inner: SchedulerContribution;

  constructor(hours: OpenHours, deps: { readonly clock: Clock; readonly random: Random }) {
    this.#hours = hours;
    this.#deps = deps;
    this.#inner = builtInScheduler('batch', deps);
  }

  async process(evaluation: Evaluation, planner: Planner, options: { readonly signal: AbortSignal }): Promise<void> {
    const { clock, random } = this.#deps;
    const hour = new Date(clock.now()).getUTCHours();
    const isOpen = hour >= this.#hours.from && hour < this.#hours.to;
    // Stopping is no work.
    const isStop = planner.state.job(evaluation.namespace, evaluation.jobId)?.stop !== false;
    if (isOpen || isStop) return this.#inner.process(evaluation, planner, options);
    const waitUntilMs = clock.now() + ((this.#hours.from - hour + 24) % 24 || 24) * HOUR_MS;
    const later = { ...evaluation, id: random.uuid(), previousEval: evaluation.id, waitUntilMs };
    await planner.createEval({ ...later, statusDescription: 'waits for the hours of batch work' });
    await planner.updateEval({ ...evaluation, status: 'complete', nextEval: later.id });
  }
}

export const batchHoursModule = (hours: OpenHours): ContainerModule =>
  new ContainerModule(({ rebind }) => {
    rebind(BatchScheduler).toResolvedValue(
      (clock: Clock, random: Random) => new HoursScheduler(hours, { clock, random }),
      [Clock, Random],
    );
  });
