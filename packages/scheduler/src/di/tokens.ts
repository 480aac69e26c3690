import { token } from '@steppe/runtime/di';
import type * as core from '../index.js';

/** Where evaluations wait for workers, on the leader. */
export type EvalBroker = core.EvalBroker;
export const EvalBroker = token<core.EvalBroker>('@steppe/scheduler/EvalBroker');

/** Where workers get evaluations from; bound by the assembly. Without it: this process's own broker. */
export type EvalSource = core.EvalSource;
export const EvalSource = token<core.EvalSource>('@steppe/scheduler/EvalSource');

/** The region's state; bound by the assembly. Without it there is no {@link RegionScheduling}. */
export type RegionStore = core.RegionStore;
export const RegionStore = token<core.RegionStore>('@steppe/scheduler/RegionStore');

/** Who is told of nodes that refuse plans; bound by the assembly. Without it nobody is. */
export type PlanRejections = core.PlanRejections;
export const PlanRejections = token<core.PlanRejections>('@steppe/scheduler/PlanRejections');

/** What a server does for scheduling when it leads. */
export type RegionScheduling = core.RegionScheduling;
export const RegionScheduling = token<core.RegionScheduling>('@steppe/scheduler/RegionScheduling');

/** How workers reach state and leader; bound by the assembly. Without it workers hand back what they get. */
export type SchedulingLink = core.SchedulingLink;
export const SchedulingLink = token<core.SchedulingLink>('@steppe/scheduler/SchedulingLink');

/** Contribution point: schedulers by type of evaluation. */
export type SchedulerContribution = core.SchedulerContribution;
export const SchedulerContribution = token<core.SchedulerContribution>('@steppe/scheduler/SchedulerContribution');

/** The built-in schedulers, for replacing or wrapping one. */
export const ServiceScheduler = token<core.SchedulerContribution>('@steppe/scheduler/ServiceScheduler');
export const BatchScheduler = token<core.SchedulerContribution>('@steppe/scheduler/BatchScheduler');
export const SystemScheduler = token<core.SchedulerContribution>('@steppe/scheduler/SystemScheduler');
export const SysbatchScheduler = token<core.SchedulerContribution>('@steppe/scheduler/SysbatchScheduler');

export type WorkerPool = core.WorkerPool;
export const WorkerPool = token<core.WorkerPool>('@steppe/scheduler/WorkerPool');

/** The built-in pool, for wrapping. */
export const DefaultWorkerPool = token<core.WorkerPoolImpl>('@steppe/scheduler/DefaultWorkerPool');

export type WorkerPoolOptions = core.WorkerPoolOptions;
export const WorkerPoolOptions = token<core.WorkerPoolOptions>('@steppe/scheduler/WorkerPoolOptions');
