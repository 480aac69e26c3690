import type { Allocation, Evaluation, Job, Node, SchedulerConfiguration } from '@steppe/domain';
import { DEFAULT_SCHEDULER_CONFIGURATION } from '@steppe/domain';
import type { CoreState, SchedulingState } from '@steppe/scheduler';
import type { StateReader } from '@steppe/state';
import {
  ALLOCATIONS,
  EVALUATIONS,
  JOBS,
  NODES,
  SCHEDULER_CONFIGURATION,
  SCHEDULER_CONFIGURATION_KEY,
} from '@steppe/state';
import { allocationsOfJob, jobOfRow, jobVersion, readJob } from './job-rows.js';

/** The region's state as schedulers, plan applier and housekeeping see it. */
export class RegionView implements SchedulingState, CoreState {
  readonly #reader: StateReader;

  constructor(reader: StateReader) {
    this.#reader = reader;
  }

  get index(): number {
    return this.#reader.index;
  }

  get placementIndex(): number {
    return Math.max(this.#reader.tableIndex(NODES), this.#reader.tableIndex(ALLOCATIONS));
  }

  get configuration(): SchedulerConfiguration {
    return schedulerConfiguration(this.#reader);
  }

  job(namespace: string, id: string): Job | undefined {
    return readJob(this.#reader, { namespace, id });
  }

  jobVersion(namespace: string, id: string, jobModifyIndex: number): Job | undefined {
    return jobVersion(this.#reader, { namespace, id }, jobModifyIndex);
  }

  evaluation(id: string): Evaluation | undefined {
    return this.#reader.get(EVALUATIONS, id);
  }

  allocationsOfJob(namespace: string, id: string): readonly Allocation[] {
    return [...allocationsOfJob(this.#reader, { namespace, id })];
  }

  allocationsOfNode(nodeId: string): readonly Allocation[] {
    return [...this.#reader.find(ALLOCATIONS, 'node', nodeId)];
  }

  nodes(): Iterable<Node> {
    return this.#reader.rows(NODES);
  }

  node(id: string): Node | undefined {
    return this.#reader.get(NODES, id);
  }

  evaluations(): Iterable<Evaluation> {
    return this.#reader.rows(EVALUATIONS);
  }

  allocations(): Iterable<Allocation> {
    return this.#reader.rows(ALLOCATIONS);
  }

  jobs(): Iterable<Job> {
    return this.#reader.rows(JOBS).map((row) => jobOfRow(this.#reader, row));
  }
}

/** The settings in force. */
export function schedulerConfiguration(reader: StateReader): SchedulerConfiguration {
  return reader.get(SCHEDULER_CONFIGURATION, SCHEDULER_CONFIGURATION_KEY) ?? DEFAULT_SCHEDULER_CONFIGURATION;
}
