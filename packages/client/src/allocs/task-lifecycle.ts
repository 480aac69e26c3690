import type { Job, RestartPolicy, Task, TaskGroup } from '@steppe/domain';

/** When a task of a group runs. */
export type TaskKind = 'prestart' | 'prestart sidecar' | 'main' | 'poststart' | 'poststart sidecar' | 'poststop';

export function taskKind({ lifecycle }: Task): TaskKind {
  if (lifecycle === undefined) return 'main';
  const { hook, sidecar } = lifecycle;
  if (hook === 'poststop') return 'poststop';
  return `${hook === 'poststart' ? 'poststart' : 'prestart'}${sidecar ? ' sidecar' : ''}`;
}

/** Whether a task that ended well is to run again: what runs along with a service does. */
export function restartsOnSuccess(task: Task, { type }: Job): boolean {
  const isBatch = type === 'batch' || type === 'sysbatch';
  const kind = taskKind(task);
  return !isBatch && (kind === 'main' || kind.endsWith('sidecar'));
}

/** For jobs that are not canonical: nothing is tried twice. */
const NO_RESTARTS: RestartPolicy = { attempts: 0, intervalMs: 0, delayMs: 0, mode: 'fail', renderTemplates: false };

export const restartPolicyOf = (task: Task, group: TaskGroup | undefined): RestartPolicy =>
  task.restartPolicy ?? group?.restartPolicy ?? NO_RESTARTS;
