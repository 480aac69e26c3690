import { compilePattern } from '../pattern/text-pattern.js';
import { goQuote } from '../values/go-text.js';
import type { Affinity, Constraint, Spread } from './constraint.js';
import type { Job } from './job.js';
import type { ReschedulePolicy, RestartPolicy } from './policies.js';
import type { Task } from './task.js';
import { identityProblems } from './validate-identities.js';
import type { TaskGroup } from './task-group.js';

export interface JobLimits {
  /** `server.job_max_priority`. */
  readonly maxPriority: number;
}

const TYPES: ReadonlySet<string> = new Set(['service', 'batch', 'system', 'sysbatch']);
const OPERANDS: readonly string[] = [
  '=',
  '==',
  'is',
  '!=',
  'not',
  '<',
  '<=',
  '>',
  '>=',
  'version',
  'semver',
  'regexp',
  'set_contains',
  'set_contains_all',
  'set_contains_any',
  'is_set',
  'is_not_set',
];
const JOB_OPERANDS: readonly string[] = [...OPERANDS, 'distinct_hosts', 'distinct_property'];
const MIN_RESCHEDULE_DELAY_MS = 5_000;
const MIN_INTERVAL_MS = 15_000;
const MIN_CPU = 1;
const MIN_MEMORY_MB = 10;
const MAX_PORT = 65_535;

/** Everything that is wrong with a canonical job, a sentence each, naming the place; empty for a good one. */
export function jobProblems(job: Job, { maxPriority }: JobLimits): readonly string[] {
  const problems: string[] = [];
  if (job.id === '') problems.push('Missing job ID');
  else if (/[\s\0]/.test(job.id)) problems.push('Job ID contains a space or NUL');
  if (Buffer.byteLength(job.id) > 256) problems.push('Job ID is longer than 256 bytes');
  if (/\0/.test(job.name)) problems.push('Job name contains a NUL');
  if (!TYPES.has(job.type)) problems.push(`Invalid job type: ${goQuote(job.type)}`);
  if (job.priority < 1 || job.priority > maxPriority) {
    problems.push(`Job priority must be between [1, ${maxPriority}]`);
  }
  if (job.datacenters.includes('')) problems.push('Job datacenter must be non-empty string');
  if (job.taskGroups.length === 0) problems.push('Missing job task groups');
  const isSystem = job.type === 'system' || job.type === 'sysbatch';
  if (isSystem && job.affinities.length > 0) problems.push('System jobs may not have an affinity block');
  if (isSystem && job.spreads.length > 0) problems.push('System jobs may not have a spread block');
  problems.push(...placementProblems(job, JOB_OPERANDS));
  problems.push(...duplicates(job.taskGroups).map((name) => `Job task group ${name} defined more than once`));
  for (const [index, group] of job.taskGroups.entries()) {
    const name = group.name === '' ? `${index + 1}` : group.name;
    problems.push(...groupProblems(group, job).map((problem) => `Task group ${name} validation failed: ${problem}`));
  }
  return problems;
}

function groupProblems(group: TaskGroup, { type }: Job): readonly string[] {
  const problems: string[] = [];
  if (group.name === '') problems.push('Missing task group name');
  if (/[/\0]/.test(group.name)) problems.push('Task group name contains a slash or NUL');
  if ((group.count ?? 1) < 0) problems.push("Task group count can't be negative");
  if (group.tasks.length === 0) problems.push('Missing tasks for task group');
  problems.push(...placementProblems(group, JOB_OPERANDS));
  problems.push(...restartProblems(group.restartPolicy));
  if (group.reschedulePolicy !== undefined) {
    if (type === 'system' || type === 'sysbatch') problems.push(`Should not allow reschedule policy for ${type} jobs`);
    else problems.push(...rescheduleProblems(group.reschedulePolicy));
  }
  if (group.update !== undefined && group.update.maxParallel < 0) {
    problems.push(`Max parallel can not be less than zero: ${group.update.maxParallel} < 0`);
  }
  if ((group.ephemeralDisk?.sizeMb ?? MIN_MEMORY_MB) < MIN_MEMORY_MB) {
    problems.push(`Ephemeral disk size must be at least ${MIN_MEMORY_MB} MB, got ${group.ephemeralDisk?.sizeMb}`);
  }
  if (group.networks.length > 1) problems.push('Only one network block is allowed');
  problems.push(...networkProblems(group));
  const leaders = group.tasks.filter(({ leader }) => leader).length;
  if (leaders > 1) problems.push('Only one task may be marked as leader');
  if (group.tasks.length > 0 && group.tasks.every(({ lifecycle }) => lifecycle !== undefined)) {
    problems.push('Task group must contain a task without lifecycle hook');
  }
  problems.push(...duplicates(group.tasks).map((name) => `Task ${name} defined more than once`));
  for (const [index, task] of group.tasks.entries()) {
    const name = task.name === '' ? `${index + 1}` : task.name;
    problems.push(...taskProblems(task).map((problem) => `Task ${name} validation failed: ${problem}`));
  }
  return problems;
}

function taskProblems(task: Task): readonly string[] {
  const problems: string[] = [];
  if (task.name === '') problems.push('Missing task name');
  // It is the name of a directory.
  if (/[/\\\0]/.test(task.name) || task.name === '.' || task.name === '..') {
    problems.push('Task name cannot include slashes or NUL, and cannot be a dot');
  }
  if (task.driver === '') problems.push('Missing task driver');
  problems.push(...identityProblems(task));
  if (task.killTimeoutMs < 0) problems.push('KillTimeout must be a positive value');
  if (task.shutdownDelayMs < 0) problems.push('ShutdownDelay must be a positive value');
  if (task.resources !== undefined) {
    const { cpu, memoryMb, memoryMaxMb } = task.resources;
    if (cpu < MIN_CPU) problems.push(`minimum CPU value is ${MIN_CPU}; got ${cpu}`);
    if (memoryMb < MIN_MEMORY_MB) problems.push(`minimum MemoryMB value is ${MIN_MEMORY_MB}; got ${memoryMb}`);
    if (memoryMaxMb !== 0 && memoryMaxMb !== -1 && memoryMaxMb < memoryMb) {
      problems.push(`MemoryMaxMB value (${memoryMaxMb}) should be larger than MemoryMB value (${memoryMb})`);
    }
  }
  if (task.logConfig !== undefined && !task.logConfig.disabled) {
    const { maxFiles, maxFileSizeMb } = task.logConfig;
    if (maxFiles < 1) problems.push(`minimum number of files is 1; got ${maxFiles}`);
    if (maxFileSizeMb < 1) problems.push(`minimum file size is 1MB; got ${maxFileSizeMb}`);
  }
  if (task.lifecycle !== undefined && !['prestart', 'poststart', 'poststop'].includes(task.lifecycle.hook)) {
    problems.push(`invalid hook: ${task.lifecycle.hook}`);
  }
  problems.push(...placementProblems({ ...task, spreads: [] }, OPERANDS));
  problems.push(...restartProblems(task.restartPolicy));
  return problems;
}

function placementProblems(
  {
    constraints,
    affinities,
    spreads,
  }: {
    readonly constraints: readonly Constraint[];
    readonly affinities: readonly Affinity[];
    readonly spreads: readonly Spread[];
  },
  operands: readonly string[],
): readonly string[] {
  return [
    ...constraints.flatMap(({ operand, left, right }, index) => {
      const problem = conditionProblem(operand, left, right, operands);
      return problem === undefined ? [] : [`Constraint ${index + 1} validation failed: ${problem}`];
    }),
    ...affinities.flatMap(({ operand, left, right, weight }, index) => {
      const problem =
        weight === 0 || Math.abs(weight) > 100
          ? `Affinity weight must be within the range [-100,100] and not zero, got ${weight}`
          : conditionProblem(operand, left, right, OPERANDS);
      return problem === undefined ? [] : [`Affinity ${index + 1} validation failed: ${problem}`];
    }),
    ...spreads.flatMap((spread, index) =>
      spreadProblems(spread).map((problem) => `Spread ${index + 1} validation failed: ${problem}`),
    ),
  ];
}

function conditionProblem(
  operand: string,
  left: string,
  right: string,
  operands: readonly string[],
): string | undefined {
  if (!operands.includes(operand)) return `Unknown constraint type ${goQuote(operand)}`;
  const needsRight = !['is_set', 'is_not_set', 'distinct_hosts', 'distinct_property'].includes(operand);
  if (needsRight && right === '') return `Operator ${goQuote(operand)} requires an RTarget`;
  if (operand !== 'distinct_hosts' && left === '') return 'No LTarget provided but is required by constraint';
  if (operand === 'regexp' && compilePattern(right) === undefined)
    return `Regular expression ${goQuote(right)} cannot be read`;
  if (operand === 'distinct_property' && right !== '' && !/^[1-9]\d*$/.test(right)) {
    return `Distinct property must have an allowed count of 1 or greater: ${right} < 1`;
  }
  return undefined;
}

function spreadProblems({ attribute, weight, targets }: Spread): readonly string[] {
  const problems: string[] = [];
  if (attribute === '') problems.push('Missing spread attribute');
  if (weight <= 0 || weight > 100) problems.push('Spread block must have a positive weight from 0 to 100');
  const values = targets.map(({ value }) => value);
  const repeated = values.find((value, index) => values.indexOf(value) !== index);
  if (repeated !== undefined) problems.push(`Spread target value ${goQuote(repeated)} already defined`);
  for (const { percent, value } of targets) {
    if (percent < 0 || percent > 100) {
      problems.push(`Spread target percentage for value ${goQuote(value)} must be between 0 and 100`);
    }
  }
  const sum = targets.reduce((total, { percent }) => total + percent, 0);
  if (sum > 100) problems.push(`Sum of spread target percentages must not be greater than 100%; got ${sum}%`);
  return problems;
}

function restartProblems(policy: RestartPolicy | undefined): readonly string[] {
  if (policy === undefined) return [];
  const { mode, attempts, intervalMs, delayMs } = policy;
  const problems: string[] = [];
  if (mode !== 'fail' && mode !== 'delay') problems.push(`Unsupported restart mode: ${goQuote(mode)}`);
  if (attempts === 0 && mode !== 'fail') problems.push(`Restart policy ${goQuote(mode)} with 0 attempts is ambiguous`);
  if (attempts > 0 && intervalMs < 5_000) problems.push('Interval can not be less than 5s');
  if (attempts > 0 && attempts * delayMs > intervalMs) {
    problems.push(
      `Nomad can't restart the TaskGroup ${attempts} times in an interval of ${intervalMs} ms with a delay of ${delayMs} ms`,
    );
  }
  return problems;
}

function rescheduleProblems(policy: ReschedulePolicy): readonly string[] {
  const { attempts, unlimited, delayFunction, delayMs, maxDelayMs, intervalMs } = policy;
  if (attempts === 0 && !unlimited) return [];
  const problems: string[] = [];
  if (!['constant', 'exponential', 'fibonacci'].includes(delayFunction)) {
    problems.push(
      `Invalid delay function ${goQuote(delayFunction)}, must be one of ["constant" "exponential" "fibonacci"]`,
    );
  }
  if (delayMs < MIN_RESCHEDULE_DELAY_MS) problems.push('Delay cannot be less than 5s');
  if (delayFunction !== 'constant' && maxDelayMs < delayMs) problems.push('Max Delay cannot be less than Delay');
  if (!unlimited && intervalMs < MIN_INTERVAL_MS) problems.push('Interval cannot be less than 15s');
  if (unlimited && attempts > 0) problems.push('Reschedule policy with both attempts and unlimited is ambiguous');
  return problems;
}

function networkProblems({ networks }: TaskGroup): readonly string[] {
  const problems: string[] = [];
  const labels = new Set<string>();
  const values = new Set<number>();
  for (const { mode, reservedPorts, dynamicPorts } of networks) {
    if (mode !== 'host' && mode !== 'none') problems.push(`Network mode ${goQuote(mode)} is not supported`);
    for (const { label, value, to } of [...reservedPorts, ...dynamicPorts]) {
      if (label === '') problems.push('Port has no label');
      if (labels.has(label)) problems.push(`Port label ${label} already in use`);
      labels.add(label);
      if (value < 0 || value > MAX_PORT) problems.push(`Port ${label} (${value}) must be at most ${MAX_PORT}`);
      if (to < -1 || to > MAX_PORT) problems.push(`Port ${label} cannot be mapped to ${to}`);
    }
    for (const { label, value } of reservedPorts) {
      if (value === 0) problems.push(`Static port ${label} has no value`);
      else if (values.has(value)) problems.push(`Static port ${value} is in use twice`);
      values.add(value);
    }
  }
  return problems;
}

function duplicates(items: readonly { readonly name: string }[]): readonly string[] {
  const names = items.map(({ name }) => name);
  return [...new Set(names.filter((name, index) => name !== '' && names.indexOf(name) !== index))];
}
