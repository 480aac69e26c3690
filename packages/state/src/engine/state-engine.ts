import type { Commit, Mutation, StateImage } from '../change/commit.js';

/** What an engine commits at once. */
export interface EngineLimits {
  readonly mutations: number;
  readonly bytes: number;
}

/** Where an engine tells what was committed, by whomever. Calls come one at a time, in the order of the log. */
export interface EngineSink {
  /** Everything is as in `image` now, whatever was told before. The first call, and again after a restore or a gap. */
  reset(image: StateImage): void;
  /** The next entry of the log. */
  commit(commit: Commit): void;
}

/**
 * Keeps the ordered log of changes, and the state it leads to. Several servers may share one, of which one writes.
 *
 * The caller appends one commit after another and waits for each; engines need not queue.
 * The conformance suite in `@steppe/state/testing` says in full what an engine must do.
 */
export interface StateEngine {
  /** As configured: `memory`, `lmdb`, `etcd`. */
  readonly kind: string;
  readonly limits: EngineLimits;
  /** Whether an append has a chance: false on a server that does not lead. */
  readonly isWritable: boolean;
  /**
   * How old the state here may be, milliseconds: the time since it was last certain that everything a leader had written was
   * here. Grows from one contact to the next; 0 where nobody else can write.
   */
  readonly ageMs: number;
  /**
   * Opens the storage and tells the sink all that is in it, with `reset`: before it resolves, or later where the storage is
   * on other machines and cannot be reached yet. Until then the engine is not writable, and `catchUp` waits.
   * @throws STATE_FORMAT_UNSUPPORTED, STATE_STORAGE_FAILED
   */
  open(sink: EngineSink): Promise<void>;
  /**
   * Commits all of `mutations` or none. Resolves with the commit's index once it is durable and the sink has it.
   * @param mutations - at least one, none for the same row twice, within the limits
   * @throws STATE_NOT_LEADER, STATE_DEPOSED, STATE_CONFLICT: nothing was written;
   *   STATE_OUTCOME_UNKNOWN, STATE_STORAGE_FAILED: it may have been
   */
  append(mutations: readonly Mutation[]): Promise<number>;
  /**
   * Replaces everything, as one commit with an index above both the current one and the image's; every table is then of
   * that index. Rows keep their indexes.
   * @throws what `append` throws
   */
  replace(image: StateImage): Promise<number>;
  /** Resolves when the sink has all that was committed anywhere before the call. @throws STATE_ENGINE_UNAVAILABLE */
  catchUp(): Promise<void>;
  /** The commits after `index`, oldest first; `undefined` when the log no longer reaches back that far. */
  tail(index: number): readonly Commit[] | undefined;
  /** Lets go of the storage. Idempotent. */
  close(): Promise<void>;
}
