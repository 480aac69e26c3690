import { noMetrics } from '@steppe/runtime';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import { Awareness } from '../memberlist/awareness.js';
import type { GossipNode, MemberlistDelegate } from '../memberlist/delegate.js';
import { GuardedDelegate } from '../memberlist/guarded-delegate.js';
import { LocalNode } from '../memberlist/local-node.js';
import type { MembershipContext } from '../memberlist/membership-context.js';
import { NodeStates } from '../memberlist/node-states.js';
import type { NodeStatesOptions } from '../memberlist/node-states.js';
import { NodeTable } from '../memberlist/node-table.js';
import { LAN_TIMING, NOMAD_VERSIONS } from '../memberlist/options.js';
import type { AliveMessage, News } from '../wire/memberlist-message.js';

export const ADDRESS = Uint8Array.of(10, 0, 0, 9);

/** An alive message of `x` at 10.0.0.9:7946. */
export function aliveMessage(change: Partial<AliveMessage> = {}): AliveMessage {
  return {
    type: 'alive',
    node: 'x',
    incarnation: 1,
    address: ADDRESS,
    port: 7946,
    meta: new Uint8Array(),
    versions: NOMAD_VERSIONS,
    ...change,
  };
}

/** The rules of membership of a node `me` at 10.0.0.1:7946, without a network; remembers what it would spread and tell. */
export function fakeMembership({
  options = {},
  delegate = {},
}: {
  readonly options?: Partial<NodeStatesOptions>;
  readonly delegate?: MemberlistDelegate;
} = {}) {
  const clock = new SimClock(0);
  const logger = new RecordingLogger();
  const table = new NodeTable(new SeededRandom(1));
  const awareness = new Awareness(8);
  const announced: News[] = [];
  const told: string[] = [];
  const tell = (event: string) => (node: GossipNode) => told.push(`${event} ${node.name} ${node.incarnation}`);
  const context: MembershipContext = {
    table,
    awareness,
    clock,
    logger,
    metrics: noMetrics,
    announce: (message, onDone) => {
      announced.push(message);
      onDone?.('sent');
    },
    delegate: new GuardedDelegate(
      {
        onJoin: tell('join'),
        onLeave: tell('leave'),
        onUpdate: tell('update'),
        onConflict: (_, other) => told.push(`conflict ${other.name} ${other.host}:${other.port}`),
        ...delegate,
      },
      logger,
    ),
  };
  const local = new LocalNode(
    {
      name: 'me',
      address: Uint8Array.of(10, 0, 0, 1),
      host: '10.0.0.1',
      port: 7946,
      meta: new Uint8Array(),
      versions: NOMAD_VERSIONS,
    },
    LAN_TIMING,
    context,
  );
  const states = new NodeStates({ ...LAN_TIMING, boundPort: 7946, maxNodes: 100, ...options }, local, context);
  const forget = (): void => {
    announced.length = 0;
    told.length = 0;
  };
  forget();
  return { announced, awareness, clock, context, forget, local, logger, states, table, told };
}
