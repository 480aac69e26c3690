import type { Secret } from '@steppe/domain';
import type { Clock, Timer } from '@steppe/runtime';
import type { Acl } from '../decision/acl.js';
import { permissionDenied } from '../errors.js';
import type { ResolvedCaller } from './caller.js';
import type { TokenResolver } from './token-resolver.js';

export interface CallerWatchOptions {
  /** How often every watched caller is looked at again, milliseconds. Default 500, so that a stream ends within a second. */
  readonly intervalMs?: number;
}

export interface CallerWatchDeps {
  readonly clock: Clock;
  readonly resolver: TokenResolver;
}

/** Something that goes on for a caller, such as a stream. */
interface Watched {
  readonly secret: Secret | undefined;
  readonly isStillAllowed: (acl: Acl) => boolean;
  readonly onEnded: (reason: unknown) => void;
  isAsking: boolean;
}

/**
 * Ends what goes on for callers as soon as they may not any more: their token expired or is gone, or a policy or role of theirs
 * changed. One ticker for all, none while there is nothing to watch.
 */
export class CallerWatch {
  readonly #intervalMs: number;
  readonly #deps: CallerWatchDeps;
  readonly #watched = new Set<Watched>();
  #ticker: Timer | undefined;

  constructor({ intervalMs = 500 }: CallerWatchOptions, deps: CallerWatchDeps) {
    this.#intervalMs = intervalMs;
    this.#deps = deps;
  }

  get size(): number {
    return this.#watched.size;
  }

  /**
   * @param isStillAllowed - the check that the caller had to pass at the start
   * @param onEnded - called at most once, with the error that the caller would get now
   * @returns stops watching
   */
  watch(
    secret: Secret | undefined,
    isStillAllowed: (acl: Acl) => boolean,
    onEnded: (reason: unknown) => void,
  ): () => void {
    const watched: Watched = { secret, isStillAllowed, onEnded, isAsking: false };
    this.#watched.add(watched);
    this.#ticker ??= this.#deps.clock.setTicker(this.#intervalMs, () => this.#lookAtAll());
    return () => this.#forget(watched);
  }

  #lookAtAll(): void {
    for (const watched of this.#watched) {
      if (!watched.isAsking) this.#lookAt(watched);
    }
  }

  #lookAt(watched: Watched): void {
    const maxAgeMs = this.#intervalMs;
    try {
      const caller = this.#deps.resolver.resolve(watched.secret, { maxAgeMs });
      if (!('then' in caller)) {
        this.#judge(watched, caller);
        return;
      }
      watched.isAsking = true;
      void this.#judgeLater(watched, caller);
    } catch (reason) {
      this.#end(watched, reason);
    }
  }

  async #judgeLater(watched: Watched, caller: Promise<ResolvedCaller>): Promise<void> {
    try {
      this.#judge(watched, await caller);
    } catch (reason) {
      this.#end(watched, reason);
    } finally {
      watched.isAsking = false;
    }
  }

  #judge(watched: Watched, { acl }: ResolvedCaller): void {
    if (!watched.isStillAllowed(acl)) this.#end(watched, permissionDenied());
  }

  #end(watched: Watched, reason: unknown): void {
    if (this.#forget(watched)) watched.onEnded(reason);
  }

  #forget(watched: Watched): boolean {
    const wasWatched = this.#watched.delete(watched);
    if (this.#watched.size === 0) {
      this.#ticker?.cancel();
      this.#ticker = undefined;
    }
    return wasWatched;
  }
}
