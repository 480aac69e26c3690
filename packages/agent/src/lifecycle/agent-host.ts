import type { AgentConfig } from '@steppe/config';
import type { SchedulerThreadPort } from '../scheduling/threads/thread-messages.js';
import type { ProcessFacts } from '@steppe/profiling';

/** What the process around the agent provides. Read once and handed down: nothing below looks at the process itself. */
export interface AgentHost {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly hostName: string;
  /** Logical CPUs: the most scheduler workers there can be. */
  readonly cpuCount: number;
  readonly process: ProcessFacts;
  /** Where the program is installed, with a closing slash: profiles leave it out of paths. Default: paths stay whole. */
  readonly installFolder?: string;
  /** Starts a thread for schedulers. Without it they work on the event loop. */
  readonly spawnSchedulerThread?: () => SchedulerThreadPort;
  /** Where the agent's own log lines go, beside a configured file. */
  readonly writeLog: (line: string) => void;
  /** Reads all configuration sources again; rejects when they are not valid. */
  readonly readConfig: () => Promise<AgentConfig>;
}
