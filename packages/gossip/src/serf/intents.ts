import type { Clock, Logger, Metrics, Timer } from '@steppe/runtime';
import { GOSSIP_METRICS } from '../metrics.js';
import { encodeSerfMessage } from '../wire/serf-codec.js';
import type { JoinIntent, LamportTime, LeaveIntent } from '../wire/serf-message.js';
import type { LamportClock } from './lamport-clock.js';
import type { IntentOutcome, MemberTable } from './member-table.js';
import type { MemberEvent } from './serf-event.js';

export interface IntentsOptions {
  /** Our own name. */
  readonly name: string;
  /** How long a member that is to be pruned may prove that it lives, milliseconds. */
  readonly pruneGraceMs: number;
}

export interface IntentsDeps {
  readonly clock: Clock;
  /** Member clock. */
  readonly lamport: LamportClock;
  readonly table: MemberTable;
  readonly broadcast: (intent: Uint8Array) => void;
  readonly emit: (event: MemberEvent) => void;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What members say of themselves and of each other: who joins, who leaves, who is to be forgotten. */
export class Intents {
  readonly #options: IntentsOptions;
  readonly #deps: IntentsDeps;
  readonly #prunes = new Map<string, Timer>();
  #leaving = false;

  constructor(options: IntentsOptions, deps: IntentsDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** A peer's intent; new ones are passed on as they came. */
  receive(intent: JoinIntent | LeaveIntent, bytes: Uint8Array): void {
    if (!this.#witness(intent.lTime)) return;
    const outcome = intent.type === 'join' ? this.#join(intent) : this.#leave(intent);
    if (outcome.isNew) this.#deps.broadcast(bytes);
  }

  /** A peer knows `name` as a member that did not leave, by its push/pull. */
  mergeMember(name: string, peerTime: LamportTime): void {
    if (!this.#witness(peerTime)) return;
    if (name !== this.#options.name || this.#leaving) {
      this.#deps.table.joinIntent(name, peerTime);
    } else if (peerTime > this.#ownTime()) {
      // Differs from serf: something was said of us that we never heard, perhaps that we leave (a serf agent in a pool of
      // two does not even send that). Whoever believes it sees us leaving until we speak.
      this.announceJoin();
    }
  }

  /** A peer knows `name` as a member that left, by its push/pull. */
  mergeLeft(name: string, peerTime: LamportTime): void {
    if (!this.#witness(peerTime + 1)) return;
    if (this.#isRefuted(name, peerTime + 1)) return;
    this.#tell(this.#deps.table.leftElsewhere(name, peerTime));
  }

  /** Says that we are in the pool. */
  announceJoin(): void {
    const { lamport, table, broadcast } = this.#deps;
    const intent: JoinIntent = { type: 'join', lTime: lamport.time, node: this.#options.name };
    lamport.witness(intent.lTime);
    table.joinIntent(intent.node, intent.lTime);
    broadcast(encodeSerfMessage(intent));
  }

  /**
   * Says that we leave; from now on nothing said of our departure is refuted.
   * @returns what to broadcast
   */
  announceLeave(): Uint8Array {
    this.#leaving = true;
    return this.#originate(this.#options.name, false);
  }

  /**
   * Says that another member left. Whether it may be pruned is up to the caller.
   * @returns what to broadcast
   */
  forceLeave(name: string, { prune }: { readonly prune: boolean }): Uint8Array {
    return this.#originate(name, prune);
  }

  stop(): void {
    for (const timer of this.#prunes.values()) timer.cancel();
    this.#prunes.clear();
  }

  #originate(node: string, prune: boolean): Uint8Array {
    const intent: LeaveIntent = { type: 'leave', lTime: this.#deps.lamport.next(), node, prune };
    this.#leave(intent);
    return encodeSerfMessage(intent);
  }

  #join({ node, lTime }: JoinIntent): IntentOutcome {
    return this.#deps.table.joinIntent(node, lTime);
  }

  #leave({ node, lTime, prune }: LeaveIntent): IntentOutcome {
    if (this.#isRefuted(node, lTime)) return { isNew: false };
    const outcome = this.#deps.table.leaveIntent(node, lTime);
    this.#tell(outcome);
    if (prune && outcome.isNew) this.#prune(node);
    return outcome;
  }

  #ownTime(): LamportTime {
    return this.#deps.table.get(this.#options.name)?.statusTime ?? 0;
  }

  /** Whether it is about our own departure while we stay; answers that at once. */
  #isRefuted(name: string, lTime: LamportTime): boolean {
    if (name !== this.#options.name || this.#leaving) return false;
    if (lTime > this.#ownTime()) {
      this.#deps.logger.warn('refuting a claim that we leave', { lTime });
      this.announceJoin();
    }
    return true;
  }

  /**
   * Differs from serf: a member that the failure detector still sees is not forgotten. serf blocks for this time and
   * then erases it although it may be refuting, and does not see it again until it has died and come back.
   */
  #prune(name: string): void {
    const { table, clock, logger } = this.#deps;
    const record = table.get(name);
    // Our own entry stays until we stop.
    if (record === undefined || name === this.#options.name || this.#prunes.has(name)) return;
    if (!record.present) {
      this.#erase(name);
      return;
    }
    logger.warn('asked to prune a member that is alive', { member: name });
    const timer = clock.setTimer(this.#options.pruneGraceMs, () => {
      this.#prunes.delete(name);
      const after = table.get(name);
      if (after !== undefined && !after.present) this.#erase(name);
    });
    this.#prunes.set(name, timer);
  }

  #erase(name: string): void {
    const event = this.#deps.table.erase(name);
    if (event !== undefined) this.#deps.emit(event);
  }

  #tell({ event }: IntentOutcome): void {
    if (event !== undefined) this.#deps.emit(event);
  }

  #witness(lTime: LamportTime): boolean {
    if (this.#deps.lamport.witness(lTime)) return true;
    this.#deps.metrics.incrCounter(GOSSIP_METRICS.messagesRefused, 1, { reason: 'lamport-jump' });
    this.#deps.logger.warn('refusing an intent from too far ahead', { lTime });
    return false;
  }
}
