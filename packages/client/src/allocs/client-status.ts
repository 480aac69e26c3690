import type { ClientStatus, TaskState } from '@steppe/domain';

export interface StatusOfAlloc {
  readonly clientStatus: ClientStatus;
  readonly clientDescription: string;
}

/** How an allocation is doing, by its tasks. It never goes back: a task between two starts does not make it pending again. */
export function clientStatusOf(states: readonly TaskState[]): StatusOfAlloc {
  if (states.some(({ state, failed }) => state === 'dead' && failed)) {
    return { clientStatus: 'failed', clientDescription: 'Failed tasks' };
  }
  if (states.length > 0 && states.every(({ state }) => state === 'dead')) {
    return { clientStatus: 'complete', clientDescription: 'All tasks have completed' };
  }
  if (states.some(({ startedAtMs }) => startedAtMs > 0)) {
    return { clientStatus: 'running', clientDescription: 'Tasks are running' };
  }
  return { clientStatus: 'pending', clientDescription: 'No tasks have started' };
}
