/** What the command line needs of the process it runs in. */
export interface CliIo {
  readonly writeOut: (text: string | Uint8Array) => void;
  /** Whether what we write out is read by a person, on a terminal. */
  readonly isTerminal: boolean;
  readonly writeError: (text: string) => void;
  /** Resolves when whoever reads our output has taken what was written so far. */
  readonly written: () => Promise<void>;
  /** Calls back when the user wants the command to end. @returns a function that stops that; until it is called, only we decide */
  readonly onInterrupt: (callback: () => void) => () => void;
  /** Standard input; read once. */
  readonly input: () => AsyncIterable<Uint8Array>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Runs an agent in the foreground; resolves with its exit code. */
  readonly runAgentCommand: (args: readonly string[]) => Promise<number>;
}
