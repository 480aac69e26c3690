import type { Allocation, Evaluation, Job, Node } from '@steppe/domain';
import { ALLOCATION_WIRE, encodeNode, EVALUATION_WIRE, JOB_WIRE } from '@steppe/domain';
import type { Commit, JobRow, Mutation, RowIndexes, Table } from '@steppe/state';
import { ALLOCATIONS, EVALUATIONS, JOB_VERSIONS, jobKey, JOBS, NODES } from '@steppe/state';

/** Kinds of things that events are about. */
export type EventTopic = 'Job' | 'Evaluation' | 'Allocation' | 'Node';

/** Something that has changed. The names are the API's. */
export interface StateEvent {
  readonly Topic: EventTopic;
  readonly Type: string;
  readonly Key: string;
  /** Empty for what is in none. */
  readonly Namespace: string;
  /** Further keys that it can be asked for by. */
  readonly FilterKeys: readonly string[] | null;
  readonly Index: number;
  readonly Payload: object;
}

/** Several may watch, and each is told of every commit. */
const known = new WeakMap<Commit, readonly StateEvent[]>();

/** What a commit means to whoever watches. Depends on the commit alone, so that old ones can be told again. */
export function eventsOf(commit: Commit): readonly StateEvent[] {
  const events = known.get(commit) ?? readEvents(commit);
  known.set(commit, events);
  return events;
}

function readEvents(commit: Commit): readonly StateEvent[] {
  return commit.mutations.flatMap((mutation) => {
    const event = eventOf(mutation, commit);
    return event === undefined ? [] : [event];
  });
}

function eventOf(mutation: Mutation, commit: Commit): StateEvent | undefined {
  switch (mutation.table) {
    case JOB_VERSIONS.name:
      return jobEvent(mutation, commit);
    case JOBS.name:
      return jobGoneEvent(mutation, commit);
    case EVALUATIONS.name:
      return evaluationEvent(mutation, commit);
    case ALLOCATIONS.name:
      return allocationEvent(mutation, commit);
    case NODES.name:
      return nodeEvent(mutation, commit);
    default:
      return undefined;
  }
}

type Put = Extract<Mutation, { readonly op: 'put' }>;

/** The row that a mutation writes, with its indexes. */
function rowOf<Row extends RowIndexes>(table: Table<Row>, { value, createIndex }: Put, { index }: Commit): Row {
  const indexes = { createIndex: createIndex === 0 ? index : createIndex, modifyIndex: index };
  return { ...table.codec.decode(value), ...indexes } as unknown as Row;
}

function jobEvent(mutation: Mutation, commit: Commit): StateEvent | undefined {
  // Older versions are forgotten without a word.
  if (mutation.op === 'delete') return undefined;
  const version: Job = rowOf(JOB_VERSIONS, mutation, commit);
  const row = jobRowOf(version, commit);
  const { status = '', createIndex = commit.index } = row ?? {};
  const job = { ...version, status, createIndex, jobModifyIndex: commit.index };
  const Type = job.stop ? 'JobDeregistered' : 'JobRegistered';
  const { id: Key, namespace: Namespace } = job;
  return {
    Topic: 'Job',
    Type,
    Key,
    Namespace,
    FilterKeys: null,
    Index: commit.index,
    Payload: { Job: JOB_WIRE.encode(job) },
  };
}

/** Where a job stands is written together with its new version. */
function jobRowOf(job: Job, commit: Commit): JobRow | undefined {
  const found = commit.mutations.find(({ table, key }) => table === JOBS.name && key === jobKey(job));
  return found?.op === 'put' ? rowOf(JOBS, found, commit) : undefined;
}

function jobGoneEvent({ op, key }: Mutation, { index }: Commit): StateEvent | undefined {
  if (op !== 'delete') return undefined;
  const slash = key.indexOf('/');
  const [Namespace, Key] = [key.slice(0, slash), key.slice(slash + 1)];
  const Payload = { Job: { ID: Key, Namespace } };
  return { Topic: 'Job', Type: 'JobDeregistered', Key, Namespace, FilterKeys: null, Index: index, Payload };
}

function evaluationEvent(mutation: Mutation, commit: Commit): StateEvent | undefined {
  if (mutation.op === 'delete') return undefined;
  const evaluation: Evaluation = rowOf(EVALUATIONS, mutation, commit);
  const { id, namespace, jobId, deploymentId } = evaluation;
  return {
    Topic: 'Evaluation',
    Type: 'EvaluationUpdated',
    Key: id,
    Namespace: namespace,
    FilterKeys: [jobId, deploymentId].filter((key) => key !== ''),
    Index: commit.index,
    Payload: { Evaluation: EVALUATION_WIRE.encodeSparse(evaluation) },
  };
}

function allocationEvent(mutation: Mutation, commit: Commit): StateEvent | undefined {
  if (mutation.op === 'delete') return undefined;
  const allocation: Allocation = rowOf(ALLOCATIONS, mutation, commit);
  const { id, namespace, jobId, deploymentId } = allocation;
  return {
    Topic: 'Allocation',
    Type: allocationType(mutation, allocation, commit),
    Key: id,
    Namespace: namespace,
    FilterKeys: [jobId, deploymentId].filter((key) => key !== ''),
    Index: commit.index,
    Payload: { Allocation: ALLOCATION_WIRE.encodeSparse(allocation) },
  };
}

function allocationType({ createIndex }: Put, { allocModifyIndex }: Allocation, { index }: Commit): string {
  if (createIndex === 0) return 'AllocationCreated';
  return allocModifyIndex === index ? 'AllocationUpdateDesiredStatus' : 'AllocationUpdated';
}

function nodeEvent(mutation: Mutation, commit: Commit): StateEvent {
  const common = { Topic: 'Node', Key: mutation.key, Namespace: '', FilterKeys: null, Index: commit.index } as const;
  if (mutation.op === 'delete')
    return { ...common, Type: 'NodeDeregistration', Payload: { Node: { ID: mutation.key } } };
  const node: Node = rowOf(NODES, mutation, commit);
  return { ...common, Type: nodeType(mutation, node), Payload: { Node: encodeNode(node) } };
}

/** By what was noted last about it. */
function nodeType({ createIndex }: Put, { events }: Node): string {
  const message = events.at(-1)?.message ?? '';
  if (createIndex === 0) return 'NodeRegistration';
  if (message.startsWith('Node drain')) return 'NodeDrain';
  return message.startsWith('Node marked as') ? 'NodeEligibility' : 'NodeEvent';
}
