import type { WireOf } from '../wire/wire-schema.js';
import { flag, integer, list, object, text, textList, textMap, unixTime, wireSchema } from '../wire/wire-schema.js';
import { AFFINITY_WIRE, CONSTRAINT_WIRE, SPREAD_WIRE } from './constraint.js';
import { MIGRATE_STRATEGY_WIRE, RESCHEDULE_POLICY_WIRE, UPDATE_STRATEGY_WIRE } from './policies.js';
import { TASK_GROUP_WIRE } from './task-group.js';

export type JobStatus = 'pending' | 'running' | 'dead';

/** What its owner asks for; the rest of a {@link Job} is the servers'. */
const SPECIFICATION = {
  region: text('Region'),
  namespace: text('Namespace'),
  id: text('ID'),
  name: text('Name'),
  /** `service`, `batch`, `system` or `sysbatch`. */
  type: text('Type'),
  /** 1 to the agent's `job_max_priority`; 0 stands for the default. */
  priority: integer('Priority'),
  /** Whether a plan is carried out as a whole or not at all. */
  allAtOnce: flag('AllAtOnce'),
  datacenters: textList('Datacenters'),
  nodePool: text('NodePool'),
  constraints: list('Constraints', CONSTRAINT_WIRE),
  affinities: list('Affinities', AFFINITY_WIRE),
  spreads: list('Spreads', SPREAD_WIRE),
  taskGroups: list('TaskGroups', TASK_GROUP_WIRE),
  update: object('Update', UPDATE_STRATEGY_WIRE),
  migrate: object('Migrate', MIGRATE_STRATEGY_WIRE),
  /** The default of its groups. */
  reschedulePolicy: object('Reschedule', RESCHEDULE_POLICY_WIRE),
  meta: textMap('Meta'),
};

/** A job as the API reads and shows it. */
export const JOB_WIRE = wireSchema(
  {
    ...SPECIFICATION,
    /** Whether its owner has stopped it. */
    stop: flag('Stop'),
    /** {@link JobStatus}. */
    status: text('Status'),
    statusDescription: text('StatusDescription'),
    parentId: text('ParentID'),
    stable: flag('Stable'),
    /** Counts the changes of the specification, from 0. */
    version: integer('Version'),
    submitTimeMs: unixTime('SubmitTime'),
    /** Index of the last change of the specification. */
    jobModifyIndex: integer('JobModifyIndex'),
    createIndex: integer('CreateIndex'),
    modifyIndex: integer('ModifyIndex'),
  },
  {
    unsupported: {
      Multiregion: 'jobs of several regions',
      Periodic: 'periodic jobs',
      ParameterizedJob: 'parameterized jobs',
      Payload: 'parameterized jobs',
      UI: 'descriptions for a user interface',
      VersionTag: 'version tags',
    },
  },
);
export type Job = WireOf<typeof JOB_WIRE>;

/** Jobs of one name in two namespaces are two jobs. */
export interface JobKey {
  readonly namespace: string;
  readonly id: string;
}

/** Whether two versions of a job ask for the same. */
export function sameSpecification(a: Job, b: Job): boolean {
  const shown = (job: Job): string => {
    const wire = JOB_WIRE.encode(job);
    return JSON.stringify(Object.values(SPECIFICATION).map(({ name }) => wire[name]));
  };
  return shown(a) === shown(b);
}
