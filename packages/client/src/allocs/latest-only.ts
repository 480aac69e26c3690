/** Runs an action one at a time. Whoever asks while it runs gets one more run, together with everybody else who does. */
export class LatestOnly {
  readonly #action: () => Promise<void>;
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  /** @param action - must not reject */
  constructor(action: () => Promise<void>) {
    this.#action = action;
  }

  /** Resolves when a run that began after this call has ended. */
  request(): Promise<void> {
    this.#next ??= this.#current.then(() => {
      this.#current = this.#next as Promise<void>;
      this.#next = undefined;
      return this.#action();
    });
    return this.#next;
  }
}
