import type { Allocation, Evaluation, Job, JobKey, JobSubmission, ScalingEvent } from '@steppe/domain';
import { goQuote, isTerminalAllocation, sameSpecification } from '@steppe/domain';
import type { Clock, Random } from '@steppe/runtime';
import type { StateReader, StateStore, StateTransaction } from '@steppe/state';
import {
  ALLOCATIONS,
  JOB_SUBMISSIONS,
  jobKey,
  JOBS,
  SCHEDULER_CONFIGURATION,
  SCHEDULER_CONFIGURATION_KEY,
} from '@steppe/state';
import { apiError } from '../http/api-error.js';
import { inParts } from '../scheduling/in-parts.js';
import { allocationsOfJob, deleteJob, jobVersions, putJobVersion, readJob } from '../scheduling/job-rows.js';
import { putDesiredAllocations, putEvaluations } from '../scheduling/region-writes.js';
import { putScalingEvent } from '../scheduling/scaling-events.js';
import { admitJob } from './admit-job.js';
import type { JobSettings } from './job-settings.js';
import { newEvaluation } from './new-evaluation.js';
import type { PreservedParts } from './preserved-parts.js';
import { withPreserved } from './preserved-parts.js';

export interface JobRegistryDeps {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
}

export interface RegisterOptions extends PreservedParts {
  /** The write is made only if the job has this index; 0: if there is no such job. */
  readonly enforceIndex: number | undefined;
  /** Of the evaluation; 0: the job's. */
  readonly evalPriority: number;
  /** What its owner has written it down as. */
  readonly submission: JobSubmission | undefined;
  /** Whether the caller may register jobs while that is turned off. */
  readonly isManagement: boolean;
}

export interface DeregisterOptions {
  /** Whether the job is forgotten, rather than stopped. */
  readonly purge: boolean;
  /** Of the evaluation; 0: the job's. */
  readonly evalPriority: number;
  /** Whether tasks end at once, whatever their shutdown delay. */
  readonly noShutdownDelay: boolean;
}

export interface ScaleOptions {
  readonly group: string;
  /** `undefined`: nothing changes. */
  readonly count: number | undefined;
  /** For whoever asks for the events of the group. */
  readonly told: Pick<ScalingEvent, 'error' | 'message' | 'meta'>;
  /** Only if the job has this index; `undefined`: whatever it has. */
  readonly enforceIndex: number | undefined;
  readonly isManagement: boolean;
}

export interface RevertOptions {
  readonly version: number;
  /** The version that the job must have now. */
  readonly enforcePriorVersion: number | undefined;
  readonly isManagement: boolean;
}

/** What has come of a write: where the evaluation is, if there is one, and which index the job has. */
export interface JobWrite {
  /** Empty when there is none. */
  readonly evalId: string;
  readonly evalCreateIndex: number;
  readonly jobModifyIndex: number;
  /** Index of the write. */
  readonly index: number;
  /** For whoever asked for it; empty without any. */
  readonly warnings: string;
}

/** Nomad: whatever the job's type, as that scheduler stops allocations of any. */
const STOPPING_TYPE = 'service';
const UNSET_PRIORITY = 50;

/** Writes of jobs: each with the evaluation that has it carried out, in one transaction. */
export class JobRegistry {
  readonly #settings: JobSettings;
  readonly #deps: JobRegistryDeps;

  constructor(settings: JobSettings, deps: JobRegistryDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  /**
   * Adds a job or changes it. One that asks for the same as before is evaluated again, and stays the version it is.
   * @throws JOB_INVALID, JOB_INDEX_ENFORCED, JOB_REGISTRATION_REJECTED, and what a transaction throws
   */
  async register(given: Job, options: RegisterOptions): Promise<JobWrite> {
    const { evalPriority, enforceIndex, submission } = options;
    this.#demandPriority(evalPriority);
    const warnings = this.#sourceWarning(submission);
    const written = await this.#write((tx, stamp) => {
      demandRegistration(tx, options);
      const admitted = admitJob(tx, given, this.#settings);
      const existing = readJob(tx, admitted);
      demandIndex(existing, enforceIndex);
      const job = withPreserved(admitted, existing, options);
      const jobModifyIndex = this.#putVersion(tx, job, existing, stamp.nowMs);
      if (submission !== undefined && warnings === '') putSubmission(tx, job, submission);
      const priority = evalPriority || job.priority;
      return {
        jobModifyIndex,
        evaluation: newEvaluation({ ...job, priority, jobModifyIndex }, stamp.of('job-register')),
      };
    });
    return { ...written, warnings };
  }

  /** Stops a job, or forgets it. Of one that does not exist nothing is written. @throws what a transaction throws */
  async deregister(key: JobKey, { purge, evalPriority, noShutdownDelay }: DeregisterOptions): Promise<JobWrite> {
    this.#demandPriority(evalPriority);
    if (noShutdownDelay && readJob(this.#deps.state.snapshot(), key) !== undefined) {
      await this.#mark(key, { noShutdownDelay: true }, (each) => !isTerminalAllocation(each));
    }
    return this.#write((tx, stamp) => {
      const job = readJob(tx, key);
      if (job === undefined) return { jobModifyIndex: 0, evaluation: undefined };
      const jobModifyIndex = purge ? tx.index : this.#putVersion(tx, { ...job, stop: true }, job, stamp.nowMs);
      if (purge) deleteJob(tx, job);
      const priority = evalPriority || job.priority || UNSET_PRIORITY;
      const evaluated = { ...job, type: STOPPING_TYPE, priority, jobModifyIndex };
      return { jobModifyIndex, evaluation: newEvaluation(evaluated, stamp.of('job-deregister')) };
    });
  }

  /**
   * Has a job looked at again.
   * @param forceReschedule - whether what has failed is replaced now, whatever the policy says
   * @throws JOB_NOT_FOUND, and what a transaction throws
   */
  async evaluate(key: JobKey, { forceReschedule }: { readonly forceReschedule: boolean }): Promise<JobWrite> {
    demandJob(this.#deps.state.snapshot(), key);
    if (forceReschedule) {
      await this.#mark(key, { forceReschedule: true }, ({ clientStatus }) => clientStatus === 'failed');
    }
    return this.#write((tx, stamp) => {
      const job = demandJob(tx, key);
      return { jobModifyIndex: job.jobModifyIndex, evaluation: newEvaluation(job, stamp.of('job-register')) };
    });
  }

  /**
   * Changes how many allocations a group has, or only notes that somebody could or would not.
   * @throws JOB_NOT_FOUND, JOB_INDEX_ENFORCED, JOB_INVALID, JOB_REGISTRATION_REJECTED, and what a transaction throws
   */
  scale(key: JobKey, options: ScaleOptions): Promise<JobWrite> {
    const { group: name, count, told } = options;
    return this.#write((tx, stamp) => {
      demandRegistration(tx, options);
      const existing = demandJob(tx, key);
      demandIndex(existing, options.enforceIndex);
      const scaled = existing.taskGroups.find((group) => group.name === name);
      if (scaled === undefined) {
        throw apiError('JOB_INVALID', `task group ${goQuote(name)} specified for scaling does not exist in job`);
      }
      const event = { ...told, count, previousCount: scaled.count ?? 1, timeMs: stamp.nowMs };
      if (count === undefined) {
        putScalingEvent(tx, existing, name, { ...event, evalId: undefined });
        return { jobModifyIndex: existing.jobModifyIndex, evaluation: undefined };
      }
      const taskGroups = existing.taskGroups.map((group) => (group === scaled ? { ...group, count } : group));
      const job = admitJob(tx, { ...existing, taskGroups }, this.#settings);
      const jobModifyIndex = this.#putVersion(tx, job, existing, stamp.nowMs);
      const evaluation = newEvaluation({ ...job, jobModifyIndex }, stamp.of('job-scaling'));
      putScalingEvent(tx, existing, name, { ...event, evalId: evaluation.id });
      return { jobModifyIndex, evaluation };
    });
  }

  /** Registers an older version of a job anew. @throws JOB_NOT_FOUND, JOB_VERSION_UNKNOWN, JOB_INVALID, and as `register` */
  revert(key: JobKey, options: RevertOptions): Promise<JobWrite> {
    const { version, enforcePriorVersion } = options;
    return this.#write((tx, stamp) => {
      demandRegistration(tx, options);
      const existing = demandJob(tx, key);
      if (enforcePriorVersion !== undefined && enforcePriorVersion !== existing.version) {
        throw apiError(
          'JOB_REVERT_REFUSED',
          `Current job has version ${existing.version}; enforcing version ${enforcePriorVersion}`,
        );
      }
      if (version === existing.version) throw apiError('JOB_REVERT_REFUSED', "can't revert to current version");
      const earlier = jobVersions(tx, key).find((each) => each.version === version);
      if (earlier === undefined) throw apiError('JOB_VERSION_UNKNOWN', key, version);
      const job = admitJob(tx, { ...earlier, stop: false }, this.#settings);
      const jobModifyIndex = this.#putVersion(tx, job, existing, stamp.nowMs);
      return { jobModifyIndex, evaluation: newEvaluation({ ...job, jobModifyIndex }, stamp.of('job-register')) };
    });
  }

  /** Notes with allocations of a job what is to become of them, in as many writes as the engine needs for that. */
  async #mark(key: JobKey, transition: Transition, isMeant: (allocation: Allocation) => boolean): Promise<void> {
    const { state } = this.#deps;
    const meant = [...allocationsOfJob(state.snapshot(), key)].filter(isMeant);
    await inParts(meant, async (part) => {
      const { index } = await state.transact((tx) => {
        const current = part.map(({ id }) => tx.get(ALLOCATIONS, id)).filter((each) => each !== undefined);
        putDesiredAllocations(
          tx,
          current.filter(isMeant).map((each) => withTransition(each, transition)),
        );
      });
      return index;
    });
  }

  async #write(
    work: (
      tx: StateTransaction,
      stamp: Stamp,
    ) => { readonly jobModifyIndex: number; readonly evaluation: Evaluation | undefined },
  ): Promise<JobWrite> {
    const { state, clock, random } = this.#deps;
    const id = random.uuid();
    const nowMs = clock.now();
    const stamp: Stamp = { nowMs, of: (triggeredBy) => ({ id, triggeredBy, nowMs }) };
    const { index, value } = await state.transact((tx) => {
      const { evaluation, jobModifyIndex } = work(tx, stamp);
      if (evaluation !== undefined) putEvaluations(tx, [evaluation]);
      // With etcd the index of what is written now is a guess until it is.
      return {
        hasEval: evaluation !== undefined,
        jobModifyIndex: jobModifyIndex === tx.index ? undefined : jobModifyIndex,
      };
    });
    const { hasEval, jobModifyIndex = index } = value;
    return { evalId: hasEval ? id : '', evalCreateIndex: hasEval ? index : 0, jobModifyIndex, index, warnings: '' };
  }

  /** @returns the index of the version that holds now */
  #putVersion(tx: StateTransaction, job: Job, existing: Job | undefined, nowMs: number): number {
    const isSame = existing !== undefined && existing.stop === job.stop && sameSpecification(existing, job);
    if (isSame) return existing.jobModifyIndex;
    const { trackedVersions } = this.#settings;
    const fresh = { ...job, submitTimeMs: nowMs, stable: false, statusDescription: '', parentId: '' };
    putJobVersion(tx, fresh, { keep: trackedVersions });
    return tx.index;
  }

  /** Nomad: a job is registered whether or not there is room for its source. */
  #sourceWarning(submission: JobSubmission | undefined): string {
    const { maxSourceBytes } = this.#settings;
    const size = Buffer.byteLength(submission?.source ?? '');
    return size <= maxSourceBytes
      ? ''
      : `job source size of ${size} bytes exceeds maximum of ${maxSourceBytes} bytes and will be discarded`;
  }

  #demandPriority(priority: number): void {
    const { maxPriority } = this.#settings;
    if (priority >= 0 && priority <= maxPriority) return;
    throw apiError('JOB_INVALID', `EvalPriority must be between [0, ${maxPriority}], got ${priority}`);
  }
}

/** Notes what the newest version was written down as. */
function putSubmission(tx: StateTransaction, key: JobKey, submission: JobSubmission): void {
  const row = tx.get(JOBS, jobKey(key));
  if (row !== undefined)
    tx.put(JOB_SUBMISSIONS, { ...submission, namespace: row.namespace, id: row.id, version: row.version });
}

interface Stamp {
  /** Unix milliseconds. */
  readonly nowMs: number;
  of(triggeredBy: Parameters<typeof newEvaluation>[1]['triggeredBy']): Parameters<typeof newEvaluation>[1];
}

type Transition = Partial<NonNullable<Allocation['desiredTransition']>>;

/** An allocation with something added to what is to become of it. */
export const withTransition = (allocation: Allocation, changes: Transition): Allocation => ({
  ...allocation,
  desiredTransition: { ...NO_TRANSITION, ...allocation.desiredTransition, ...changes },
});

const NO_TRANSITION = { migrate: false, reschedule: false, forceReschedule: false, noShutdownDelay: false };

function demandRegistration(reader: StateReader, { isManagement }: { readonly isManagement: boolean }): void {
  if (isManagement) return;
  const settings = reader.get(SCHEDULER_CONFIGURATION, SCHEDULER_CONFIGURATION_KEY);
  if (settings?.rejectJobRegistration === true) throw apiError('JOB_REGISTRATION_REJECTED');
}

function demandJob(reader: StateReader, key: JobKey): Job {
  const job = readJob(reader, key);
  if (job === undefined) throw apiError('JOB_NOT_FOUND');
  return job;
}

function demandIndex(existing: Job | undefined, enforced: number | undefined): void {
  if (enforced === undefined || enforced === (existing?.jobModifyIndex ?? 0)) return;
  const conflict =
    existing === undefined
      ? 'job does not exist'
      : enforced === 0
        ? 'job already exists'
        : `job exists with conflicting job modify index: ${existing.jobModifyIndex}`;
  throw apiError('JOB_INDEX_ENFORCED', enforced, conflict);
}
