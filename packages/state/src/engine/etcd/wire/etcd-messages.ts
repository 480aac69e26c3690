import type { Field } from './protobuf.js';
import { MessageCodec } from './protobuf.js';

// The messages of etcd's version 3 API that we use, with the fields that we use; the numbers are etcd's.
// https://etcd.io/docs/v3.4/dev-guide/api_reference_v3/

const int = (number: number): Field => ({ number, kind: 'int' });
const int64 = (number: number): Field => ({ number, kind: 'int64' });
const bool = (number: number): Field => ({ number, kind: 'bool' });
const bytes = (number: number): Field => ({ number, kind: 'bytes' });
const text = (number: number): Field => ({ number, kind: 'text' });
// A function, because messages may hold messages declared further down.
const one = (number: number, codec: () => unknown): Field => ({ number, kind: codec as () => MessageCodec<never> });
const many = (number: number, codec: () => unknown): Field => ({ ...one(number, codec), repeated: true });

/** Of every reply. */
interface ResponseHeader {
  /** Of the store, when the reply was made. */
  revision: number;
}
const ResponseHeader = new MessageCodec<ResponseHeader>({ revision: int(3) });

export interface KeyValue {
  key: Buffer;
  createRevision: number;
  modRevision: number;
  value: Buffer;
  /** 0 for none. */
  lease: bigint;
}
const KeyValue = new MessageCodec<KeyValue>({
  key: bytes(1),
  createRevision: int(2),
  modRevision: int(3),
  value: bytes(5),
  lease: int64(6),
});

export interface RangeRequest {
  key: string | Buffer;
  /** Exclusive; absent for one key. */
  rangeEnd: string;
  limit: number;
  revision: number;
}
export const RangeRequest = new MessageCodec<RangeRequest>({
  key: bytes(1),
  rangeEnd: bytes(2),
  limit: int(3),
  revision: int(4),
});

export interface RangeResponse {
  header: ResponseHeader | undefined;
  kvs: readonly KeyValue[];
  more: boolean;
}
export const RangeResponse = new MessageCodec<RangeResponse>({
  header: one(1, () => ResponseHeader),
  kvs: many(2, () => KeyValue),
  more: bool(3),
});

interface PutRequest {
  key: string;
  value: string;
  lease: bigint;
}
const PutRequest = new MessageCodec<PutRequest>({ key: bytes(1), value: bytes(2), lease: int64(3) });

interface DeleteRangeRequest {
  key: string;
  rangeEnd: string;
}
const DeleteRangeRequest = new MessageCodec<DeleteRangeRequest>({ key: bytes(1), rangeEnd: bytes(2) });

/** Exactly one of them. */
export interface RequestOp {
  range: Partial<RangeRequest>;
  put: Partial<PutRequest>;
  deleteRange: Partial<DeleteRangeRequest>;
}
const RequestOp = new MessageCodec<RequestOp>({
  range: one(1, () => RangeRequest),
  put: one(2, () => PutRequest),
  deleteRange: one(3, () => DeleteRangeRequest),
});

interface ResponseOp {
  range: RangeResponse | undefined;
}
const ResponseOp = new MessageCodec<ResponseOp>({ range: one(1, () => RangeResponse) });

/** What a comparison looks at; it is for equality, which is etcd's default. */
export const COMPARE_CREATE_REVISION = 1;
export const COMPARE_MOD_REVISION = 2;

interface Compare {
  target: typeof COMPARE_CREATE_REVISION | typeof COMPARE_MOD_REVISION;
  key: string;
  createRevision: number;
  modRevision: number;
}
const Compare = new MessageCodec<Compare>({
  target: int(2),
  key: bytes(3),
  createRevision: int(5),
  modRevision: int(6),
});

export interface TxnRequest {
  compare: readonly Partial<Compare>[];
  success: readonly Partial<RequestOp>[];
  failure: readonly Partial<RequestOp>[];
}
export const TxnRequest = new MessageCodec<TxnRequest>({
  compare: many(1, () => Compare),
  success: many(2, () => RequestOp),
  failure: many(3, () => RequestOp),
});

export interface TxnResponse {
  header: ResponseHeader | undefined;
  succeeded: boolean;
  responses: readonly ResponseOp[];
}
export const TxnResponse = new MessageCodec<TxnResponse>({
  header: one(1, () => ResponseHeader),
  succeeded: bool(2),
  responses: many(3, () => ResponseOp),
});

export interface WatchCreateRequest {
  key: string;
  rangeEnd: string;
  startRevision: number;
}
const WatchCreateRequest = new MessageCodec<WatchCreateRequest>({
  key: bytes(1),
  rangeEnd: bytes(2),
  startRevision: int(3),
});

/** Exactly one of them. */
export interface WatchRequest {
  create: Partial<WatchCreateRequest>;
  /** Asks for a response without events, as soon as there is nothing else to send. */
  progress: object;
}
export const WatchRequest = new MessageCodec<WatchRequest>({
  create: one(1, () => WatchCreateRequest),
  progress: one(3, () => Nothing),
});

export const EVENT_PUT = 0;

export interface WatchEvent {
  /** {@link EVENT_PUT}, or 1 for a deletion, of which `kv` has only key and `modRevision`. */
  type: number;
  kv: KeyValue | undefined;
}
const WatchEvent = new MessageCodec<WatchEvent>({ type: int(1), kv: one(2, () => KeyValue) });

export interface WatchResponse {
  header: ResponseHeader | undefined;
  created: boolean;
  canceled: boolean;
  /** Not 0 when the watch ended because events from its start on are no longer kept; the oldest still to be had. */
  compactRevision: number;
  cancelReason: string;
  events: readonly WatchEvent[];
}
export const WatchResponse = new MessageCodec<WatchResponse>({
  header: one(1, () => ResponseHeader),
  created: bool(3),
  canceled: bool(4),
  compactRevision: int(5),
  cancelReason: text(6),
  events: many(11, () => WatchEvent),
});

export interface LeaseGrantRequest {
  /** Seconds. */
  ttl: number;
}
export const LeaseGrantRequest = new MessageCodec<LeaseGrantRequest>({ ttl: int(1) });

export interface LeaseReply {
  id: bigint;
  /** Seconds, which may be more than was asked for; of a renewal 0 when the lease is no more. */
  ttl: number;
}
export const LeaseReply = new MessageCodec<LeaseReply>({ id: int64(2), ttl: int(3) });

export interface LeaseId {
  id: bigint;
}
export const LeaseId = new MessageCodec<LeaseId>({ id: int64(1) });

export const Nothing = new MessageCodec<object>({});

export interface AuthenticateRequest {
  name: string;
  password: string;
}
export const AuthenticateRequest = new MessageCodec<AuthenticateRequest>({ name: text(1), password: text(2) });

export interface AuthenticateResponse {
  token: string;
}
export const AuthenticateResponse = new MessageCodec<AuthenticateResponse>({ token: text(2) });
