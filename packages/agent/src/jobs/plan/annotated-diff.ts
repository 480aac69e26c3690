import type { FieldDiff, JobDiff, TaskDiff, TaskGroupDiff } from '@steppe/domain';
import type { DesiredUpdates } from './desired-updates.js';

/** How `nomad job plan` calls what happens to allocations. */
const UPDATE_NAMES: readonly (readonly [field: keyof DesiredUpdates, name: string])[] = [
  ['Ignore', 'ignore'],
  ['Place', 'create'],
  ['Migrate', 'migrate'],
  ['Stop', 'destroy'],
  ['InPlaceUpdate', 'in-place update'],
  ['DestructiveUpdate', 'create/destroy update'],
  ['Canary', 'canary'],
  ['Preemptions', 'preemptions'],
];

/** A difference with what it leads to, as far as that shows in one place. */
export function annotatedDiff(diff: JobDiff, updates: Readonly<Record<string, Readonly<DesiredUpdates>>>): JobDiff {
  const groups = diff.TaskGroups?.map((group) => annotatedGroup(group, updates[group.Name])) ?? null;
  return { ...diff, TaskGroups: groups };
}

function annotatedGroup(group: TaskGroupDiff, updates: Readonly<DesiredUpdates> | undefined): TaskGroupDiff {
  if (updates === undefined) return group;
  const counts = UPDATE_NAMES.filter(([field]) => updates[field] > 0).map(([field, name]) => [name, updates[field]]);
  return {
    ...group,
    Fields: group.Fields?.map((field) => (field.Name === 'Count' ? annotatedCount(field) : field)) ?? null,
    Tasks: group.Tasks?.map((task) => annotatedTask(task, group, updates)) ?? null,
    Updates: counts.length === 0 ? null : Object.fromEntries(counts),
  };
}

function annotatedCount(field: FieldDiff): FieldDiff {
  const change = Number(field.New) - Number(field.Old);
  return change === 0 ? field : { ...field, Annotations: [change > 0 ? 'forces create' : 'forces destroy'] };
}

function annotatedTask(task: TaskDiff, group: TaskGroupDiff, updates: Readonly<DesiredUpdates>): TaskDiff {
  if (task.Type === 'None') return task;
  const forces = (what: string): TaskDiff => ({ ...task, Annotations: [`forces ${what}`] });
  if (group.Type === 'Added') return forces('create');
  if (group.Type === 'Deleted') return forces('destroy');
  if (updates.DestructiveUpdate > 0) return forces('create/destroy update');
  return updates.InPlaceUpdate > 0 ? forces('in-place update') : task;
}
