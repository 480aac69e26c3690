import type { Commit } from '../change/commit.js';

/** The newest commits, in memory. */
export class LogTail {
  readonly #limit: number;
  #commits: Commit[] = [];
  /** Commits up to this index are not held. */
  #base: number;

  /** @param limit - commits held at least, once there are as many */
  constructor(base: number, limit = 1_024) {
    this.#base = base;
    this.#limit = limit;
  }

  add(commit: Commit): void {
    this.#commits.push(commit);
    // Twice the limit, so that cutting costs nothing per commit.
    if (this.#commits.length <= this.#limit * 2) return;
    const dropped = this.#commits.splice(0, this.#commits.length - this.#limit);
    this.#base = (dropped.at(-1) as Commit).index;
  }

  /** The commits after `index`, oldest first; `undefined` when some of them are gone. */
  after(index: number): readonly Commit[] | undefined {
    if (index < this.#base) return undefined;
    return this.#commits.slice(this.#commits.findLastIndex((commit) => commit.index <= index) + 1);
  }

  /** Starts anew, with nothing held up to `base`. */
  reset(base: number): void {
    this.#commits = [];
    this.#base = base;
  }
}
