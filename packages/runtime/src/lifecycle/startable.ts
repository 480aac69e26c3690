/** Start order of an agent's parts; stop runs the other way round. */
export const PHASES = ['storage', 'membership', 'work', 'listen'] as const;

export type Phase = (typeof PHASES)[number];

/**
 * A part with a beginning and an end. Parts of one phase start and stop in parallel.
 * Bind one to the `Startable` contribution point to have the agent run it.
 */
export interface Startable {
  /** Names the part in logs and errors. */
  readonly name: string;
  readonly phase: Phase;
  /** A rejection stops the start of the whole agent; what had started is stopped again. */
  start(options: { readonly signal: AbortSignal }): Promise<void>;
  /**
   * Called once, and only after `start` settled. Must be idempotent towards a part that half started.
   * After the deadline the agent goes on without it and says so in the log.
   */
  stop(options: { readonly signal: AbortSignal }): Promise<void>;
}
