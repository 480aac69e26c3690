import { errorMessage, isSteppeError } from '@steppe/domain';
import type { Clock, Logger, Metrics, Random, Timer } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { Commit, Mutation, StateImage, StoredRow } from '../../change/commit.js';
import { FIRST_INDEX } from '../../change/commit.js';
import { packRow } from '../../change/row-envelope.js';
import { stateError } from '../../errors.js';
import { STATE_METRICS } from '../../metrics.js';
import { LogTail } from '../log-tail.js';
import type { EngineSink, StateEngine } from '../state-engine.js';
import type { CallOptions, EtcdClient } from './etcd-client.js';
import type { EtcdHead, EtcdKeys } from './etcd-keys.js';
import { rangeEnd } from './etcd-keys.js';
import { batches, byRevision, ETCD_LIMITS, parseHead, readPut, toMutation } from './etcd-rows.js';
import type { KeyValue, RequestOp, TxnRequest, WatchResponse } from './wire/etcd-messages.js';
import { COMPARE_CREATE_REVISION, COMPARE_MOD_REVISION, EVENT_PUT } from './wire/etcd-messages.js';

/** Proof of leadership: etcd accepts a write only while this very key exists. */
export interface Fence {
  readonly key: string;
  readonly createRevision: number;
}

export interface EtcdEngineDeps {
  readonly client: EtcdClient;
  readonly keys: EtcdKeys;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** `undefined` while this server does not lead. */
  readonly fence: () => Fence | undefined;
  /** Whether somebody leads, as far as this server knows. */
  readonly hasLeader: () => boolean;
  /** A write has shown that the fence is gone. */
  readonly onDeposed: () => void;
}

interface Position extends EtcdHead {
  /** etcd's revision of the newest commit, 0 before the first. */
  readonly revision: number;
}

const FORMAT = 'steppe-state 1';
const PAGE = 500;
const RETRY_MS = 100;
/** How long a start waits for etcd, milliseconds; after that it goes on without. */
const OPEN_TIMEOUT_MS = 2_000;
/** Waits between attempts to read everything, milliseconds: doubled each time up to the second. */
const LOAD_RETRY_MS = [500, 5_000] as const;
const EMPTY_HEAD: Position = { id: '', generation: 0, offset: 0, tables: {}, revision: 0 };

/**
 * State in etcd, shared by the servers of a region. All of them follow the changes; the leader makes them, each fenced by
 * the key that makes it the leader and bound to follow the one before. An index is etcd's revision.
 */
export class EtcdEngine implements StateEngine {
  readonly kind = 'etcd';
  readonly limits = ETCD_LIMITS;
  readonly #deps: EtcdEngineDeps;
  readonly #tail = new LogTail(FIRST_INDEX);
  readonly #arrivals = new Set<() => void>();
  #sink: EngineSink | undefined;
  #head = EMPTY_HEAD;
  readonly #closing = new AbortController();
  #isLoaded = false;
  /** When we last knew that we have everything a leader has written; monotonic milliseconds. */
  #contactAt: number;
  #stopWatch: (() => void) | undefined;
  #retryTimer: Timer | undefined;

  constructor(deps: EtcdEngineDeps) {
    this.#deps = deps;
    this.#contactAt = deps.clock.monotonic();
  }

  /** Since etcd last told what there is to tell, while somebody led. */
  get ageMs(): number {
    return Math.max(0, this.#deps.clock.monotonic() - this.#contactAt);
  }

  get isWritable(): boolean {
    return this.#sink !== undefined && this.#isLoaded && this.#deps.fence() !== undefined;
  }

  /** Whether the state has been read; false between the start and the first contact with etcd. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Resolves without the state when etcd cannot be reached: it is told to the sink as soon as it is there. */
  async open(sink: EngineSink): Promise<void> {
    this.#sink = sink;
    try {
      await this.#loadAndFollow({ timeoutMs: OPEN_TIMEOUT_MS });
    } catch (error) {
      // Whatever else is wrong does not pass by itself.
      if (!isSteppeError(error, 'STATE_ENGINE_UNAVAILABLE')) throw error;
      void this.#loadUntilDone(error);
    }
  }

  async append(mutations: readonly Mutation[]): Promise<number> {
    const { revision: _, ...before } = this.#head;
    const touched = Object.fromEntries(mutations.map(({ table }) => [table, 0]));
    const head: EtcdHead = { ...before, id: this.#deps.random.uuid(), tables: { ...before.tables, ...touched } };
    const rows = this.#deps.keys.rows(head.generation);
    const changes = mutations.map((mutation): Partial<RequestOp> => {
      const key = `${rows}${mutation.table}/${mutation.key}`;
      if (mutation.op === 'delete') return { deleteRange: { key } };
      return { put: { key, value: packRow({ ...mutation, modifyIndex: 0 }) } };
    });
    const revision = await this.#writeHead(head, changes);
    this.#apply({ index: revision + head.offset, mutations }, { ...head, revision });
    return revision + head.offset;
  }

  /**
   * More than etcd takes at once, and yet one commit: rows are laid down in a generation of their own, which nobody looks
   * at before the head names it.
   */
  async replace(image: StateImage): Promise<number> {
    const { keys, random } = this.#deps;
    const old = this.#head;
    const generation = old.generation + 1;
    const rows = keys.rows(generation);
    // What an attempt that failed may have left there.
    let revision = await this.#writeFenced([{ deleteRange: { key: rows, rangeEnd: rangeEnd(rows) } }]);
    for (const batch of batches(image, rows)) revision = await this.#writeFenced(batch);
    const offset = Math.max(old.offset, image.index - revision);
    const tables = Object.fromEntries([...image.tables.keys()].map((name) => [name, 0]));
    await this.#writeHead({ id: random.uuid(), generation, offset, tables }, []);
    await this.#load();
    const oldRows = keys.rows(old.generation);
    // Only litter by now: whoever leads next time may clear it away as well.
    await this.#writeFenced([{ deleteRange: { key: oldRows, rangeEnd: rangeEnd(oldRows) } }]).catch((error: unknown) =>
      this.#deps.logger.warn('replaced state not cleared away', { error: errorMessage(error) }),
    );
    return this.#head.revision + this.#head.offset;
  }

  async catchUp(): Promise<void> {
    const { client, keys, clock } = this.#deps;
    this.#demandOpen();
    // Asks the quorum, so nothing that was acknowledged to anybody is missed.
    const { kvs } = await client.range({ key: keys.head });
    const target = kvs[0]?.modRevision ?? 0;
    const isHere = (): boolean => this.#isLoaded && this.#head.revision >= target;
    if (isHere()) return;
    await new Promise<void>((resolve, reject) => {
      const finish = (): void => {
        this.#arrivals.delete(check);
        timer.cancel();
      };
      const check = (): void => {
        if (!isHere()) return;
        finish();
        resolve();
      };
      const timer = clock.setTimer(5_000, () => {
        finish();
        reject(stateError({ code: 'STATE_ENGINE_UNAVAILABLE' }, 'changes known to etcd did not arrive in time'));
      });
      this.#arrivals.add(check);
    });
  }

  tail(index: number): readonly Commit[] | undefined {
    return this.#tail.after(index);
  }

  async close(): Promise<void> {
    this.#sink = undefined;
    this.#closing.abort(new Error('the state is closed'));
    this.#stopWatch?.();
    this.#retryTimer?.cancel();
    this.#deps.client.close();
  }

  #demandOpen(): EngineSink {
    if (this.#sink === undefined) throw stateError({ code: 'STATE_CLOSED' }, 'the state is not open');
    return this.#sink;
  }

  #demandFence(): Fence {
    this.#demandOpen();
    const fence = this.#deps.fence();
    if (fence === undefined) throw stateError({ code: 'STATE_NOT_LEADER' }, 'No cluster leader');
    return fence;
  }

  async #loadAndFollow(options?: CallOptions): Promise<void> {
    await this.#demandFormat(options);
    const revision = await this.#load();
    if (this.#sink !== undefined) this.#watchFrom(revision + 1);
  }

  /** Tries again and again, less and less often, and says each time what is in the way. Never rejects. */
  async #loadUntilDone(failure: unknown): Promise<void> {
    const { clock, logger } = this.#deps;
    const { signal } = this.#closing;
    const [firstMs, longestMs] = LOAD_RETRY_MS;
    let error = failure;
    for (let waitMs: number = firstMs; !signal.aborted; waitMs = Math.min(2 * waitMs, longestMs)) {
      logger.warn('waiting for etcd: the state cannot be read', { error: errorMessage(error), retry_ms: waitMs });
      await sleep(clock, waitMs, { signal }).catch(() => undefined);
      try {
        if (!signal.aborted) await this.#loadAndFollow();
        return;
      } catch (thrown) {
        error = thrown;
      }
    }
  }

  async #demandFormat(options?: CallOptions): Promise<void> {
    const { client, keys } = this.#deps;
    const { succeeded, responses } = await client.txn(
      {
        compare: [{ target: COMPARE_CREATE_REVISION, key: keys.format, createRevision: 0 }],
        success: [{ put: { key: keys.format, value: FORMAT } }],
        failure: [{ range: { key: keys.format } }],
      },
      options,
    );
    const found = responses[0]?.range?.kvs[0]?.value.toString('utf8');
    if (succeeded || found === FORMAT) return;
    throw stateError(
      { code: 'STATE_FORMAT_UNSUPPORTED', found: found ?? '', place: keys.format },
      `etcd's key ${keys.format} holds "${found}": a newer version of Steppe or something else uses this prefix; upgrade, or set another prefix`,
    );
  }

  /** Makes `changes` the commit after the one we know. @returns its revision */
  async #writeHead(head: EtcdHead, changes: readonly Partial<RequestOp>[]): Promise<number> {
    const { keys, onDeposed } = this.#deps;
    const fence = this.#demandFence();
    const known = this.#head.revision;
    const { attempts, ...reply } = await this.#txn({
      compare: [fenceCompare(fence), { target: COMPARE_MOD_REVISION, key: keys.head, modRevision: known }],
      success: [...changes, { put: { key: keys.head, value: JSON.stringify(head) } }],
      failure: [{ range: { key: keys.head } }, { range: { key: fence.key } }],
    });
    if (reply.succeeded) return revisionOf(reply);
    const [newest, leader] = reply.responses.map(({ range }) => range?.kvs[0]);
    const found = newest?.modRevision ?? 0;
    // An attempt before this one was carried out, only its answer was lost.
    if (newest !== undefined && found !== known && parseHead(newest).id === head.id) return found;
    if (leader?.createRevision === fence.createRevision) {
      throw stateError({ code: 'STATE_CONFLICT' }, 'another write of this leader came first');
    }
    onDeposed();
    if (attempts > 1 && found !== known) throw outcomeUnknown();
    throw stateError({ code: 'STATE_DEPOSED' }, 'this server does not lead any more');
  }

  /** Writes what no reader looks at yet. Repeating it does no harm. @returns etcd's revision after it */
  async #writeFenced(changes: readonly Partial<RequestOp>[]): Promise<number> {
    const fence = this.#demandFence();
    const reply = await this.#txn({ compare: [fenceCompare(fence)], success: changes, failure: [] });
    if (reply.succeeded) return revisionOf(reply);
    this.#deps.onDeposed();
    throw stateError({ code: 'STATE_DEPOSED' }, 'this server does not lead any more');
  }

  async #txn(request: TxnRequest) {
    try {
      return await this.#deps.client.txn(request);
    } catch (error) {
      if (isSteppeError(error, 'STATE_ENGINE_UNAVAILABLE')) throw outcomeUnknown(error);
      throw error;
    }
  }

  /** Reads everything as of one revision. @returns that revision */
  async #load(): Promise<number> {
    const { client, keys } = this.#deps;
    const kvs: KeyValue[] = [];
    let revision = 0;
    let key: string | Buffer = keys.state;
    for (;;) {
      const page = await client.range({ key, rangeEnd: rangeEnd(keys.state), limit: PAGE, revision });
      if (revision === 0) revision = page.header?.revision ?? 0;
      kvs.push(...page.kvs);
      const last = page.kvs.at(-1);
      if (!page.more || last === undefined) break;
      key = Buffer.concat([last.key, Buffer.alloc(1)]);
    }
    this.#reset(kvs);
    return revision;
  }

  #reset(kvs: readonly KeyValue[]): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    const { keys } = this.#deps;
    const stored = kvs.find(({ key }) => key.toString('utf8') === keys.head);
    const head = stored === undefined ? EMPTY_HEAD : { ...parseHead(stored), revision: stored.modRevision };
    const index = stored === undefined ? FIRST_INDEX : head.revision + head.offset;
    const tables = new Map<string, { index: number; rows: StoredRow[] }>();
    for (const [name, at] of Object.entries(settledTables(head))) tables.set(name, { index: at, rows: [] });
    const prefix = keys.rows(head.generation);
    for (const kv of kvs) {
      const mutation = readPut(kv, prefix);
      if (mutation === undefined) continue;
      const { table, key, value, createIndex, modifyIndex } = mutation;
      const at = kv.modRevision + head.offset;
      tables.get(table)?.rows.push({ key, value, createIndex: createIndex || at, modifyIndex: modifyIndex || at });
    }
    this.#head = { ...head, tables: settledTables(head) };
    this.#tail.reset(index);
    sink.reset({ index, tables });
    this.#isLoaded = true;
    this.#arrived();
  }

  #apply(commit: Commit, head: Position): void {
    // The same commit reaches the leader twice: as the answer to its write, and as a change it follows.
    if (this.#sink === undefined || head.revision <= this.#head.revision) return;
    this.#head = { ...head, tables: settledTables(head) };
    this.#tail.add(commit);
    this.#sink.commit(commit);
    this.#arrived();
  }

  #arrived(): void {
    for (const check of this.#arrivals) check();
  }

  #watchFrom(startRevision: number): void {
    const { client, keys, logger } = this.#deps;
    let next = startRevision;
    const range = { key: keys.state, rangeEnd: rangeEnd(keys.state) };
    this.#stopWatch = client.watch(
      { ...range, startRevision },
      {
        onResponse: (response) => {
          if (this.#deps.hasLeader()) this.#contactAt = this.#deps.clock.monotonic();
          if (response.compactRevision > 0 || !this.#follow(response)) next = 0;
          else next = Math.max(next, (response.events.at(-1)?.kv?.modRevision ?? 0) + 1);
          // Everything has to be read again: end this watch for that.
          if (next === 0) this.#resync();
        },
        onEnd: (error) => {
          if (this.#sink === undefined || next === 0) return;
          logger.debug('watch of the state ended', { error: errorMessage(error) });
          this.#retryTimer = this.#deps.clock.setTimer(RETRY_MS, () => this.#watchFrom(next));
        },
      },
    );
  }

  /** @returns false when the changes cannot be followed one by one. Never throws: it is called from within a stream. */
  #follow(response: WatchResponse): boolean {
    try {
      return this.#followed(response);
    } catch (error) {
      this.#deps.logger.error('change of the state cannot be read', { error: errorMessage(error) });
      return false;
    }
  }

  #followed({ events }: WatchResponse): boolean {
    for (const [revision, group] of byRevision(events)) {
      if (revision <= this.#head.revision) continue;
      const stored = group.find(
        ({ kv, type }) => type === EVENT_PUT && kv?.key.toString('utf8') === this.#deps.keys.head,
      );
      // Rows of a generation that does not count, yet or any more.
      if (stored?.kv === undefined) continue;
      const head = { ...parseHead(stored.kv), revision };
      if (head.generation !== this.#head.generation) return false;
      const mutations = group.flatMap((event) => toMutation(event, this.#deps.keys.rows(head.generation)));
      this.#apply({ index: revision + head.offset, mutations }, head);
    }
    return true;
  }

  #resync(): void {
    this.#stopWatch?.();
    this.#deps.metrics.incrCounter(STATE_METRICS.etcdResyncs);
    this.#loadAndFollow().catch((error: unknown) => this.#loadUntilDone(error));
  }
}

const fenceCompare = ({ key, createRevision }: Fence) =>
  ({
    target: COMPARE_CREATE_REVISION,
    key,
    createRevision,
  }) as const;

const revisionOf = ({ header }: { readonly header: { readonly revision: number } | undefined }): number =>
  header?.revision ?? 0;

const outcomeUnknown = (cause?: unknown) =>
  stateError({ code: 'STATE_OUTCOME_UNKNOWN' }, 'etcd did not answer: the write may or may not have been made', cause);

/** Table indexes with this commit's own filled in. */
const settledTables = ({ tables, revision, offset }: Position): Record<string, number> =>
  Object.fromEntries(Object.entries(tables).map(([name, index]) => [name, index === 0 ? revision + offset : index]));
