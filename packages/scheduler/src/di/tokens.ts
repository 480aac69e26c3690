import { token } from '@steppe/runtime/di';
import type * as core from '../index.js';

/** Where evaluations are put for workers. */
export type EvalBroker = core.EvalBroker;
export const EvalBroker = token<core.EvalBroker>('@steppe/scheduler/EvalBroker');

/** Where this server's workers get evaluations from; by default its own broker. */
export type EvalSource = core.EvalSource;
export const EvalSource = token<core.EvalSource>('@steppe/scheduler/EvalSource');

/** How workers reach state and leader; the assembly binds it. */
export type SchedulingLink = core.SchedulingLink;
export const SchedulingLink = token<core.SchedulingLink>('@steppe/scheduler/SchedulingLink');

/** Contribution point: schedulers by type of evaluation. */
export type SchedulerContribution = core.SchedulerContribution;
export const SchedulerContribution = token<core.SchedulerContribution>('@steppe/scheduler/SchedulerContribution');

export type WorkerPool = core.WorkerPool;
export const WorkerPool = token<core.WorkerPool>('@steppe/scheduler/WorkerPool');

/** The built-in pool, for wrapping. */
export const DefaultWorkerPool = token<core.WorkerPoolImpl>('@steppe/scheduler/DefaultWorkerPool');

export type WorkerPoolOptions = core.WorkerPoolOptions;
export const WorkerPoolOptions = token<core.WorkerPoolOptions>('@steppe/scheduler/WorkerPoolOptions');
