/** What the command line needs of the process it runs in. */
export interface CliIo {
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Runs an agent in the foreground; resolves with its exit code. */
  readonly runAgentCommand: (args: readonly string[]) => Promise<number>;
}
