/**
 * Nouns and pure rules of the cluster. No I/O, no clock, no dependencies: pleasant in a script.
 * @packageDocumentation
 */
export { SteppeError, isSteppeError, errorMessage } from './errors/steppe-error.js';
export type { ErrorDetail } from './errors/steppe-error.js';
export type { DomainError, DomainErrorDetail } from './errors/errors.js';

export { escapeHtml } from './values/escape-html.js';
export { parseGoDuration, formatGoDuration, nanosecondsToMs, msToNanoseconds } from './values/go-duration.js';
export { parseGoBool, parseGoInt, goQuote } from './values/go-text.js';
export { compareBytes } from './values/byte-order.js';
export { parseByteSize } from './values/byte-size.js';
export { isSecretName, redactUrlCredentials } from './values/redaction.js';
export { syntaxError as hclSyntaxError } from './hcl/document.js';
export { isJsonDocument, parseHcl } from './hcl/hcl-parser.js';
export type { JsonDocumentOptions } from './hcl/json-parser.js';
export type { HclEntry, HclObject, HclSyntaxDetail, HclValue, Position } from './hcl/document.js';
export { compilePattern } from './pattern/text-pattern.js';
export type { TextPattern } from './pattern/text-pattern.js';
export { formatRfc3339, parseRfc3339, ZERO_TIME_NS } from './values/rfc3339.js';
export { isUuid } from './values/uuid.js';
export { Secret, REDACTED } from './values/secret.js';
export { isSameDigest, secretDigest } from './values/secret-digest.js';

export { encodeMember, ZERO_MEMBER } from './member/member.js';
export type { Member, MemberStatus, MemberWire, ProtocolRange } from './member/member.js';

export type {
  DrainRecord,
  DrainStatus,
  DrainStrategy,
  DriverInfo,
  Node,
  NodeEvent,
  NodeNetwork,
  NodeRegistration,
  NodeResources,
  NodeStatus,
  ReservedResources,
  SchedulingEligibility,
} from './node/node.js';

export { AFFINITY_WIRE, CONSTRAINT_WIRE, SPREAD_WIRE } from './job/constraint.js';
export type { Affinity, Constraint, Spread } from './job/constraint.js';
export type {
  DisconnectStrategy,
  MigrateStrategy,
  ReschedulePolicy,
  RestartPolicy,
  UpdateStrategy,
} from './job/policies.js';
export type { EphemeralDisk, JobNetwork, Port, TaskResources } from './job/resources.js';
export { IDENTITY_WIRE, TASK_WIRE } from './job/task.js';
export type { Task, TaskIdentity, TaskLifecycle, TaskLogConfig } from './job/task.js';
export { API_AUDIENCE, DEFAULT_IDENTITY, identitiesOf } from './job/task-identities.js';
export type { SignedIdentity } from './job/task-identities.js';
export { TASK_GROUP_WIRE } from './job/task-group.js';
export type { TaskGroup } from './job/task-group.js';
export { JOB_WIRE, sameSpecification } from './job/job.js';
export type { Job, JobKey, JobStatus } from './job/job.js';
export { JOB_SUBMISSION_WIRE } from './job/job-submission.js';
export type { JobSubmission } from './job/job-submission.js';
export { SCALING_EVENT_WIRE } from './job/scaling-event.js';
export type { ScalingEvent } from './job/scaling-event.js';
export { jobStatus } from './job/job-status.js';
export { canonicalJob } from './job/canonical-job.js';
export type { JobDefaults } from './job/canonical-job.js';
export { diffJobs } from './job/diff/job-diff.js';
export type {
  DiffType,
  FieldDiff,
  JobDiff,
  ObjectDiff,
  TaskDiff,
  TaskGroupDiff,
} from './job/diff/diff-shapes.js';
export { parseJobHcl } from './job/hcl/parse-job-hcl.js';
export { jobProblems } from './job/validate-job.js';
export type { JobLimits } from './job/validate-job.js';

export { CORE_NAMESPACE, CORE_PRIORITY, EVALUATION_WIRE, isTerminalEvaluation } from './evaluation/evaluation.js';
export type { Evaluation, EvaluationStatus, EvaluationTrigger } from './evaluation/evaluation.js';
export { ALLOC_METRIC_WIRE } from './allocation/alloc-metric.js';
export type { AllocMetric, NodeScore } from './allocation/alloc-metric.js';
export { ALLOCATED_RESOURCES_WIRE, totalsOf } from './allocation/allocated-resources.js';
export type { AllocatedPort, AllocatedResources, ResourceTotals } from './allocation/allocated-resources.js';
export { TASK_EVENT_WIRE, TASK_STATE_WIRE } from './allocation/task-state.js';
export type { TaskEvent, TaskState } from './allocation/task-state.js';
export {
  ALLOCATION_WIRE,
  STORED_ALLOCATION_WIRE,
  allocationIndex,
  allocationName,
  isClientTerminal,
  isServerTerminal,
  isTerminalAllocation,
} from './allocation/allocation.js';
export type {
  Allocation,
  ClientStatus,
  DesiredStatus,
  DesiredTransition,
  RescheduleEvent,
  RescheduleTracker,
} from './allocation/allocation.js';
export { isNoOp } from './plan/plan.js';
export type { AllocationStop, Plan, PlanResult } from './plan/plan.js';

export {
  DEFAULT_SCHEDULER_CONFIGURATION,
  SCHEDULER_ALGORITHMS,
  SCHEDULER_CONFIGURATION_WIRE,
} from './scheduling/scheduler-configuration.js';
export type { SchedulerConfiguration } from './scheduling/scheduler-configuration.js';
export { DEFAULT_NAMESPACE, NAMESPACE_WIRE } from './namespace/namespace.js';
export type { Namespace } from './namespace/namespace.js';
export { parseNamespaceHcl } from './namespace/parse-namespace-hcl.js';
export { ALL_NODE_POOL, BUILT_IN_NODE_POOLS, DEFAULT_NODE_POOL, NODE_POOL_WIRE } from './node/node-pool.js';
export type { NodePool } from './node/node-pool.js';
export { parseNodePoolHcl } from './node/parse-node-pool-hcl.js';
export { SCHEDULER_TYPES, isSchedulerType } from './scheduling/scheduler-types.js';
export type { SchedulerType } from './scheduling/scheduler-types.js';

export { encodeJson, JsonSnapshot } from './wire/json.js';
export type { JsonEncodeOptions } from './wire/json.js';
export { encodeNode, encodeNodeResources, encodeNodeStub } from './wire/node.js';
export { encodeTimestamp, GO_ZERO_TIME_MS } from './wire/timestamp.js';
export {
  anyMap,
  decimal,
  decimalMap,
  duration,
  flag,
  flagMap,
  integer,
  integerMap,
  list,
  map,
  object,
  optional,
  text,
  textList,
  textMap,
  timestamp,
  unixTime,
  wireSchema,
} from './wire/wire-schema.js';
export type { WireField, WireOf, WireSchema, WireSchemaOptions } from './wire/wire-schema.js';

export type { AclPolicy, JobAcl } from './acl/acl-policy.js';
export type { AclRole } from './acl/acl-role.js';
export type { AclToken, OneTimeToken, RoleLink } from './acl/acl-token.js';
export { decodeAclPolicy, encodeAclPolicy, encodeAclPolicyStub } from './wire/acl-policy.js';
export { decodeAclRole, encodeAclRole } from './wire/acl-role.js';
export {
  decodeAclToken,
  decodeOneTimeToken,
  encodeAclToken,
  encodeAclTokenStub,
  encodeOneTimeToken,
} from './wire/acl-token.js';
export { WireFields } from './wire/wire-fields.js';
