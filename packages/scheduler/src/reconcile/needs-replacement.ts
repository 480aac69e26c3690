import type { Job, Task, TaskGroup } from '@steppe/domain';

/**
 * Whether an allocation of one version of a job cannot become one of another where it is: something that its tasks are
 * started with differs.
 * @see spec "Reconcile": destructive vs in-place
 */
export function needsReplacement(from: Job, to: Job, groupName: string): boolean {
  const [before, after] = [from, to].map((job) => job.taskGroups.find(({ name }) => name === groupName));
  if (before === undefined || after === undefined) return true;
  return startedWith(from, before) !== startedWith(to, after);
}

function startedWith(job: Job, group: TaskGroup): string {
  return shown({
    disk: group.ephemeralDisk,
    // Which ports were chosen is no matter, only which are asked for.
    networks: group.networks.map(({ dynamicPorts, ...network }) => ({
      ...network,
      dynamicPorts: dynamicPorts.map((port) => ({ ...port, value: 0 })),
    })),
    tasks: group.tasks.map((task) => taskStartedWith(job, group, task)).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  });
}

function taskStartedWith(job: Job, group: TaskGroup, task: Task) {
  const { name, driver, user, config, env, resources, identity, identities, logConfig } = task;
  const meta = { ...job.meta, ...group.meta, ...task.meta };
  const logs = logConfig?.disabled !== true;
  return { name, driver, user, config, env, resources, identity, identities, meta, logs };
}

/** Keys in order, so that equal things look equal. */
const shown = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
