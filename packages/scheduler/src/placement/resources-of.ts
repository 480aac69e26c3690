import type { AllocatedPort, AllocatedResources, SchedulerConfiguration, TaskGroup } from '@steppe/domain';

/** What an allocation of a group is given. */
export function resourcesOf(
  group: TaskGroup,
  ports: readonly AllocatedPort[],
  { memoryOversubscription }: SchedulerConfiguration,
): AllocatedResources {
  return {
    tasks: Object.fromEntries(
      group.tasks.map(({ name, resources }) => [
        name,
        {
          cpu: { cpuShares: resources?.cpu ?? 0 },
          memory: {
            memoryMb: resources?.memoryMb ?? 0,
            memoryMaxMb: memoryOversubscription ? (resources?.memoryMaxMb ?? 0) : 0,
          },
        },
      ]),
    ),
    shared: { diskMb: group.ephemeralDisk?.sizeMb ?? 0, networks: group.networks, ports },
  };
}
