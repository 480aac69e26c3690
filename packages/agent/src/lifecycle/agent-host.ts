import type { AgentConfig } from '@steppe/config';

/** What the process around the agent provides. Read once and handed down: nothing below looks at the process itself. */
export interface AgentHost {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Command line as profiles show it. */
  readonly commandLine: readonly string[];
  /** Where the agent's own log lines go, beside a configured file. */
  readonly writeLog: (line: string) => void;
  /** Reads all configuration sources again; rejects when they are not valid. */
  readonly readConfig: () => Promise<AgentConfig>;
  readonly hostName: string;
}
