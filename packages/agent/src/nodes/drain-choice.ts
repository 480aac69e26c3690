import type { Allocation, Job, JobKey, Node } from '@steppe/domain';
import { isClientTerminal, isServerTerminal, isTerminalAllocation } from '@steppe/domain';
import type { StateReader } from '@steppe/state';
import { ALLOCATIONS } from '@steppe/state';
import { allocationsOfJob, readJob } from '../scheduling/job-rows.js';

/** What is to happen on a draining node now. */
export interface DrainChoice {
  /** Allocations that are to leave it, each with its job. */
  readonly migrate: readonly Allocation[];
  /** Whether nothing is left that would have to. */
  readonly isDone: boolean;
  /** When the rest has to leave, Unix milliseconds; `undefined`: never. */
  readonly deadlineMs: number | undefined;
}

/**
 * Which allocations of a draining node are to move: those of services, as many at once as their groups let, system ones after
 * all others, batch ones not before the deadline; then everything.
 * @see spec "Drain and eligibility" of scheduling
 */
export function drainChoice(
  reader: StateReader,
  { id, drain }: Pick<Node, 'id'> & { readonly drain: NonNullable<Node['drain']> },
  nowMs: number,
): DrainChoice {
  const live = [...reader.find(ALLOCATIONS, 'node', id)].filter((each) => !isTerminalAllocation(each));
  const left = live.filter((each) => !drain.ignoreSystemJobs || typeOf(reader, each) !== 'system');
  const { deadlineMs: limitMs, startedAtMs } = drain;
  const deadlineMs = limitMs > 0 ? startedAtMs + limitMs : undefined;
  const isForced = limitMs < 0 || (deadlineMs !== undefined && nowMs >= deadlineMs);
  const unmarked = left.filter((each) => each.desiredTransition?.migrate !== true);
  const isOnlySystem = left.every((each) => typeOf(reader, each) === 'system');
  const migrate = isForced || isOnlySystem ? unmarked : servicesToMove(reader, unmarked);
  return { migrate, isDone: left.length === 0, deadlineMs: isForced ? undefined : deadlineMs };
}

const keyOf = ({ namespace, jobId }: Allocation): JobKey => ({ namespace, id: jobId });

const typeOf = (reader: StateReader, allocation: Allocation): string =>
  readJob(reader, keyOf(allocation))?.type ?? allocation.jobType;

function servicesToMove(reader: StateReader, candidates: readonly Allocation[]): readonly Allocation[] {
  const groups = new Map<string, Allocation[]>();
  for (const each of candidates) {
    if (typeOf(reader, each) !== 'service') continue;
    const name = `${each.namespace}/${each.jobId} ${each.taskGroup}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [each]);
    else group.push(each);
  }
  return [...groups.values()].flatMap((group) => withinLimit(reader, group));
}

/** As many of a group's allocations as may be away at once, less those that are away already. */
function withinLimit(reader: StateReader, candidates: readonly Allocation[]): readonly Allocation[] {
  const [first] = candidates;
  if (first === undefined) return [];
  const job = readJob(reader, keyOf(first));
  const group = job?.taskGroups.find(({ name }) => name === first.taskGroup);
  // What is stopped anyway needs nobody's care.
  if (job === undefined || group === undefined || job.stop) return candidates;
  const running = healthy(reader, job, first.taskGroup);
  const allowed = running - ((group.count ?? 1) - (group.migrate?.maxParallel ?? 1));
  const idle = candidates.filter(({ clientStatus }) => clientStatus !== 'running');
  const busy = candidates.filter(({ clientStatus }) => clientStatus === 'running');
  return [...idle, ...busy.slice(0, Math.max(0, allowed))];
}

function healthy(reader: StateReader, job: Job, taskGroup: string): number {
  let count = 0;
  for (const each of allocationsOfJob(reader, job)) {
    const isLeaving = each.desiredTransition?.migrate === true || isServerTerminal(each) || isClientTerminal(each);
    if (each.taskGroup === taskGroup && each.clientStatus === 'running' && !isLeaving) count += 1;
  }
  return count;
}
