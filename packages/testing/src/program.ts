import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export interface ProgramOptions {
  /** What runs the file, default Node.js; empty for a file that is a program itself. */
  readonly runner?: readonly string[];
  readonly cwd?: string;
  /** Laid onto this process's own environment; `undefined` removes a variable. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A child process running a JavaScript file or a program, and what it has written so far. */
export class Program {
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  readonly #watchers = new Set<() => void>();
  /** The exit code, once the process has ended; `undefined` after a signal that it did not handle. */
  readonly exit: Promise<number | undefined>;

  constructor(
    file: string,
    args: readonly string[],
    { cwd, environment = {}, runner = [process.execPath] }: ProgramOptions = {},
  ) {
    const [command = file, ...rest] = [...runner, file, ...args];
    this.#child = spawn(command, rest, {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#wake();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#wake();
    });
    // `close`, not `exit`: by then all output has been read.
    this.exit = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => resolve(code ?? undefined));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Everything written so far. */
  get output(): string {
    return this.#stdout + this.#stderr;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves once the output contains the text. Rejects when the process ends without it. */
  waitFor(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!this.output.includes(text)) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
      const failed = (reason: unknown): void =>
        reject(new Error(`the program ended (${String(reason)}) without writing ${text}:\n${this.output}`));
      this.exit.then(failed, failed);
    });
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
