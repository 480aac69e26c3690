/**
 * Where a part of a running agent reports that the agent cannot go on. What follows is for the process around it to decide:
 * the apps stop and exit with 1.
 */
export class FatalErrors {
  readonly #listeners = new Set<(error: Error) => void>();

  report(error: Error): void {
    for (const listener of this.#listeners) listener(error);
  }

  /** Calls back for every report from now on. Returns the way to stop that. */
  onReport(listener: (error: Error) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
