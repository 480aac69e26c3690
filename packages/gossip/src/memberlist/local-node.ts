import type { Timer } from '@steppe/runtime';
import { GOSSIP_METRICS } from '../metrics.js';
import type { AliveMessage, DeadMessage, NodeVersions, SuspectMessage } from '../wire/memberlist-message.js';
import { sameBytes } from '../wire/same-bytes.js';
import type { BroadcastOutcome } from './broadcast-queue.js';
import type { GossipNode } from './delegate.js';
import type { MembershipContext } from './membership-context.js';
import type { NodeRecord } from './node-table.js';

/** Incarnations are uint32 on the wire. */
export const MAX_INCARNATION = 2 ** 32 - 1;

/** What we announce of ourselves. */
export interface LocalIdentity {
  readonly name: string;
  readonly address: Uint8Array;
  readonly host: string;
  readonly port: number;
  readonly meta: Uint8Array;
  readonly versions: NodeVersions;
}

export interface LocalNodeOptions {
  /** At most one refutation in that time, whatever is claimed about us. */
  readonly gossipIntervalMs: number;
}

/**
 * Our own entry. Nobody but us raises our incarnation, and it only grows: a claim that we are suspect, dead or otherwise
 * than we are is answered with a newer one (refuted), until we leave.
 */
export class LocalNode {
  readonly #options: LocalNodeOptions;
  readonly #context: MembershipContext;
  readonly #record: NodeRecord;
  #leaving = false;
  #lastRefutationMs = -Infinity;
  #highestClaim = 0;
  #pendingRefutation: Timer | undefined;

  /** Enters us into the table and announces us, with incarnation 1 as every process starts. */
  constructor(identity: LocalIdentity, options: LocalNodeOptions, context: MembershipContext) {
    this.#options = options;
    this.#context = context;
    this.#record = context.table.insert(
      Object.freeze({ ...identity, incarnation: 1, state: 'alive', stateSinceMs: context.clock.monotonic() }),
    );
    this.#announceAlive();
    context.delegate.tell('onJoin', this.node);
  }

  get node(): GossipNode {
    return this.#record.node;
  }

  /** Whether our departure was announced. */
  get leaving(): boolean {
    return this.#leaving;
  }

  /** Announces other metadata under the next incarnation. */
  updateMeta(meta: Uint8Array, onDone: (outcome: BroadcastOutcome) => void): void {
    this.#change({ meta, incarnation: Math.min(this.node.incarnation + 1, MAX_INCARNATION) });
    this.#announceAlive(onDone);
    this.#context.delegate.tell('onUpdate', this.node);
  }

  /** Marks us left and tells everybody. A second call only tells `onDone`. */
  leave(onDone: (outcome: BroadcastOutcome) => void): void {
    if (this.#leaving) {
      onDone('sent');
      return;
    }
    this.#leaving = true;
    this.stop();
    this.#change({ state: 'left', stateSinceMs: this.#context.clock.monotonic() });
    const { name, incarnation } = this.node;
    this.#context.announce({ type: 'dead', node: name, from: name, incarnation }, onDone);
    this.#context.delegate.tell('onLeave', this.node);
  }

  /** Somebody says we are alive: only a claim that differs from what we are needs an answer. */
  heardAlive(message: AliveMessage & { readonly versions: NodeVersions }): void {
    const { incarnation, meta, versions } = this.node;
    if (this.#leaving || message.incarnation < incarnation) return;
    const same = sameBytes(message.meta, meta) && sameVersions(message.versions, versions);
    if (message.incarnation === incarnation && same) return;
    this.#refute(message.incarnation);
  }

  /** Somebody says we are suspect or dead. */
  heardAccusation(message: SuspectMessage | DeadMessage): void {
    if (this.#leaving || message.incarnation < this.node.incarnation) return;
    this.#context.logger.warn('refuting a claim about us', {
      claim: message.type,
      from: message.from,
      incarnation: message.incarnation,
    });
    this.#refute(message.incarnation);
  }

  /** Drops a refutation that waits for its time. */
  stop(): void {
    this.#pendingRefutation?.cancel();
    this.#pendingRefutation = undefined;
  }

  /** Differs from memberlist: a storm of claims costs one refutation per gossip interval, above the highest claim. */
  #refute(claimed: number): void {
    this.#highestClaim = Math.max(this.#highestClaim, claimed);
    if (this.#pendingRefutation !== undefined) return;
    const waitMs = this.#lastRefutationMs + this.#options.gossipIntervalMs - this.#context.clock.monotonic();
    if (waitMs <= 0) {
      this.#refuteNow();
      return;
    }
    this.#pendingRefutation = this.#context.clock.setTimer(waitMs, () => {
      this.#pendingRefutation = undefined;
      // An update of our metadata in between may have been answer enough.
      if (this.#highestClaim >= this.node.incarnation) this.#refuteNow();
    });
  }

  #refuteNow(): void {
    const { awareness, clock, logger, metrics } = this.#context;
    if (this.#highestClaim >= MAX_INCARNATION) {
      logger.error('a claim about us uses the highest incarnation there is: it cannot be refuted before a restart');
      metrics.incrCounter(GOSSIP_METRICS.refutationImpossible);
    }
    const next = Math.max(this.node.incarnation + 1, this.#highestClaim + 1);
    this.#change({ incarnation: Math.min(next, MAX_INCARNATION) });
    this.#lastRefutationMs = clock.monotonic();
    awareness.adjust(1);
    metrics.incrCounter(GOSSIP_METRICS.refutations);
    // memberlist: queued claims about us are left in the queue there; here our answer takes their place.
    this.#announceAlive();
  }

  #change(change: Partial<GossipNode>): void {
    this.#context.table.update(this.#record, Object.freeze({ ...this.node, ...change }));
  }

  #announceAlive(onDone?: (outcome: BroadcastOutcome) => void): void {
    const { name, address, port, meta, versions, incarnation } = this.node;
    this.#context.announce({ type: 'alive', node: name, address, port, meta, versions, incarnation }, onDone);
  }
}

export function sameVersions(a: NodeVersions, b: NodeVersions): boolean {
  return (
    a === b ||
    (a.protocolMin === b.protocolMin &&
      a.protocolMax === b.protocolMax &&
      a.protocolCurrent === b.protocolCurrent &&
      a.delegateMin === b.delegateMin &&
      a.delegateMax === b.delegateMax &&
      a.delegateCurrent === b.delegateCurrent)
  );
}
