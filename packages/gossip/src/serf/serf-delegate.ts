import type { Member } from '@steppe/domain';
import type { Logger, Metrics } from '@steppe/runtime';
import type { NodeCoordinates } from '../coordinate/node-coordinates.js';
import type { TakeLimits } from '../memberlist/broadcast-queue.js';
import type { GossipNode, MemberlistDelegate } from '../memberlist/delegate.js';
import { GOSSIP_METRICS } from '../metrics.js';
import { decodeSerfMessage } from '../wire/serf-codec.js';
import type { Intents } from './intents.js';
import type { MemberTable } from './member-table.js';
import type { NameConflict } from './name-conflict.js';
import { memberOfNode } from './node-member.js';
import type { PushPullState } from './push-pull-state.js';
import type { Queries } from './queries.js';
import type { QueryHandler } from './query-handler.js';
import type { QueryReplies } from './query-replies.js';
import type { SerfBroadcasts } from './serf-broadcasts.js';
import type { MemberEvent } from './serf-event.js';
import type { UserEvents } from './user-events.js';

/** Refuses a member: returns why, such as `member 'x' is not a server`. */
export type MemberGuard = (member: Member) => string | undefined;

export interface SerfDelegateDeps {
  /** Our tags, encoded. */
  readonly meta: () => Uint8Array;
  readonly table: MemberTable;
  readonly intents: Intents;
  readonly userEvents: UserEvents;
  readonly queries: Queries;
  readonly queryHandler: QueryHandler;
  readonly replies: QueryReplies;
  readonly broadcasts: SerfBroadcasts;
  readonly pushPull: PushPullState;
  readonly conflict: NameConflict;
  /** Absent: coordinates are off. */
  readonly coordinates: NodeCoordinates | undefined;
  readonly guard: MemberGuard | undefined;
  readonly emit: (event: MemberEvent) => void;
  /** A member came back this soon after it had failed, milliseconds. */
  readonly flapTimeoutMs: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What the failure detector and the parts of this layer have to tell each other. */
export class SerfDelegate implements MemberlistDelegate {
  readonly #deps: SerfDelegateDeps;

  constructor(deps: SerfDelegateDeps) {
    this.#deps = deps;
  }

  localMeta(): Uint8Array {
    return this.#deps.meta();
  }

  onMessage(payload: Uint8Array): void {
    const { intents, userEvents, queries, queryHandler, replies } = this.#deps;
    const message = decodeSerfMessage(payload);
    switch (message.type) {
      case 'leave':
      case 'join':
        intents.receive(message, payload);
        break;
      case 'user-event':
        userEvents.receive(message, payload);
        break;
      case 'query':
        queryHandler.receive(message, payload);
        break;
      case 'query-response':
        queries.receive(message);
        break;
      case 'relay':
        replies.relay(message);
        break;
      case 'push-pull':
        this.#refuse('unexpected-type');
        break;
      case 'rejected':
        this.#refuse(message.reason);
        break;
    }
  }

  takeBroadcasts(limits: Omit<TakeLimits, 'limitMessages'>): readonly Uint8Array[] {
    return this.#deps.broadcasts.take(limits);
  }

  waitingBroadcasts(): number {
    return this.#deps.broadcasts.waiting;
  }

  localState(): Uint8Array {
    return this.#deps.pushPull.local();
  }

  mergeState(state: Uint8Array, options: { readonly join: boolean }): void {
    if (state.length > 0) this.#deps.pushPull.merge(state, options);
  }

  onJoin(node: GossipNode): void {
    const { table, emit, flapTimeoutMs, metrics } = this.#deps;
    const { event, failedForMs } = table.nodeJoined(memberOfNode(node));
    metrics.incrCounter(GOSSIP_METRICS.memberJoin);
    if (failedForMs !== undefined && failedForMs < flapTimeoutMs) metrics.incrCounter(GOSSIP_METRICS.memberFlap);
    emit(event);
  }

  onLeave({ name }: GossipNode): void {
    const event = this.#deps.table.nodeLeft(name);
    if (event === undefined) return;
    const isFailure = event.type === 'member-failed';
    this.#deps.metrics.incrCounter(isFailure ? GOSSIP_METRICS.memberFailed : GOSSIP_METRICS.memberLeave);
    this.#deps.emit(event);
  }

  onUpdate(node: GossipNode): void {
    const event = this.#deps.table.nodeUpdated(memberOfNode(node));
    if (event === undefined) return;
    this.#deps.metrics.incrCounter(GOSSIP_METRICS.memberUpdate);
    this.#deps.emit(event);
  }

  onConflict(existing: GossipNode, other: GossipNode): void {
    this.#deps.conflict.detected(existing, other);
  }

  ackPayload(): Uint8Array {
    return this.#deps.coordinates?.ackPayload() ?? new Uint8Array();
  }

  onPingCompleted({ name }: GossipNode, rttMs: number, payload: Uint8Array): void {
    this.#deps.coordinates?.pingCompleted(name, rttMs, payload);
  }

  refuseAlive(node: GossipNode): string | undefined {
    return this.#deps.guard?.(memberOfNode(node));
  }

  refuseMerge(nodes: readonly GossipNode[]): string | undefined {
    const { guard } = this.#deps;
    if (guard === undefined) return undefined;
    for (const node of nodes) {
      const reason = guard(memberOfNode(node));
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  #refuse(reason: string): void {
    this.#deps.metrics.incrCounter(GOSSIP_METRICS.messagesRefused, 1, { reason });
    this.#deps.logger.debug('dropping a message', { reason });
  }
}
