import type { Commit } from '../change/commit.js';
import { mutationBytes } from '../change/commit.js';

/** How much of the log is kept: at least this, once there is as much, and at most twice this. */
export interface LogTailLimits {
  readonly commits: number;
  readonly bytes: number;
}

// Of bytes not more: lmdb reads them all when it starts.
const LIMITS: LogTailLimits = { commits: 1_024, bytes: 4 * 1_024 * 1_024 };

/** The newest commits, in memory. */
export class LogTail {
  readonly #limits: LogTailLimits;
  #commits: Commit[] = [];
  #bytes = 0;
  /** Commits up to this index are not held. */
  #base: number;

  constructor(base: number, limits: LogTailLimits = LIMITS) {
    this.#base = base;
    this.#limits = limits;
  }

  /** @returns indexes of commits that are no longer held */
  add(commit: Commit): readonly number[] {
    this.#commits.push(commit);
    this.#bytes += bytesOf(commit);
    const { commits, bytes } = this.#limits;
    // Twice the limit, so that cutting costs next to nothing per commit.
    if (this.#commits.length <= commits * 2 && this.#bytes <= bytes * 2) return [];
    let drop = 0;
    for (; this.#commits.length - drop > commits || this.#bytes > bytes; drop += 1) {
      this.#bytes -= bytesOf(this.#commits[drop] as Commit);
    }
    const dropped = this.#commits.splice(0, drop).map(({ index }) => index);
    this.#base = dropped.at(-1) ?? this.#base;
    return dropped;
  }

  /** The commits after `index`, oldest first; `undefined` when some of them are gone. */
  after(index: number): readonly Commit[] | undefined {
    if (index < this.#base) return undefined;
    return this.#commits.slice(this.#commits.findLastIndex((commit) => commit.index <= index) + 1);
  }

  /** Starts anew, with nothing held up to `base`. */
  reset(base: number): void {
    this.#commits = [];
    this.#bytes = 0;
    this.#base = base;
  }
}

const bytesOf = ({ mutations }: Commit): number =>
  mutations.reduce((sum, mutation) => sum + mutationBytes(mutation), 0);
