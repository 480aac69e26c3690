import type { Job } from '@steppe/domain';

export interface PreservedParts {
  /** Whether groups that exist keep the counts they have. */
  readonly preserveCounts: boolean;
  /** Whether tasks that exist keep the resources they have. */
  readonly preserveResources: boolean;
}

/** A job with what of an earlier version of it is to stay; groups and tasks are the same by their names. */
export function withPreserved(job: Job, existing: Job | undefined, parts: PreservedParts): Job {
  if (existing === undefined) return job;
  const groups = new Map(existing.taskGroups.map((group) => [group.name, group]));
  const taskGroups = job.taskGroups.map((group) => {
    const before = groups.get(group.name);
    const tasks = new Map(before?.tasks.map((task) => [task.name, task]));
    return {
      ...group,
      count: parts.preserveCounts && before !== undefined ? before.count : group.count,
      tasks: group.tasks.map((task) => ({
        ...task,
        resources: parts.preserveResources ? (tasks.get(task.name)?.resources ?? task.resources) : task.resources,
      })),
    };
  });
  return { ...job, taskGroups };
}
