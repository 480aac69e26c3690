import type { TaskExit } from '../task-driver.js';

/** What a supervisor is told to run, as JSON on its standard input: nothing of it gets onto a disk. */
export interface SupervisedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where the supervisor notes how the command ended. */
  readonly exitFile: string;
  readonly logs: {
    readonly folder: string;
    readonly task: string;
    readonly maxFiles: number;
    readonly maxBytes: number;
    /** Output is thrown away. */
    readonly disabled: boolean;
  };
  /** The command has to write to its file descriptor 3 at least this often, milliseconds; 0: it need not. */
  readonly heartbeatMs: number;
}

/** What a supervisor tells the agent that started it, before it is left alone. */
export type SupervisorReport =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'failed'; readonly message: string };

/** Content of the exit file. */
export type NotedExit = TaskExit;
