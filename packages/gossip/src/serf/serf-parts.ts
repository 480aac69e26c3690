import type { Clock, Logger, Metrics, Random } from '@steppe/runtime';
import { NodeCoordinates } from '../coordinate/node-coordinates.js';
import type { KeyRing } from '../keyring/key-ring.js';
import { Memberlist } from '../memberlist/memberlist.js';
import { SnapshotFile } from '../snapshot/snapshot-file.js';
import type { SnapshotStore } from '../snapshot/snapshot-store.js';
import type { Transport } from '../transport/transport.js';
import type { PacketCodec } from '../wire/packet-codec.js';
import { EventHub } from './event-hub.js';
import { Intents } from './intents.js';
import { InternalQueries } from './internal-queries.js';
import { KeyManager } from './key-manager.js';
import { LamportClock } from './lamport-clock.js';
import { MemberTable } from './member-table.js';
import { NameConflict } from './name-conflict.js';
import type { SerfOptions, SerfTiming } from './options.js';
import { SERF_TIMING } from './options.js';
import { PushPullState } from './push-pull-state.js';
import { Queries } from './queries.js';
import { QueryHandler } from './query-handler.js';
import { QueryReplies } from './query-replies.js';
import { Reaper } from './reaper.js';
import { SerfBroadcasts } from './serf-broadcasts.js';
import type { MemberGuard } from './serf-delegate.js';
import { SerfDelegate } from './serf-delegate.js';
import type { MemberEvent } from './serf-event.js';
import { UserEvents } from './user-events.js';

export interface SerfDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Absent: encryption is off. */
  readonly keyring?: KeyRing;
  /** Absent: nothing is remembered over a restart. */
  readonly snapshotStore?: SnapshotStore;
  /** As {@link MemberlistDeps} has it. */
  readonly codec?: PacketCodec;
  /** Refuses nodes that others announce, and every push/pull of a join that lists such a node. Default: takes all. */
  readonly memberGuard?: MemberGuard;
}

/** The parts of one serf agent, tied together. */
export interface SerfParts {
  readonly timing: SerfTiming;
  readonly memberlist: Memberlist;
  readonly memberClock: LamportClock;
  readonly eventClock: LamportClock;
  readonly queryClock: LamportClock;
  readonly table: MemberTable;
  readonly hub: EventHub;
  readonly broadcasts: SerfBroadcasts;
  readonly intents: Intents;
  readonly userEvents: UserEvents;
  readonly queries: Queries;
  readonly queryHandler: QueryHandler;
  readonly pushPull: PushPullState;
  readonly keyManager: KeyManager;
  readonly reaper: Reaper;
  readonly coordinates: NodeCoordinates | undefined;
  readonly snapshot: SnapshotFile | undefined;
}

export interface SerfHooks {
  /** Our tags as they are now, encoded. */
  readonly meta: () => Uint8Array;
  /** Another member has our name, by the pool's decision. */
  readonly onNameLost: () => void;
}

/** Serf messages share a datagram with at least: compound and length fields, type byte, encryption. */
const PACKET_OVERHEAD_BYTES = 2 + 2 + 1 + 29;
const LABEL_HEADER_BYTES = 2;
const PACKET_BYTES = 1400;

/** Makes the parts and ties them together; nothing runs yet. */
export function assembleSerf(options: SerfOptions, deps: SerfDeps, hooks: SerfHooks): SerfParts {
  const timing: SerfTiming = { ...SERF_TIMING, ...options };
  const { name, gossipIntervalMs, retransmitMult, packetBytes = PACKET_BYTES, label = '' } = options.memberlist;
  const { clock, random, metrics, keyring, snapshotStore, memberGuard } = deps;
  const logger = deps.logger.named('serf');
  const shared = { clock, random, logger, metrics };

  const memberClock = new LamportClock();
  const eventClock = new LamportClock();
  const queryClock = new LamportClock();
  const table = new MemberTable(
    { recentIntentMs: timing.recentIntentTimeoutMs, tombstoneMs: timing.recentIntentTimeoutMs },
    shared,
  );
  const hub = new EventHub(timing, shared);
  const labelBytes = label === '' ? 0 : LABEL_HEADER_BYTES + Buffer.byteLength(label);
  const broadcasts = new SerfBroadcasts(
    { ...timing, retransmitMult, maxMessageBytes: packetBytes - PACKET_OVERHEAD_BYTES - labelBytes },
    { ...shared, poolSize: () => table.size },
  );
  const coordinates = (options.coordinates ?? true) ? new NodeCoordinates({ name }, shared) : undefined;
  const snapshot =
    snapshotStore &&
    new SnapshotFile(
      { rejoinAfterLeave: options.rejoinAfterLeave ?? false },
      {
        ...shared,
        store: snapshotStore,
        times: () => ({ clock: memberClock.time, eventClock: eventClock.time, queryClock: queryClock.time }),
      },
    );

  const emit = (event: MemberEvent): void => {
    for (const { name: member, address, port } of event.members) {
      if (event.type === 'member-join') snapshot?.memberAlive(member, { host: address, port });
      else if (event.type === 'member-leave' || event.type === 'member-failed') snapshot?.memberGone(member);
      else if (event.type === 'member-reap') coordinates?.forget(member);
    }
    hub.emit(event);
  };

  const intents = new Intents(
    { name, pruneGraceMs: timing.broadcastTimeoutMs + timing.leavePropagateDelayMs },
    { ...shared, lamport: memberClock, table, emit, broadcast: (bytes) => broadcasts.enqueue('intent', bytes) },
  );
  const userEvents = new UserEvents(
    { maxBytes: timing.userEventMaxBytes },
    {
      ...shared,
      lamport: eventClock,
      emit: (event) => hub.emit(event),
      broadcast: (bytes) => broadcasts.enqueue('event', bytes),
    },
  );
  const replies = new QueryReplies({
    ...shared,
    sendTo: (to, bytes) => memberlist.sendTo(to, bytes),
    deliver: (response) => queries.receive(response),
    local: () => memberlist.local,
    nodes: () => memberlist.nodes(),
    encrypted: () => keyring !== undefined && (options.memberlist.verifyIncoming ?? true),
  });
  const internal = new InternalQueries({ name, member: (wanted) => table.get(wanted)?.member, keyring, logger });
  const queryHandler = new QueryHandler({
    ...shared,
    lamport: queryClock,
    replies,
    broadcast: (bytes) => broadcasts.enqueue('query', bytes),
    self: () => ({ name, tags: table.get(name)?.member.tags ?? {} }),
    emit: (query) => hub.emit(query),
    internal: (query) => internal.handle(query),
  });
  const queries: Queries = new Queries({
    ...shared,
    lamport: queryClock,
    local: () => memberlist.local,
    liveCount: () => table.liveCount(),
    publish: (query, bytes) => queryHandler.receive(query, bytes),
    gossipIntervalMs,
    timeoutMult: timing.queryTimeoutMult,
  });
  const pushPull = new PushPullState({ ...shared, table, intents, userEvents, memberClock, eventClock, queryClock });
  const conflict = new NameConflict(
    { name, vote: options.resolveNameConflicts ?? false },
    {
      ask: (query, payload) => queries.ask(query, payload),
      local: () => memberlist.local,
      onLost: hooks.onNameLost,
      logger,
    },
  );
  const keyManager = new KeyManager({
    ask: (query, payload, askOptions) => queries.ask(query, payload, askOptions),
    members: () => table.members(),
    keyring,
    logger,
  });
  const delegate = new SerfDelegate({
    ...shared,
    meta: hooks.meta,
    table,
    intents,
    userEvents,
    queries,
    queryHandler,
    replies,
    broadcasts,
    pushPull,
    conflict,
    coordinates,
    guard: memberGuard,
    emit,
    flapTimeoutMs: timing.flapTimeoutMs,
  });
  const memberlist: Memberlist = new Memberlist(options.memberlist, { ...deps, delegate });
  return {
    timing,
    memberlist,
    memberClock,
    eventClock,
    queryClock,
    table,
    hub,
    broadcasts,
    intents,
    userEvents,
    queries,
    queryHandler,
    pushPull,
    keyManager,
    reaper: new Reaper(timing, { clock, table, emit }),
    coordinates,
    snapshot,
  };
}
