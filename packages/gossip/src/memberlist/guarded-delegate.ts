import { errorMessage } from '@steppe/domain';
import type { Logger } from '@steppe/runtime';
import type { GossipNode, MemberlistDelegate } from './delegate.js';

type Hook = keyof MemberlistDelegate;
type Arguments<H extends Hook> = Parameters<NonNullable<MemberlistDelegate[H]>>;
type Result<H extends Hook> = ReturnType<NonNullable<MemberlistDelegate[H]>>;

const NOTHING = new Uint8Array();

/** Calls the hooks of the layer above so that nothing they throw reaches the protocol. An absent hook does nothing. */
export class GuardedDelegate {
  readonly #delegate: MemberlistDelegate;
  readonly #logger: Logger;

  constructor(delegate: MemberlistDelegate, logger: Logger) {
    this.#delegate = delegate;
    this.#logger = logger;
  }

  has(hook: Hook): boolean {
    return this.#delegate[hook] !== undefined;
  }

  localMeta(): Uint8Array {
    return this.#call('localMeta') ?? NOTHING;
  }

  ackPayload(): Uint8Array {
    return this.#call('ackPayload') ?? NOTHING;
  }

  localState(options: { readonly join: boolean }): Uint8Array {
    return this.#call('localState', options) ?? NOTHING;
  }

  takeBroadcasts(limits: Arguments<'takeBroadcasts'>[0]): readonly Uint8Array[] {
    return this.#call('takeBroadcasts', limits) ?? [];
  }

  /** At least 1 when nobody can tell but by taking. */
  waitingBroadcasts(): number {
    return this.has('takeBroadcasts') ? (this.#call('waitingBroadcasts') ?? 1) : 0;
  }

  refuseAlive(node: GossipNode): string | undefined {
    return this.#call('refuseAlive', node);
  }

  refuseMerge(nodes: readonly GossipNode[]): string | undefined {
    return this.#call('refuseMerge', nodes);
  }

  /** Calls a hook that answers nothing. */
  tell<H extends 'onMessage' | 'mergeState' | 'onJoin' | 'onLeave' | 'onUpdate' | 'onConflict' | 'onPingCompleted'>(
    hook: H,
    ...args: Arguments<H>
  ): void {
    this.#call(hook, ...args);
  }

  #call<H extends Hook>(hook: H, ...args: Arguments<H>): Result<H> | undefined {
    const method = this.#delegate[hook] as ((...args: Arguments<H>) => Result<H>) | undefined;
    if (method === undefined) return undefined;
    try {
      return method.apply(this.#delegate, args);
    } catch (error) {
      this.#logger.error('a hook of the layer above failed', { hook, error: errorMessage(error) });
      return undefined;
    }
  }
}
