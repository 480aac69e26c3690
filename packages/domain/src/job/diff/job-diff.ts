import type { Job } from '../job.js';
import { JOB_WIRE } from '../job.js';
import type { Block, BlockDiffOptions, Differences } from './block-diff.js';
import { blockIn, differences, fieldDiffs, isNothing, listIn, orNull, typeOf } from './block-diff.js';
import type { DiffType, JobDiff, ObjectDiff, TaskDiff, TaskGroupDiff } from './diff-shapes.js';

const CONSTRAINTS = { field: 'Constraints', name: 'Constraint' };
const AFFINITIES = { field: 'Affinities', name: 'Affinity' };
const SPREADS = {
  field: 'Spreads',
  name: 'Spread',
  options: { lists: [{ field: 'SpreadTarget', name: 'SpreadTarget' }] },
};
const RESTART = { field: 'RestartPolicy', name: 'RestartPolicy' };

/** What servers note about a job, and where it is known by. */
const NOTED = new Set([
  'ID',
  'Status',
  'StatusDescription',
  'ParentID',
  'Stable',
  'Version',
  'SubmitTime',
  'CreateIndex',
  'ModifyIndex',
  'JobModifyIndex',
]);

const JOB: BlockDiffOptions = {
  ignored: NOTED,
  sets: ['Datacenters'],
  maps: ['Meta'],
  lists: [CONSTRAINTS, AFFINITIES, SPREADS],
};
const GROUP: BlockDiffOptions = {
  ignored: new Set(['Name']),
  maps: ['Meta'],
  lists: [
    CONSTRAINTS,
    AFFINITIES,
    SPREADS,
    {
      field: 'Networks',
      name: 'Network',
      options: {
        lists: [
          { field: 'ReservedPorts', name: 'Static Port' },
          { field: 'DynamicPorts', name: 'Dynamic Port' },
        ],
      },
    },
  ],
  single: [
    RESTART,
    { field: 'ReschedulePolicy', name: 'ReschedulePolicy' },
    { field: 'EphemeralDisk', name: 'EphemeralDisk' },
    { field: 'Update', name: 'Update' },
    { field: 'Migrate', name: 'MigrateStrategy' },
    { field: 'Disconnect', name: 'Disconnect' },
  ],
};
const IDENTITY = { name: 'Identity', options: { sets: ['Audience'] } };
const TASK: BlockDiffOptions = {
  ignored: new Set(['Name']),
  maps: ['Env', 'Meta'],
  lists: [CONSTRAINTS, AFFINITIES, { field: 'Identities', ...IDENTITY }],
  single: [
    RESTART,
    { field: 'Resources', name: 'Resources' },
    { field: 'LogConfig', name: 'LogConfig' },
    { field: 'Lifecycle', name: 'Lifecycle' },
    { field: 'Identity', ...IDENTITY },
  ],
};

/**
 * What a job asks for that another version of it does not.
 * @param before - `undefined` for a job that is new
 * @see `nomad job plan`, whose output is made of this
 */
export function diffJobs(before: Job | undefined, after: Job): JobDiff {
  const [old, fresh] = [before === undefined ? undefined : JOB_WIRE.encode(before), JOB_WIRE.encode(after)];
  const own = differences(old, fresh, JOB);
  const groups = byName(listIn(old, 'TaskGroups'), listIn(fresh, 'TaskGroups'), groupDiff);
  const isChanged = !isNothing(own) || groups.some(({ Type }) => Type !== 'None');
  return {
    Type: before === undefined ? 'Added' : isChanged ? 'Edited' : 'None',
    ID: after.id,
    Fields: orNull(own.fields),
    Objects: orNull(own.objects),
    TaskGroups: orNull(groups),
  };
}

function groupDiff(name: string, before: Block, after: Block): TaskGroupDiff {
  const own = differences(before, after, GROUP);
  const tasks = byName(listIn(before, 'Tasks'), listIn(after, 'Tasks'), taskDiff);
  const isChanged = !isNothing(own) || tasks.some(({ Type }) => Type !== 'None');
  return { ...shown(name, typeOfPair(before, after, isChanged), own), Tasks: orNull(tasks), Updates: null };
}

function taskDiff(name: string, before: Block, after: Block): TaskDiff {
  const own = differences(before, after, TASK);
  const config = configDiff(blockIn(before, 'Config'), blockIn(after, 'Config'));
  const all = config === undefined ? own : { ...own, objects: [config, ...own.objects] };
  return { ...shown(name, typeOfPair(before, after, !isNothing(all)), all), Annotations: null };
}

const shown = (Name: string, Type: DiffType, { fields, objects }: Differences): ObjectDiff => ({
  Type,
  Name,
  Fields: orNull(fields),
  Objects: orNull(objects),
});

const typeOfPair = (before: Block, after: Block, isChanged: boolean): DiffType =>
  before !== undefined && after !== undefined && !isChanged ? 'None' : typeOf(before, after);

/** What has a name is compared with what had it before. */
function byName<T>(
  before: readonly NonNullable<Block>[],
  after: readonly NonNullable<Block>[],
  compare: (name: string, before: Block, after: Block) => T,
): readonly T[] {
  const nameOf = (block: NonNullable<Block>): string => block['Name'] as string;
  const [old, fresh] = [before, after].map((blocks) => new Map(blocks.map((block) => [nameOf(block), block])));
  const names = [...new Set([...(fresh?.keys() ?? []), ...(old?.keys() ?? [])])].toSorted();
  return names.map((name) => compare(name, old?.get(name), fresh?.get(name)));
}

/** A driver's settings are of any shape: they are compared by the paths of what is in them. */
function configDiff(before: Block, after: Block): ObjectDiff | undefined {
  const [old, fresh] = [flat(before), flat(after)];
  if (fieldDiffs(old, fresh, false).length === 0) return undefined;
  const isContextual = old.size > 0 && fresh.size > 0;
  const Type = old.size === 0 ? 'Added' : fresh.size === 0 ? 'Deleted' : 'Edited';
  return { Type, Name: 'Config', Fields: fieldDiffs(old, fresh, isContextual), Objects: null };
}

/** Texts by path: `args[0]`, `mounts[0].target`. */
function flat(value: unknown, path = '', texts = new Map<string, string>()): ReadonlyMap<string, string> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) flat(item, `${path}[${index}]`, texts);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) flat(item, path === '' ? key : `${path}.${key}`, texts);
  } else if (value !== undefined && value !== null)
    texts.set(path, typeof value === 'string' ? value : JSON.stringify(value));
  return texts;
}
