import type { Evaluation, Job, JobDiff } from '@steppe/domain';
import { diffJobs, sameSpecification } from '@steppe/domain';
import type { Clock, Random } from '@steppe/runtime';
import type { SchedulerContribution } from '@steppe/scheduler';
import type { StateStore } from '@steppe/state';
import { readJob } from '../../scheduling/job-rows.js';
import { admitJob } from '../admit-job.js';
import type { JobSettings } from '../job-settings.js';
import { newEvaluation } from '../new-evaluation.js';
import { annotatedDiff } from './annotated-diff.js';
import type { DesiredUpdates } from './desired-updates.js';
import { desiredUpdates } from './desired-updates.js';
import { PlannedView } from './planned-view.js';
import { RecordingPlanner } from './recording-planner.js';

export interface JobPlansDeps {
  readonly state: StateStore;
  readonly schedulers: readonly SchedulerContribution[];
  readonly clock: Clock;
  readonly random: Random;
}

/** What registering a job would lead to. */
export interface JobPlan {
  readonly updates: Readonly<Record<string, Readonly<DesiredUpdates>>>;
  /** The evaluation as its scheduler would leave it. */
  readonly evaluation: Evaluation;
  /** Evaluations that would be made for later. */
  readonly created: readonly Evaluation[];
  readonly diff: JobDiff | undefined;
  /** Of the job as it is; 0 when there is none. */
  readonly jobModifyIndex: number;
  /** Of the state that was looked at. */
  readonly index: number;
}

/** Dry runs: the real scheduler on the state as it would be, with nothing written. */
export class JobPlans {
  readonly #settings: JobSettings;
  readonly #deps: JobPlansDeps;

  constructor(settings: JobSettings, deps: JobPlansDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  /** @throws JOB_INVALID, and what a scheduler throws */
  async plan(given: Job, { diff, signal }: { readonly diff: boolean; readonly signal: AbortSignal }): Promise<JobPlan> {
    const { state, clock, random } = this.#deps;
    const snapshot = state.snapshot();
    const admitted = admitJob(snapshot, given, this.#settings);
    const existing = readJob(snapshot, admitted);
    const planned = plannedJob(admitted, existing, snapshot.index + 1);
    const id = random.uuid();
    const evaluation = {
      ...newEvaluation(planned, { id, triggeredBy: 'job-register', nowMs: clock.now() }),
      annotatePlan: true,
    };
    const view = new PlannedView(snapshot, planned);
    const planner = new RecordingPlanner(view, evaluation);
    await this.#schedulerOf(planned).process(evaluation, planner, { signal });
    const updates = desiredUpdates(planned, view.allocationsOfJob(planned.namespace, planned.id), planner);
    return {
      updates,
      evaluation: planner.evaluation,
      created: planner.created,
      diff: diff ? annotatedDiff(diffJobs(existing, planned), updates) : undefined,
      jobModifyIndex: existing?.jobModifyIndex ?? 0,
      index: snapshot.index,
    };
  }

  #schedulerOf({ type }: Job): SchedulerContribution {
    const scheduler = this.#deps.schedulers.find((each) => each.type === type);
    if (scheduler === undefined) throw new Error(`no scheduler for jobs of type ${type}`);
    return scheduler;
  }
}

/** The job with what servers would note about it. @param index - of the write that would register it */
function plannedJob(job: Job, existing: Job | undefined, index: number): Job {
  if (existing === undefined)
    return { ...job, version: 0, createIndex: index, modifyIndex: index, jobModifyIndex: index };
  const isSame = existing.stop === job.stop && sameSpecification(existing, job);
  if (isSame) return existing;
  const version = existing.version + 1;
  return { ...job, version, createIndex: existing.createIndex, modifyIndex: index, jobModifyIndex: index };
}
