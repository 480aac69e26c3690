import type { AllocFiles, TaskUsage } from '@steppe/client';

/** What a client node has of one of its allocations, as the API shows it. */
export interface AllocationOnNode {
  readonly namespace: string;
  /** Names of its tasks. */
  readonly tasks: readonly string[];
  readonly files: AllocFiles;
  /** What each task that runs uses, by name. */
  usage(): Promise<Readonly<Record<string, TaskUsage>>>;
}

/** The work of this node. */
export interface NodeWork {
  allocation(id: string): AllocationOnNode | undefined;
}
