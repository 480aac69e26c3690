import type { Mutation, StateImage } from '../../change/commit.js';
import { mutationBytes } from '../../change/commit.js';
import { packRow, unpackRow } from '../../change/row-envelope.js';
import { stateError } from '../../errors.js';
import type { EngineLimits } from '../state-engine.js';
import type { EtcdHead } from './etcd-keys.js';
import type { KeyValue, RequestOp, WatchEvent } from './wire/etcd-messages.js';
import { EVENT_PUT } from './wire/etcd-messages.js';

/** What etcd takes in one transaction: 128 operations, one of which is the head, and 1.5 MiB with keys and comparisons. */
export const ETCD_LIMITS: EngineLimits = { mutations: 127, bytes: 1_048_576 };

/** @throws STATE_STORAGE_FAILED */
export function parseHead({ key, value }: KeyValue): EtcdHead {
  try {
    return JSON.parse(value.toString('utf8')) as EtcdHead;
  } catch (error) {
    throw stateError({ code: 'STATE_STORAGE_FAILED' }, `etcd's key ${key.toString('utf8')} is damaged`, error);
  }
}

/** @returns `undefined` for a key that is not below `prefix` @throws STATE_STORAGE_FAILED */
export function readPut({ key, value }: KeyValue, prefix: string) {
  const id = splitKey(key, prefix);
  if (id === undefined) return undefined;
  const envelope = unpackRow(value.toString('utf8'));
  if (envelope === undefined) {
    throw stateError({ code: 'STATE_STORAGE_FAILED' }, `etcd's key ${key.toString('utf8')} is damaged`);
  }
  return { ...id, ...envelope };
}

function splitKey(key: Buffer, prefix: string): { readonly table: string; readonly key: string } | undefined {
  const text = key.toString('utf8');
  if (!text.startsWith(prefix)) return undefined;
  const slash = text.indexOf('/', prefix.length);
  return { table: text.slice(prefix.length, slash), key: text.slice(slash + 1) };
}

/** What an event changed; nothing for keys that are not below `prefix`. @throws STATE_STORAGE_FAILED */
export function toMutation({ type, kv }: WatchEvent, prefix: string): Mutation[] {
  if (kv === undefined) return [];
  if (type !== EVENT_PUT) {
    const id = splitKey(kv.key, prefix);
    return id === undefined ? [] : [{ op: 'delete', ...id }];
  }
  const put = readPut(kv, prefix);
  if (put === undefined) return [];
  const { table, key, value, createIndex } = put;
  return [{ op: 'put', table, key, value, createIndex }];
}

/** Events of one transaction belong together; they arrive in order and never apart. */
export function byRevision(events: readonly WatchEvent[]): Map<number, WatchEvent[]> {
  const groups = new Map<number, WatchEvent[]>();
  for (const event of events) {
    const revision = event.kv?.modRevision ?? 0;
    const group = groups.get(revision);
    if (group === undefined) groups.set(revision, [event]);
    else group.push(event);
  }
  return groups;
}

/** The rows of an image below `prefix`, in pieces that etcd takes at once. */
export function* batches(image: StateImage, prefix: string): Generator<Partial<RequestOp>[]> {
  let batch: Partial<RequestOp>[] = [];
  let bytes = 0;
  for (const [table, { rows }] of image.tables) {
    for (const row of rows) {
      const size = mutationBytes({ op: 'put', table, ...row });
      if (batch.length === ETCD_LIMITS.mutations || (batch.length > 0 && bytes + size > ETCD_LIMITS.bytes)) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push({ put: { key: `${prefix}${table}/${row.key}`, value: packRow(row) } });
      bytes += size;
    }
  }
  if (batch.length > 0) yield batch;
}
