/**
 * The six version numbers a node announces, in wire order: protocol min, max, current, then delegate (serf) min, max,
 * current. Real agents of old crash on fewer than six, so there is no other form.
 */
export interface NodeVersions {
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly protocolCurrent: number;
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegateCurrent: number;
}

/** Where the sender of a ping wants its ack. */
export interface PingSource {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
  readonly node: string;
}

/** Asks the node of that name to answer with an ack of the same sequence number. */
export interface PingMessage {
  readonly type: 'ping';
  /** uint32. */
  readonly seqNo: number;
  /** Empty: anybody who receives it answers. */
  readonly node: string;
  /** Absent: the ack goes to where the datagram came from. */
  readonly source?: PingSource;
}

/** Asks a helper to ping `node` and to pass its ack on. */
export interface IndirectPingMessage {
  readonly type: 'indirect-ping';
  readonly seqNo: number;
  /** Address bytes of the node to ping, 4 or 16. */
  readonly target: Uint8Array;
  /** 0 stands for the receiver's own port. */
  readonly port: number;
  readonly node: string;
  /** Whether the asker understands a nack. */
  readonly nack: boolean;
  readonly source?: PingSource;
}

export interface AckMessage {
  readonly type: 'ack';
  readonly seqNo: number;
  /** Empty when there is none. */
  readonly payload: Uint8Array;
}

export interface NackMessage {
  readonly type: 'nack';
  readonly seqNo: number;
}

interface Numbered {
  /**
   * Of a message that was read: the same for all that were read from the same bytes, of no two others. Not enumerable, as a
   * changed copy is another message. Absent in messages made otherwise.
   */
  readonly serial?: number;
}

export interface SuspectMessage extends Numbered {
  readonly type: 'suspect';
  readonly incarnation: number;
  readonly node: string;
  /** Who suspects. */
  readonly from: string;
}

export interface DeadMessage extends Numbered {
  readonly type: 'dead';
  readonly incarnation: number;
  readonly node: string;
  /** Equal to `node`: the node announced its own departure. */
  readonly from: string;
}

export interface AliveMessage extends Numbered {
  readonly type: 'alive';
  readonly incarnation: number;
  readonly node: string;
  /** 4 or 16 bytes, to be compared and passed on exactly as received. */
  readonly address: Uint8Array;
  /** 0 stands for the receiver's own port. */
  readonly port: number;
  /** At most 512 bytes from peers that keep to the protocol. */
  readonly meta: Uint8Array;
  /** Absent when the sender gave fewer than six bytes: such a message must be ignored. */
  readonly versions?: NodeVersions;
}

/** What goes from node to node until everybody has heard it. */
export type News = AliveMessage | SuspectMessage | DeadMessage;

/** Bytes of the layer above (serf): its own type byte and body. */
export interface UserMessage {
  readonly type: 'user';
  readonly payload: Uint8Array;
}

/** What a listener answers to a stream it could not read. */
export interface ErrorMessage {
  readonly type: 'error';
  readonly error: string;
}

/** State of a node on the wire, by its number: 0 alive, 1 suspect, 2 dead, 3 left. */
export type NodeState = 'alive' | 'suspect' | 'dead' | 'left';

export interface PushPullNode {
  readonly name: string;
  readonly address: Uint8Array;
  readonly port: number;
  readonly meta: Uint8Array;
  readonly incarnation: number;
  readonly state: NodeState;
  /** Absent as in {@link AliveMessage}. */
  readonly versions?: NodeVersions;
}

/** A full exchange of state over a stream; request and reply have the same form. */
export interface PushPullMessage {
  readonly type: 'push-pull';
  readonly join: boolean;
  /** As received, without entries that have no IP address or a state that does not exist. */
  readonly nodes: readonly PushPullNode[];
  /** State of the layer above; empty when it has none. */
  readonly userState: Uint8Array;
}

/** What a datagram can carry once all wrappers are off. */
export type PacketMessage =
  | PingMessage
  | IndirectPingMessage
  | AckMessage
  | NackMessage
  | SuspectMessage
  | DeadMessage
  | AliveMessage
  | UserMessage;

/** What a stream can carry. */
export type StreamMessage = PingMessage | AckMessage | PushPullMessage | UserMessage | ErrorMessage;
