import { readdir } from 'node:fs/promises';

/** Port: what the profiles tell about the process itself. */
export interface ProcessFacts {
  /** The whole command line. May hold secrets given as flags: only for callers who may debug. */
  readonly argv: readonly string[];
  memoryUsage(): NodeJS.MemoryUsage;
  /** Types of what keeps the event loop busy, one entry each, such as `TCPSocketWrap`. */
  activeResources(): readonly string[];
  /** Threads of the process as the system counts them; `undefined` where it does not tell. */
  threadCount(): Promise<number | undefined>;
}

/** The facts of a Node.js process, normally `process`. */
export function factsOf(nodeProcess: NodeJS.Process, taskDirectory = '/proc/self/task'): ProcessFacts {
  return {
    argv: [nodeProcess.argv0, ...nodeProcess.execArgv, ...nodeProcess.argv.slice(1)],
    memoryUsage: () => nodeProcess.memoryUsage(),
    activeResources: () => nodeProcess.getActiveResourcesInfo(),
    threadCount: async () => {
      try {
        return (await readdir(taskDirectory)).length;
      } catch {
        // Only Linux has the directory.
        return undefined;
      }
    },
  };
}
