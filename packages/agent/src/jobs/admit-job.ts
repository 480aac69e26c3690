import type { Job, Namespace } from '@steppe/domain';
import { BUILT_IN_NODE_POOLS, canonicalJob, DEFAULT_NAMESPACE, goQuote, jobProblems } from '@steppe/domain';
import type { StateReader } from '@steppe/state';
import { NAMESPACES, NODE_POOLS } from '@steppe/state';
import { apiError } from '../http/api-error.js';
import type { JobSettings } from './job-settings.js';

/** A job as it would be kept, and what is wrong with it. */
export interface ExaminedJob {
  readonly job: Job;
  readonly problems: readonly string[];
}

/** Fills in what a job's owner left out and looks at everything that could be wrong, the region's namespaces included. */
export function examineJob(reader: StateReader, given: Job, settings: JobSettings): ExaminedJob {
  const namespace = reader.get(NAMESPACES, given.namespace || DEFAULT_NAMESPACE);
  const nodePool = given.nodePool || namespace?.nodePoolConfiguration?.default || '';
  // Nomad: `global` is what a job says that does not care.
  const region = given.region === 'global' ? '' : given.region;
  const defaults = { priority: settings.defaultPriority, region: settings.region };
  const job = canonicalJob({ ...given, region, nodePool }, defaults);
  return {
    job,
    problems: [
      ...jobProblems(job, settings),
      ...sizeProblems(job, settings),
      ...placeProblems(job, namespace, reader, settings),
    ],
  };
}

/** A job as it is kept. @throws JOB_INVALID telling everything that is wrong with it */
export function admitJob(reader: StateReader, given: Job, settings: JobSettings): Job {
  const { job, problems } = examineJob(reader, given, settings);
  if (problems.length > 0) throw apiError('JOB_INVALID', problemText(problems));
  return job;
}

/** All problems in one text, as Nomad words it. */
export function problemText(problems: readonly string[]): string {
  const count = problems.length === 1 ? '1 error' : `${problems.length} errors`;
  return `${count} occurred:\n${problems.map((problem) => `\t* ${problem}\n`).join('')}\n`;
}

function sizeProblems({ taskGroups }: Job, { maxCount }: JobSettings): readonly string[] {
  const total = taskGroups.reduce((sum, { count }) => sum + (count ?? 1), 0);
  return maxCount > 0 && total > maxCount
    ? [`total count was greater than configured job_max_count: ${total} > ${maxCount}`]
    : [];
}

function placeProblems(
  job: Job,
  namespace: Namespace | undefined,
  reader: StateReader,
  settings: JobSettings,
): readonly string[] {
  const { id, nodePool, region } = job;
  const problems: string[] = [];
  if (region !== settings.region) {
    problems.push(`job ${goQuote(id)} is for region ${goQuote(region)}, and this is ${goQuote(settings.region)}`);
  }
  if (namespace === undefined && job.namespace !== DEFAULT_NAMESPACE) {
    problems.push(`job ${goQuote(id)} is in nonexistent namespace ${goQuote(job.namespace)}`);
  }
  if (!BUILT_IN_NODE_POOLS.includes(nodePool) && reader.get(NODE_POOLS, nodePool) === undefined) {
    problems.push(`job ${goQuote(id)} is in nonexistent node pool ${goQuote(nodePool)}`);
  }
  if (namespace !== undefined) problems.push(...ruleProblems(job, namespace));
  return problems;
}

/** What a namespace allows its jobs. */
function ruleProblems({ nodePool, taskGroups }: Job, namespace: Namespace): readonly string[] {
  const { capabilities, nodePoolConfiguration: pools } = namespace;
  const refused = (what: string, name: string): string =>
    `used ${what} ${goQuote(name)} is not allowed in namespace ${goQuote(namespace.name)}`;
  const drivers = new Set(taskGroups.flatMap(({ tasks }) => tasks.map(({ driver }) => driver)));
  const modes = new Set(taskGroups.flatMap(({ networks }) => networks.map(({ mode }) => mode)));
  return [
    ...without(drivers, capabilities?.enabledTaskDrivers, capabilities?.disabledTaskDrivers).map((name) =>
      refused('task driver', name),
    ),
    ...without(modes, capabilities?.enabledNetworkModes, capabilities?.disabledNetworkModes).map((name) =>
      refused('network mode', name),
    ),
    ...without(new Set([nodePool]), pools?.allowed, pools?.denied).map((name) => refused('node pool', name)),
  ];
}

/** Those that are not allowed; without a list of allowed ones all are that are not denied. */
const without = (
  names: ReadonlySet<string>,
  allowed: readonly string[] = [],
  denied: readonly string[] = [],
): readonly string[] =>
  [...names].filter((name) => denied.includes(name) || (allowed.length > 0 && !allowed.includes(name)));
