import { isIpBytes } from './ip-bytes.js';
import { MsgpackReader } from './msgpack-reader.js';
import { MsgpackWriter } from './msgpack-writer.js';
import type { QueryFilter, QueryMessage } from './serf-message.js';
import { StructReader, fieldName, readList } from './struct.js';
import type { Draft } from './struct.js';

const NO_BYTES = new Uint8Array(0);
const NANOSECONDS_PER_MS = 1_000_000;
/** Query flag: an ack is wanted; in a response: this is one. */
export const FLAG_ACK = 1;
const FLAG_NO_BROADCAST = 2;
const FILTER_NODE = 0;
const FILTER_TAG = 1;
/** Internal queries whose handler in real agents reads the first payload byte without looking whether there is one. */
const KEY_QUERIES: ReadonlySet<string> = new Set([
  '_serf_install-key',
  '_serf_use-key',
  '_serf_remove-key',
  '_serf_list-keys',
]);

const ADDR = fieldName('Addr');
const EXPR = fieldName('Expr');
const FILTERS = fieldName('Filters');
const FLAGS = fieldName('Flags');
const ID = fieldName('ID');
const L_TIME = fieldName('LTime');
const NAME = fieldName('Name');
const PAYLOAD = fieldName('Payload');
const PORT = fieldName('Port');
const RELAY_FACTOR = fieldName('RelayFactor');
const SOURCE_NODE = fieldName('SourceNode');
const TAG = fieldName('Tag');
const TIMEOUT = fieldName('Timeout');

/**
 * Writes the body of a query.
 * @throws RangeError for an unknown filter, or a key query without payload
 */
export function writeQuery(writer: MsgpackWriter, message: QueryMessage): void {
  if (isHarmful(message)) throw new RangeError(`${message.name} without payload is never sent`);
  writer.map(11).raw(ADDR).bytes(message.address).raw(FILTERS);
  if (message.filters.length === 0) writer.nil();
  else writer.array(message.filters.length);
  for (const filter of message.filters) writer.bytes(encodeFilter(filter));
  const flags = (message.ackRequested ? FLAG_ACK : 0) | (message.noBroadcast ? FLAG_NO_BROADCAST : 0);
  writer.raw(FLAGS).uint(flags).raw(ID).uint(message.id).raw(L_TIME).uint(message.lTime);
  writer.raw(NAME).text(message.name).raw(PAYLOAD).bytesOrNil(message.payload).raw(PORT).uint(message.port);
  writer.raw(RELAY_FACTOR).uint(message.relayFactor).raw(SOURCE_NODE).text(message.sourceNode);
  writer.raw(TIMEOUT).uint(Math.round(message.timeoutMs * NANOSECONDS_PER_MS));
}

const filterWriter = new MsgpackWriter();

function encodeFilter(filter: QueryFilter): Uint8Array {
  filterWriter.clear();
  switch (filter.type) {
    case 'node':
      filterWriter.byte(FILTER_NODE).array(filter.names.length);
      for (const name of filter.names) filterWriter.text(name);
      break;
    case 'tag':
      filterWriter.byte(FILTER_TAG).map(2).raw(EXPR).text(filter.expression).raw(TAG).text(filter.tag);
      break;
    case 'unknown':
      throw new RangeError('an unknown filter is never sent');
  }
  return filterWriter.take();
}

function isHarmful(query: { readonly name: string; readonly payload: Uint8Array }): boolean {
  return query.payload.length === 0 && KEY_QUERIES.has(query.name);
}

const queryReader = new StructReader<Draft<QueryMessage>>(
  () => ({
    type: 'query',
    lTime: 0,
    id: 0,
    address: NO_BYTES,
    port: 0,
    sourceNode: '',
    filters: [],
    ackRequested: false,
    noBroadcast: false,
    relayFactor: 0,
    timeoutMs: 0,
    name: '',
    payload: NO_BYTES,
  }),
  {
    LTime: (draft, reader) => (draft.lTime = reader.uint53()),
    ID: (draft, reader) => (draft.id = reader.uint32()),
    Addr: (draft, reader) => (draft.address = reader.bytes()),
    Port: (draft, reader) => (draft.port = reader.uint16()),
    SourceNode: (draft, reader) => (draft.sourceNode = reader.text()),
    Filters: (draft, reader) => (draft.filters = readList(reader, () => readFilter(reader))),
    Flags: (draft, reader) => {
      const flags = reader.uint32();
      draft.ackRequested = (flags & FLAG_ACK) !== 0;
      draft.noBroadcast = (flags & FLAG_NO_BROADCAST) !== 0;
    },
    RelayFactor: (draft, reader) => (draft.relayFactor = reader.uint8()),
    Timeout: (draft, reader) => (draft.timeoutMs = reader.int64() / NANOSECONDS_PER_MS),
    Name: (draft, reader) => (draft.name = reader.text()),
    Payload: (draft, reader) => (draft.payload = reader.bytes()),
  },
);

const tagFilterReader = new StructReader<{ tag: string; expression: string }>(() => ({ tag: '', expression: '' }), {
  Tag: (draft, reader) => (draft.tag = reader.text()),
  Expr: (draft, reader) => (draft.expression = reader.text()),
});

function readFilter(reader: MsgpackReader): QueryFilter {
  const bytes = reader.bytes();
  // An empty filter crashes real agents: a query that carries one must not live on.
  if (bytes.length === 0) reader.fail('malformed');
  const body = new MsgpackReader(bytes, 1);
  let filter: QueryFilter = { type: 'unknown' };
  if (bytes[0] === FILTER_NODE) filter = { type: 'node', names: readList(body, () => body.text()) };
  else if (bytes[0] === FILTER_TAG) filter = { type: 'tag', ...tagFilterReader.read(body) };
  return body.failure === undefined ? filter : { type: 'unknown' };
}

/** Body of a query. Look at the reader's failure afterwards. */
export function readQuery(reader: MsgpackReader): QueryMessage {
  const query = queryReader.read(reader);
  if (isHarmful(query) || !isIpBytes(query.address)) reader.fail('malformed');
  return query;
}
