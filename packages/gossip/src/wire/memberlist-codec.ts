import { DecodedCache } from './decoded-cache.js';
import { isIpBytes } from './ip-bytes.js';
import type {
  AckMessage,
  AliveMessage,
  DeadMessage,
  ErrorMessage,
  IndirectPingMessage,
  NackMessage,
  NodeState,
  NodeVersions,
  PacketMessage,
  PingMessage,
  PingSource,
  PushPullMessage,
  PushPullNode,
  StreamMessage,
  SuspectMessage,
} from './memberlist-message.js';
import { MsgpackReader } from './msgpack-reader.js';
import { MsgpackWriter } from './msgpack-writer.js';
import { sharedAddress, sharedName } from './shared-values.js';
import { StructReader, fieldName } from './struct.js';
import type { Draft } from './struct.js';
import { rejected } from './wire-rejection.js';
import type { WireRejection } from './wire-rejection.js';

/** First byte of a memberlist message or wrapper. */
export const MEMBERLIST_TYPE = {
  ping: 0,
  indirectPing: 1,
  ack: 2,
  suspect: 3,
  alive: 4,
  dead: 5,
  pushPull: 6,
  compound: 7,
  user: 8,
  compress: 9,
  encrypt: 10,
  nack: 11,
  checksum: 12,
  error: 13,
  label: 244,
} as const;

const NO_BYTES = new Uint8Array(0);
/** Wire number of a node state is its index. */
const NODE_STATES: readonly NodeState[] = ['alive', 'suspect', 'dead', 'left'];
const VERSION_BYTES = 6;

const ADDR = fieldName('Addr');
const ERROR = fieldName('Error');
const FROM = fieldName('From');
const INCARNATION = fieldName('Incarnation');
const JOIN = fieldName('Join');
const META = fieldName('Meta');
const NACK = fieldName('Nack');
const NAME = fieldName('Name');
const NODE = fieldName('Node');
const NODES = fieldName('Nodes');
const PAYLOAD = fieldName('Payload');
const PORT = fieldName('Port');
const SEQ_NO = fieldName('SeqNo');
const SOURCE_ADDR = fieldName('SourceAddr');
const SOURCE_NODE = fieldName('SourceNode');
const SOURCE_PORT = fieldName('SourcePort');
const STATE = fieldName('State');
const TARGET = fieldName('Target');
const USER_MSG_LEN = fieldName('UserMsgLen');
const USER_STATE_LEN = fieldName('UserStateLen');
const VSN = fieldName('Vsn');

const writer = new MsgpackWriter();
const news = new DecodedCache<PacketMessage>();
const entries = new DecodedCache<PushPullNode>();

/**
 * Bytes of a message: its type byte and body, without any wrapper.
 * @throws RangeError for a number that cannot be written, or an alive message without versions (older agents crash on
 * it): both are mistakes of the caller, never of a peer
 */
export function encodePacketMessage(message: PacketMessage): Uint8Array {
  writePacketMessage(message);
  return writer.take();
}

/**
 * The same for news that everybody passes on: equal messages give the same bytes, which nobody may change.
 * @throws RangeError as {@link encodePacketMessage}
 */
export function encodeNews(message: AliveMessage | SuspectMessage | DeadMessage): Uint8Array {
  writePacketMessage(message);
  const known = news.bytesOf(writer.view());
  if (known !== undefined) return known;
  const bytes = writer.take();
  decodePacketMessage(bytes);
  return news.bytesOf(bytes) ?? bytes;
}

function writePacketMessage(message: PacketMessage): void {
  writer.clear();
  switch (message.type) {
    case 'ping':
      writePing(message);
      break;
    case 'indirect-ping':
      writeIndirectPing(message);
      break;
    case 'ack':
      writeAck(message);
      break;
    case 'nack':
      writer.byte(MEMBERLIST_TYPE.nack).map(1).raw(SEQ_NO).uint(message.seqNo);
      break;
    case 'suspect':
      writeAccusation(MEMBERLIST_TYPE.suspect, message);
      break;
    case 'dead':
      writeAccusation(MEMBERLIST_TYPE.dead, message);
      break;
    case 'alive':
      writeAlive(message);
      break;
    case 'user':
      writer.byte(MEMBERLIST_TYPE.user).raw(message.payload);
      break;
  }
}

/**
 * Bytes of a message on a stream: its type byte and body, without any wrapper.
 * @throws RangeError as {@link encodePacketMessage}
 */
export function encodeStreamMessage(message: StreamMessage): Uint8Array {
  writer.clear();
  switch (message.type) {
    case 'ping':
      writePing(message);
      break;
    case 'ack':
      writeAck(message);
      break;
    case 'push-pull':
      writePushPull(message);
      break;
    case 'user':
      writer.byte(MEMBERLIST_TYPE.user).map(1).raw(USER_MSG_LEN).uint(message.payload.length).raw(message.payload);
      break;
    case 'error':
      writer.byte(MEMBERLIST_TYPE.error).map(1).raw(ERROR).text(message.error);
      break;
  }
  return writer.take();
}

function writePing(message: PingMessage): void {
  writer.byte(MEMBERLIST_TYPE.ping).map(message.source === undefined ? 2 : 5);
  writer.raw(NODE).text(message.node).raw(SEQ_NO).uint(message.seqNo);
  writeSource(message.source);
}

function writeIndirectPing(message: IndirectPingMessage): void {
  writer.byte(MEMBERLIST_TYPE.indirectPing).map(message.source === undefined ? 5 : 8);
  writer.raw(NACK).bool(message.nack).raw(NODE).text(message.node);
  writer.raw(PORT).uint(message.port).raw(SEQ_NO).uint(message.seqNo);
  writeSource(message.source);
  writer.raw(TARGET).bytes(message.target);
}

function writeSource(source: PingSource | undefined): void {
  if (source === undefined) return;
  writer.raw(SOURCE_ADDR).bytes(source.address).raw(SOURCE_NODE).text(source.node).raw(SOURCE_PORT).uint(source.port);
}

function writeAck(message: AckMessage): void {
  writer.byte(MEMBERLIST_TYPE.ack).map(2);
  writer.raw(PAYLOAD).bytesOrNil(message.payload).raw(SEQ_NO).uint(message.seqNo);
}

function writeAccusation(type: number, message: SuspectMessage | DeadMessage): void {
  writer.byte(type).map(3).raw(FROM).text(message.from);
  writer.raw(INCARNATION).uint(message.incarnation).raw(NODE).text(message.node);
}

function writeAlive(message: AliveMessage): void {
  writer.byte(MEMBERLIST_TYPE.alive).map(6).raw(ADDR).bytes(message.address);
  writer.raw(INCARNATION).uint(message.incarnation).raw(META).bytesOrNil(message.meta);
  writer.raw(NODE).text(message.node).raw(PORT).uint(message.port);
  writeVersions(message.versions);
}

function writePushPull(message: PushPullMessage): void {
  writer.byte(MEMBERLIST_TYPE.pushPull).map(3).raw(JOIN).bool(message.join);
  writer.raw(NODES).uint(message.nodes.length).raw(USER_STATE_LEN).uint(message.userState.length);
  for (const node of message.nodes) writePushPullNode(node);
  writer.raw(message.userState);
}

function writePushPullNode(node: PushPullNode): void {
  writer.map(7).raw(ADDR).bytes(node.address).raw(INCARNATION).uint(node.incarnation);
  writer.raw(META).bytesOrNil(node.meta).raw(NAME).text(node.name).raw(PORT).uint(node.port);
  writer.raw(STATE).uint(NODE_STATES.indexOf(node.state));
  writeVersions(node.versions);
}

function writeVersions(versions: NodeVersions | undefined): void {
  if (versions === undefined) throw new RangeError('an entry without versions is never sent');
  writer.raw(VSN).byte(0xa0 | VERSION_BYTES);
  writer.byte(versions.protocolMin).byte(versions.protocolMax).byte(versions.protocolCurrent);
  writer.byte(versions.delegateMin).byte(versions.delegateMax).byte(versions.delegateCurrent);
}

/** The ping source as it stands on the wire: three fields of the message itself. */
interface SourceFields {
  sourceAddress: Uint8Array;
  sourcePort: number;
  sourceNode: string;
}

const pingReader = new StructReader<{ seqNo: number; node: string } & SourceFields>(
  () => ({ seqNo: 0, node: '', sourceAddress: NO_BYTES, sourcePort: 0, sourceNode: '' }),
  {
    SeqNo: (draft, reader) => (draft.seqNo = reader.uint32()),
    Node: (draft, reader) => (draft.node = reader.text()),
    SourceAddr: (draft, reader) => (draft.sourceAddress = reader.bytes()),
    SourcePort: (draft, reader) => (draft.sourcePort = reader.uint16()),
    SourceNode: (draft, reader) => (draft.sourceNode = reader.text()),
  },
);

const indirectPingReader = new StructReader<Draft<Omit<IndirectPingMessage, 'type' | 'source'>> & SourceFields>(
  () => ({
    seqNo: 0,
    target: NO_BYTES,
    port: 0,
    node: '',
    nack: false,
    sourceAddress: NO_BYTES,
    sourcePort: 0,
    sourceNode: '',
  }),
  {
    SeqNo: (draft, reader) => (draft.seqNo = reader.uint32()),
    Target: (draft, reader) => (draft.target = reader.bytes()),
    Port: (draft, reader) => (draft.port = reader.uint16()),
    Node: (draft, reader) => (draft.node = reader.text()),
    Nack: (draft, reader) => (draft.nack = reader.bool()),
    SourceAddr: (draft, reader) => (draft.sourceAddress = reader.bytes()),
    SourcePort: (draft, reader) => (draft.sourcePort = reader.uint16()),
    SourceNode: (draft, reader) => (draft.sourceNode = reader.text()),
  },
);

const ackReader = new StructReader<Draft<AckMessage>>(() => ({ type: 'ack', seqNo: 0, payload: NO_BYTES }), {
  SeqNo: (draft, reader) => (draft.seqNo = reader.uint32()),
  Payload: (draft, reader) => (draft.payload = reader.bytes()),
});

const nackReader = new StructReader<Draft<NackMessage>>(() => ({ type: 'nack', seqNo: 0 }), {
  SeqNo: (draft, reader) => (draft.seqNo = reader.uint32()),
});

const ACCUSATION_FIELDS = {
  Incarnation: (draft: Draft<SuspectMessage | DeadMessage>, reader: MsgpackReader) =>
    (draft.incarnation = reader.uint32()),
  Node: (draft: Draft<SuspectMessage | DeadMessage>, reader: MsgpackReader) => (draft.node = reader.text()),
  From: (draft: Draft<SuspectMessage | DeadMessage>, reader: MsgpackReader) => (draft.from = reader.text()),
};
const suspectReader = new StructReader<Draft<SuspectMessage>>(
  () => ({ type: 'suspect', incarnation: 0, node: '', from: '' }),
  ACCUSATION_FIELDS,
);
const deadReader = new StructReader<Draft<DeadMessage>>(
  () => ({ type: 'dead', incarnation: 0, node: '', from: '' }),
  ACCUSATION_FIELDS,
);

const aliveReader = new StructReader<Draft<AliveMessage>>(
  () => ({ type: 'alive', incarnation: 0, node: '', address: NO_BYTES, port: 0, meta: NO_BYTES }),
  {
    Incarnation: (draft, reader) => (draft.incarnation = reader.uint32()),
    Node: (draft, reader) => (draft.node = reader.text()),
    Addr: (draft, reader) => (draft.address = reader.bytes()),
    Port: (draft, reader) => (draft.port = reader.uint16()),
    Meta: (draft, reader) => (draft.meta = reader.bytes()),
    Vsn: readVersions,
  },
);

const pushPullHeaderReader = new StructReader<PushPullHeader>(() => ({ nodes: 0, userStateBytes: 0, join: false }), {
  Nodes: (draft, reader) => (draft.nodes = reader.uint53()),
  UserStateLen: (draft, reader) => (draft.userStateBytes = reader.uint53()),
  Join: (draft, reader) => (draft.join = reader.bool()),
});

const pushPullNodeReader = new StructReader<Draft<Omit<PushPullNode, 'state'>> & { state: NodeState | undefined }>(
  () => ({ name: '', address: NO_BYTES, port: 0, meta: NO_BYTES, incarnation: 0, state: 'alive' }),
  {
    Name: (draft, reader) => (draft.name = reader.text()),
    Addr: (draft, reader) => (draft.address = reader.bytes()),
    Port: (draft, reader) => (draft.port = reader.uint16()),
    Meta: (draft, reader) => (draft.meta = reader.bytes()),
    Incarnation: (draft, reader) => (draft.incarnation = reader.uint32()),
    State: (draft, reader) => (draft.state = NODE_STATES[reader.int64()]),
    Vsn: readVersions,
  },
);

const userHeaderReader = new StructReader<{ bytes: number }>(() => ({ bytes: 0 }), {
  UserMsgLen: (draft, reader) => (draft.bytes = reader.uint53()),
});

const errorReader = new StructReader<Draft<ErrorMessage>>(() => ({ type: 'error', error: '' }), {
  Error: (draft, reader) => (draft.error = reader.text()),
});

function readVersions(draft: { versions?: NodeVersions }, reader: MsgpackReader): void {
  const bytes = reader.bytes();
  if (bytes.length < VERSION_BYTES) {
    delete draft.versions;
    return;
  }
  draft.versions = {
    protocolMin: bytes[0] as number,
    protocolMax: bytes[1] as number,
    protocolCurrent: bytes[2] as number,
    delegateMin: bytes[3] as number,
    delegateMax: bytes[4] as number,
    delegateCurrent: bytes[5] as number,
  };
}

/**
 * Reads one unwrapped message, from its type byte at `start` to before `end`; bytes after the body are ignored.
 * Everything is copied. Messages may be shared with other callers that were given the same bytes: nobody may change them.
 */
export function decodePacketMessage(bytes: Uint8Array, start = 0, end = bytes.length): PacketMessage | WireRejection {
  if (start >= end) return rejected('empty');
  const type = bytes[start] as number;
  // Of these everybody brings the same ones; the others come once.
  const isNews =
    type === MEMBERLIST_TYPE.alive ||
    type === MEMBERLIST_TYPE.suspect ||
    type === MEMBERLIST_TYPE.dead ||
    type === MEMBERLIST_TYPE.user;
  const known = isNews ? news.get(bytes, start, end) : undefined;
  if (known !== undefined) return known;
  const message = readPacketMessage(type, bytes, start, end);
  if (isNews && message.type !== 'rejected') news.set(bytes, start, end, message);
  return message;
}

function readPacketMessage(type: number, bytes: Uint8Array, start: number, end: number): PacketMessage | WireRejection {
  if (type === MEMBERLIST_TYPE.user) return { type: 'user', payload: bytes.slice(start + 1, end) };
  const reader = new MsgpackReader(bytes, start + 1, end);
  const message = readPacketBody(type, reader);
  return reader.failure === undefined ? message : rejected(reader.failure);
}

function readPacketBody(type: number, reader: MsgpackReader): PacketMessage | WireRejection {
  switch (type) {
    case MEMBERLIST_TYPE.ping:
      return readPing(reader);
    case MEMBERLIST_TYPE.indirectPing:
      return readIndirectPing(reader);
    case MEMBERLIST_TYPE.ack:
      return readAck(reader);
    case MEMBERLIST_TYPE.suspect:
      return withSharedNames(suspectReader.read(reader));
    case MEMBERLIST_TYPE.alive: {
      const message = aliveReader.read(reader);
      if (!isIpBytes(message.address)) reader.fail('malformed');
      else {
        message.node = sharedName(message.node);
        message.address = sharedAddress(message.address);
      }
      return message;
    }
    case MEMBERLIST_TYPE.dead:
      return withSharedNames(deadReader.read(reader));
    case MEMBERLIST_TYPE.nack:
      return nackReader.read(reader);
    default:
      return rejected('unknown-type');
  }
}

function withSharedNames<T extends Draft<SuspectMessage | DeadMessage>>(message: T): T {
  message.node = sharedName(message.node);
  message.from = sharedName(message.from);
  return message;
}

/** Body of a ping. Look at the reader's failure afterwards, as with all functions that read a body. */
export function readPing(reader: MsgpackReader): PingMessage {
  const draft = pingReader.read(reader);
  const source = sourceOf(draft, reader);
  return { type: 'ping', seqNo: draft.seqNo, node: draft.node, ...source };
}

function readIndirectPing(reader: MsgpackReader): IndirectPingMessage {
  const draft = indirectPingReader.read(reader);
  const source = sourceOf(draft, reader);
  if (!isIpBytes(draft.target)) reader.fail('malformed');
  const { seqNo, target, port, node, nack } = draft;
  return { type: 'indirect-ping', seqNo, target, port, node, nack, ...source };
}

/** memberlist: a source without address or port is none. */
function sourceOf(fields: SourceFields, reader: MsgpackReader): { source?: PingSource } {
  if (fields.sourceAddress.length === 0 || fields.sourcePort === 0) return {};
  if (!isIpBytes(fields.sourceAddress)) reader.fail('malformed');
  return { source: { address: fields.sourceAddress, port: fields.sourcePort, node: fields.sourceNode } };
}

/** Body of an ack. */
export function readAck(reader: MsgpackReader): AckMessage {
  return ackReader.read(reader);
}

/** Body of an error reply. */
export function readError(reader: MsgpackReader): ErrorMessage {
  return errorReader.read(reader);
}

/** What comes before the node entries and the user state of a push/pull. Numbers as announced, not yet bounded. */
export interface PushPullHeader {
  nodes: number;
  userStateBytes: number;
  join: boolean;
}

export function readPushPullHeader(reader: MsgpackReader): PushPullHeader {
  return pushPullHeaderReader.read(reader);
}

/**
 * One node entry.
 * @returns `undefined` for an entry that means nothing to anybody (no IP address, a state that does not exist): a real
 * agent may pass such a forgery on, and it must not cost us the rest of its list
 */
export function readPushPullNode(reader: MsgpackReader): PushPullNode | undefined {
  const start = reader.position;
  const followed = entries.follow(reader.source, start, reader.end);
  if (followed !== undefined) {
    reader.advance(followed.bytes.length);
    return followed.value;
  }
  reader.skip();
  if (reader.failure !== undefined) return undefined;
  const end = reader.position;
  const known = entries.get(reader.source, start, end);
  if (known !== undefined) return known;
  const entry = new MsgpackReader(reader.source, start, end);
  const node = pushPullNodeReader.read(entry);
  if (entry.failure !== undefined) {
    reader.fail(entry.failure);
    return undefined;
  }
  if (node.state === undefined || !isIpBytes(node.address)) return undefined;
  node.name = sharedName(node.name);
  node.address = sharedAddress(node.address);
  entries.set(reader.source, start, end, node as PushPullNode);
  return node as PushPullNode;
}

/** Announced length of a user message on a stream, whose bytes follow. */
export function readUserHeader(reader: MsgpackReader): number {
  return userHeaderReader.read(reader).bytes;
}
