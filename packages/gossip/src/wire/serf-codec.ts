import { DecodedCache } from './decoded-cache.js';
import { isIpBytes } from './ip-bytes.js';
import { MsgpackReader } from './msgpack-reader.js';
import { MsgpackWriter } from './msgpack-writer.js';
import { FLAG_ACK, readQuery, writeQuery } from './query-codec.js';
import type {
  ConflictMember,
  CoordinateBlock,
  EventSlot,
  JoinIntent,
  KeyResponse,
  LeaveIntent,
  QueryResponseMessage,
  RelayMessage,
  SerfMessage,
  SerfPushPull,
  UserEventMessage,
} from './serf-message.js';
import { sharedName } from './shared-values.js';
import { StructReader, fieldName, readList } from './struct.js';
import type { Draft } from './struct.js';
import { readTags, writeTags } from './tags.js';
import { rejected } from './wire-rejection.js';
import type { WireRejection } from './wire-rejection.js';

/** First byte of a serf message, in a user message, a push/pull's user state, or the payload of a query or response. */
const SERF_TYPE = {
  leave: 0,
  join: 1,
  pushPull: 2,
  userEvent: 3,
  query: 4,
  queryResponse: 5,
  conflictResponse: 6,
  keyRequest: 7,
  keyResponse: 8,
  relay: 9,
} as const;

const NO_BYTES = new Uint8Array(0);
const COORDINATE_VERSION = 1;
/** Vectors of real agents have 8. */
const MAX_DIMENSIONS = 64;

const ADDR = fieldName('Addr');
const ADJUSTMENT = fieldName('Adjustment');
const CC = fieldName('CC');
const DELEGATE_CUR = fieldName('DelegateCur');
const DELEGATE_MAX = fieldName('DelegateMax');
const DELEGATE_MIN = fieldName('DelegateMin');
const DEST_ADDR = fieldName('DestAddr');
const DEST_NAME = fieldName('DestName');
const ERROR = fieldName('Error');
const EVENT_L_TIME = fieldName('EventLTime');
const EVENTS = fieldName('Events');
const FLAGS = fieldName('Flags');
const FROM = fieldName('From');
const HEIGHT = fieldName('Height');
const ID = fieldName('ID');
const IP = fieldName('IP');
const KEY = fieldName('Key');
const KEYS = fieldName('Keys');
const L_TIME = fieldName('LTime');
const LEFT_MEMBERS = fieldName('LeftMembers');
const MESSAGE = fieldName('Message');
const NAME = fieldName('Name');
const NODE = fieldName('Node');
const PAYLOAD = fieldName('Payload');
const PORT = fieldName('Port');
const PRIMARY_KEY = fieldName('PrimaryKey');
const PROTOCOL_CUR = fieldName('ProtocolCur');
const PROTOCOL_MAX = fieldName('ProtocolMax');
const PROTOCOL_MIN = fieldName('ProtocolMin');
const PRUNE = fieldName('Prune');
const QUERY_L_TIME = fieldName('QueryLTime');
const RESULT = fieldName('Result');
const STATUS = fieldName('Status');
const STATUS_L_TIMES = fieldName('StatusLTimes');
const TAGS = fieldName('Tags');
const VEC = fieldName('Vec');
const ZONE = fieldName('Zone');

const writer = new MsgpackWriter();
const intents = new DecodedCache<JoinIntent | LeaveIntent>();

/**
 * Bytes of a message: its type byte and body.
 * @throws RangeError for a number that cannot be written, a filter that is not known, or a key query without payload (it
 * crashes real agents): all mistakes of the caller
 */
export function encodeSerfMessage(message: SerfMessage): Uint8Array {
  writer.clear();
  switch (message.type) {
    case 'leave':
      writer.byte(SERF_TYPE.leave).map(3).raw(L_TIME).uint(message.lTime);
      writer.raw(NODE).text(message.node).raw(PRUNE).bool(message.prune);
      break;
    case 'join':
      writer.byte(SERF_TYPE.join).map(2).raw(L_TIME).uint(message.lTime).raw(NODE).text(message.node);
      break;
    case 'push-pull':
      writePushPull(message);
      break;
    case 'user-event':
      writer.byte(SERF_TYPE.userEvent).map(4).raw(CC).bool(message.coalesce).raw(L_TIME).uint(message.lTime);
      writer.raw(NAME).text(message.name).raw(PAYLOAD).bytesOrNil(message.payload);
      break;
    case 'query':
      writer.byte(SERF_TYPE.query);
      writeQuery(writer, message);
      break;
    case 'query-response':
      writer
        .byte(SERF_TYPE.queryResponse)
        .map(5)
        .raw(FLAGS)
        .uint(message.ack ? FLAG_ACK : 0);
      writer.raw(FROM).text(message.from).raw(ID).uint(message.id).raw(L_TIME).uint(message.lTime);
      writer.raw(PAYLOAD).bytesOrNil(message.payload);
      break;
    case 'relay':
      writer.byte(SERF_TYPE.relay).map(2).raw(DEST_ADDR).map(3).raw(IP).bytes(message.address);
      writer.raw(PORT).uint(message.port).raw(ZONE).text('').raw(DEST_NAME).text(message.nodeName);
      writer.raw(message.message);
      break;
  }
  return writer.take();
}

function writePushPull(message: SerfPushPull): void {
  writer.byte(SERF_TYPE.pushPull).map(6).raw(EVENT_L_TIME).uint(message.eventLTime);
  writer.raw(EVENTS).array(message.events.length);
  for (const slot of message.events) writeEventSlot(slot);
  writer.raw(L_TIME).uint(message.lTime).raw(LEFT_MEMBERS).array(message.leftMembers.length);
  for (const name of message.leftMembers) writer.text(name);
  writer.raw(QUERY_L_TIME).uint(message.queryLTime).raw(STATUS_L_TIMES).map(message.statusLTimes.size);
  for (const [name, lTime] of message.statusLTimes) writer.text(name).uint(lTime);
}

function writeEventSlot(slot: EventSlot): void {
  writer.map(2).raw(EVENTS).array(slot.events.length);
  for (const { name, payload } of slot.events) {
    writer.map(2).raw(NAME).text(name).raw(PAYLOAD).bytesOrNil(payload);
  }
  writer.raw(L_TIME).uint(slot.lTime);
}

const leaveReader = new StructReader<Draft<LeaveIntent>>(() => ({ type: 'leave', lTime: 0, node: '', prune: false }), {
  LTime: (draft, reader) => (draft.lTime = reader.uint53()),
  Node: (draft, reader) => (draft.node = reader.text()),
  Prune: (draft, reader) => (draft.prune = reader.bool()),
});

const joinReader = new StructReader<Draft<JoinIntent>>(() => ({ type: 'join', lTime: 0, node: '' }), {
  LTime: (draft, reader) => (draft.lTime = reader.uint53()),
  Node: (draft, reader) => (draft.node = reader.text()),
});

const eventReader = new StructReader<Draft<EventSlot['events'][number]>>(() => ({ name: '', payload: NO_BYTES }), {
  Name: (draft, reader) => (draft.name = reader.text()),
  Payload: (draft, reader) => (draft.payload = reader.bytes()),
});

const eventSlotReader = new StructReader<Draft<EventSlot>>(() => ({ lTime: 0, events: [] }), {
  LTime: (draft, reader) => (draft.lTime = reader.uint53()),
  Events: (draft, reader) => (draft.events = readList(reader, () => eventReader.read(reader))),
});

const pushPullReader = new StructReader<Draft<SerfPushPull>>(
  () => ({
    type: 'push-pull',
    lTime: 0,
    eventLTime: 0,
    queryLTime: 0,
    statusLTimes: new Map(),
    leftMembers: [],
    events: [],
  }),
  {
    LTime: (draft, reader) => (draft.lTime = reader.uint53()),
    StatusLTimes: (draft, reader) => (draft.statusLTimes = readStatusLTimes(reader)),
    LeftMembers: (draft, reader) => (draft.leftMembers = readList(reader, () => reader.text())),
    EventLTime: (draft, reader) => (draft.eventLTime = reader.uint53()),
    Events: (draft, reader) => (draft.events = readEventSlots(reader)),
    QueryLTime: (draft, reader) => (draft.queryLTime = reader.uint53()),
  },
);

const userEventReader = new StructReader<Draft<UserEventMessage>>(
  () => ({ type: 'user-event', lTime: 0, name: '', payload: NO_BYTES, coalesce: false }),
  {
    LTime: (draft, reader) => (draft.lTime = reader.uint53()),
    Name: (draft, reader) => (draft.name = reader.text()),
    Payload: (draft, reader) => (draft.payload = reader.bytes()),
    CC: (draft, reader) => (draft.coalesce = reader.bool()),
  },
);

const queryResponseReader = new StructReader<Draft<QueryResponseMessage>>(
  () => ({ type: 'query-response', lTime: 0, id: 0, from: '', ack: false, payload: NO_BYTES }),
  {
    LTime: (draft, reader) => (draft.lTime = reader.uint53()),
    ID: (draft, reader) => (draft.id = reader.uint32()),
    From: (draft, reader) => (draft.from = reader.text()),
    Flags: (draft, reader) => (draft.ack = (reader.uint32() & FLAG_ACK) !== 0),
    Payload: (draft, reader) => (draft.payload = reader.bytes()),
  },
);

const destinationReader = new StructReader<{ address: Uint8Array; port: number }>(
  () => ({ address: NO_BYTES, port: 0 }),
  {
    IP: (draft, reader) => (draft.address = reader.bytes()),
    Port: (draft, reader) => (draft.port = reader.uint16()),
    // Zones cannot be used beyond their own host.
    Zone: (_, reader) => reader.skip(),
  },
);

const relayReader = new StructReader<Draft<Omit<RelayMessage, 'message'>>>(
  () => ({ type: 'relay', address: NO_BYTES, port: 0, nodeName: '' }),
  {
    DestAddr: (draft, reader) => Object.assign(draft, destinationReader.read(reader)),
    DestName: (draft, reader) => (draft.nodeName = reader.text()),
  },
);

function readEventSlots(reader: MsgpackReader): readonly EventSlot[] {
  const slots: EventSlot[] = [];
  const count = reader.array();
  for (let i = 0; i < count && reader.failure === undefined; i += 1) {
    // serf: the whole ring is sent, most of its slots empty.
    if (!reader.nil()) slots.push(eventSlotReader.read(reader));
  }
  return slots;
}

function readStatusLTimes(reader: MsgpackReader): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  const count = reader.map();
  for (let i = 0; i < count && reader.failure === undefined; i += 1)
    times.set(sharedName(reader.text()), reader.uint53());
  return times;
}

/**
 * Reads a message from its type byte on. What only stands within payloads (conflict and key answers) is unknown here.
 * The message in a relay shares memory with `bytes`; everything else is copied. Intents may be shared with other callers
 * that were given the same bytes: nobody may change them.
 */
export function decodeSerfMessage(bytes: Uint8Array): SerfMessage | WireRejection {
  if (bytes.length === 0) return rejected('empty');
  // Everybody brings the same intents, and the more members the more of them.
  const isIntent = bytes[0] === SERF_TYPE.join || bytes[0] === SERF_TYPE.leave;
  const known = isIntent ? intents.get(bytes, 0, bytes.length) : undefined;
  if (known !== undefined) return known;
  const reader = new MsgpackReader(bytes, 1);
  const message = readBody(bytes, reader);
  if (reader.failure !== undefined) return rejected(reader.failure);
  if (isIntent) intents.set(bytes, 0, bytes.length, message as JoinIntent | LeaveIntent);
  return message;
}

function withSharedName<T extends Draft<JoinIntent | LeaveIntent>>(intent: T): T {
  intent.node = sharedName(intent.node);
  return intent;
}

function readBody(bytes: Uint8Array, reader: MsgpackReader): SerfMessage | WireRejection {
  switch (bytes[0]) {
    case SERF_TYPE.leave:
      return withSharedName(leaveReader.read(reader));
    case SERF_TYPE.join:
      return withSharedName(joinReader.read(reader));
    case SERF_TYPE.pushPull:
      return pushPullReader.read(reader);
    case SERF_TYPE.userEvent:
      return userEventReader.read(reader);
    case SERF_TYPE.query:
      return readQuery(reader);
    case SERF_TYPE.queryResponse:
      return queryResponseReader.read(reader);
    case SERF_TYPE.relay: {
      const relay = relayReader.read(reader);
      if (!isIpBytes(relay.address)) reader.fail('malformed');
      return { ...relay, message: bytes.subarray(reader.position) };
    }
    default:
      return rejected('unknown-type');
  }
}

/** Payload of the answer to `_serf_conflict`; `undefined` says that the member is not known. */
export function encodeConflictResponse(member: ConflictMember | undefined): Uint8Array {
  writer.clear();
  writer.byte(SERF_TYPE.conflictResponse);
  if (member === undefined) return writer.nil().take();
  writer.map(11).raw(ADDR).bytes(member.address).raw(DELEGATE_CUR).uint(member.delegateCurrent);
  writer.raw(DELEGATE_MAX).uint(member.delegateMax).raw(DELEGATE_MIN).uint(member.delegateMin);
  writer.raw(NAME).text(member.name).raw(PORT).uint(member.port).raw(PROTOCOL_CUR).uint(member.protocolCurrent);
  writer.raw(PROTOCOL_MAX).uint(member.protocolMax).raw(PROTOCOL_MIN).uint(member.protocolMin);
  writer.raw(STATUS).uint(member.status).raw(TAGS);
  writeTags(writer, member.tags);
  return writer.take();
}

const conflictReader = new StructReader<Draft<ConflictMember>>(
  () => ({
    name: '',
    address: NO_BYTES,
    port: 0,
    tags: {},
    status: 0,
    protocolMin: 0,
    protocolMax: 0,
    protocolCurrent: 0,
    delegateMin: 0,
    delegateMax: 0,
    delegateCurrent: 0,
  }),
  {
    Name: (draft, reader) => (draft.name = reader.text()),
    Addr: (draft, reader) => (draft.address = reader.bytes()),
    Port: (draft, reader) => (draft.port = reader.uint16()),
    Tags: (draft, reader) => (draft.tags = readTags(reader)),
    Status: (draft, reader) => (draft.status = reader.uint8()),
    ProtocolMin: (draft, reader) => (draft.protocolMin = reader.uint8()),
    ProtocolMax: (draft, reader) => (draft.protocolMax = reader.uint8()),
    ProtocolCur: (draft, reader) => (draft.protocolCurrent = reader.uint8()),
    DelegateMin: (draft, reader) => (draft.delegateMin = reader.uint8()),
    DelegateMax: (draft, reader) => (draft.delegateMax = reader.uint8()),
    DelegateCur: (draft, reader) => (draft.delegateCurrent = reader.uint8()),
  },
);

/** @returns the member, `'unknown'` when the other one does not know it, `undefined` when the payload is no answer */
export function decodeConflictResponse(payload: Uint8Array): ConflictMember | 'unknown' | undefined {
  if (payload[0] !== SERF_TYPE.conflictResponse) return undefined;
  const reader = new MsgpackReader(payload, 1);
  if (reader.nil()) return 'unknown';
  const member = conflictReader.read(reader);
  return reader.failure === undefined ? member : undefined;
}

/** Payload of a key query. @param key - raw bytes; empty for a list */
export function encodeKeyRequest(key: Uint8Array): Uint8Array {
  writer.clear();
  return writer.byte(SERF_TYPE.keyRequest).map(1).raw(KEY).bytes(key).take();
}

const keyRequestReader = new StructReader<{ key: Uint8Array }>(() => ({ key: NO_BYTES }), {
  Key: (draft, reader) => (draft.key = reader.bytes()),
});

/** @returns the raw key, `undefined` when the payload is no key request */
export function decodeKeyRequest(payload: Uint8Array): Uint8Array | undefined {
  if (payload[0] !== SERF_TYPE.keyRequest) return undefined;
  const reader = new MsgpackReader(payload, 1);
  const { key } = keyRequestReader.read(reader);
  return reader.failure === undefined ? key : undefined;
}

/** Payload of the answer to a key query. */
export function encodeKeyResponse(response: KeyResponse): Uint8Array {
  writer.clear();
  writer.byte(SERF_TYPE.keyResponse).map(4).raw(KEYS);
  if (response.keys.length === 0) writer.nil();
  else writer.array(response.keys.length);
  for (const key of response.keys) writer.text(key);
  writer.raw(MESSAGE).text(response.message).raw(PRIMARY_KEY).text(response.primaryKey);
  return writer.raw(RESULT).bool(response.result).take();
}

const keyResponseReader = new StructReader<Draft<KeyResponse>>(
  () => ({ result: false, message: '', keys: [], primaryKey: '' }),
  {
    Result: (draft, reader) => (draft.result = reader.bool()),
    Message: (draft, reader) => (draft.message = reader.text()),
    Keys: (draft, reader) => (draft.keys = readList(reader, () => reader.text())),
    PrimaryKey: (draft, reader) => (draft.primaryKey = reader.text()),
  },
);

/** @returns `undefined` when the payload is no answer to a key query */
export function decodeKeyResponse(payload: Uint8Array): KeyResponse | undefined {
  if (payload[0] !== SERF_TYPE.keyResponse) return undefined;
  const reader = new MsgpackReader(payload, 1);
  const response = keyResponseReader.read(reader);
  return reader.failure === undefined ? response : undefined;
}

/** Payload of an ack: our coordinate. */
export function encodeCoordinate(block: CoordinateBlock): Uint8Array {
  writer.clear();
  writer.byte(COORDINATE_VERSION).map(4).raw(ADJUSTMENT).float(block.adjustment);
  writer.raw(ERROR).float(block.error).raw(HEIGHT).float(block.height).raw(VEC).array(block.vec.length);
  for (const component of block.vec) writer.float(component);
  return writer.take();
}

const coordinateReader = new StructReader<Draft<CoordinateBlock>>(
  () => ({ vec: [], error: 0, adjustment: 0, height: 0 }),
  {
    Vec: (draft, reader) => (draft.vec = readList(reader, () => reader.float())),
    Error: (draft, reader) => (draft.error = reader.float()),
    Adjustment: (draft, reader) => (draft.adjustment = reader.float()),
    Height: (draft, reader) => (draft.height = reader.float()),
  },
);

/** @returns `undefined` for another block version or no coordinate at all */
export function decodeCoordinate(payload: Uint8Array): CoordinateBlock | undefined {
  if (payload[0] !== COORDINATE_VERSION) return undefined;
  const reader = new MsgpackReader(payload, 1);
  const block = coordinateReader.read(reader);
  return reader.failure === undefined && block.vec.length <= MAX_DIMENSIONS ? block : undefined;
}
