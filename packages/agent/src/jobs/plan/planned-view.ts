import type { Job } from '@steppe/domain';
import type { StateReader } from '@steppe/state';
import { RegionView } from '../../scheduling/region-view.js';

/** The region's state as it would be if a job were registered. */
export class PlannedView extends RegionView {
  readonly #planned: Job;

  constructor(reader: StateReader, planned: Job) {
    super(reader);
    this.#planned = planned;
  }

  override job(namespace: string, id: string): Job | undefined {
    return this.#isPlanned(namespace, id) ? this.#planned : super.job(namespace, id);
  }

  override jobVersion(namespace: string, id: string, jobModifyIndex: number): Job | undefined {
    const isPlanned = this.#isPlanned(namespace, id) && jobModifyIndex === this.#planned.jobModifyIndex;
    return isPlanned ? this.#planned : super.jobVersion(namespace, id, jobModifyIndex);
  }

  #isPlanned(namespace: string, id: string): boolean {
    return namespace === this.#planned.namespace && id === this.#planned.id;
  }
}
