/** What the command line needs of the process it runs in. */
export interface CliIo {
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Resolves when whoever reads our output has taken what was written so far. */
  readonly written: () => Promise<void>;
  /** Standard input; read once. */
  readonly input: () => AsyncIterable<Uint8Array>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Runs an agent in the foreground; resolves with its exit code. */
  readonly runAgentCommand: (args: readonly string[]) => Promise<number>;
}
