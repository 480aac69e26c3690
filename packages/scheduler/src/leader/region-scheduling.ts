import type { Clock, Logger, Metrics, Random } from '@steppe/runtime';
import { BlockedEvals } from '../blocked/blocked-evals.js';
import type { EvalBroker } from '../broker/eval-broker.js';
import { PlanQueue } from '../plan/plan-queue.js';
import type { PlanRejections } from '../plan/plan-rejection-tracker.js';
import type { RegionStore } from './region-store.js';
import { SchedulingEntrance } from './scheduling-entrance.js';
import { SchedulingLeader } from './scheduling-leader.js';

export interface RegionSchedulingDeps {
  readonly broker: EvalBroker;
  readonly store: RegionStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly rejections?: PlanRejections | undefined;
}

/** Scheduling of a region on a server that may lead it: told of the lead and of changes on one side, asked by workers on the other. */
export class RegionScheduling {
  readonly leader: SchedulingLeader;
  readonly entrance: SchedulingEntrance;

  constructor(deps: RegionSchedulingDeps) {
    const { broker, clock } = deps;
    const blocked = new BlockedEvals({ clock, enqueue: (evaluation, token) => broker.enqueue(evaluation, token) });
    const parts = { ...deps, blocked, queue: new PlanQueue() };
    this.leader = new SchedulingLeader(parts);
    this.entrance = new SchedulingEntrance(parts);
  }
}
