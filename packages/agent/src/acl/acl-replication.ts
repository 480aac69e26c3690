import type { AclPolicy, AclRole, AclToken } from '@steppe/domain';
import { decodeAclPolicy, decodeAclRole, decodeAclToken, errorMessage } from '@steppe/domain';
import type { Clock, Logger, Phase, Startable } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { Leadership, StateStore, StateTransaction } from '@steppe/state';
import { ACL_POLICIES, ACL_ROLES, ACL_TOKENS } from '@steppe/state';
import type { RegionReads } from './region-reads.js';

export interface AclReplicationOptions {
  /** Whether another region owns what is copied. */
  readonly enabled: boolean;
}

export interface AclReplicationDeps {
  /** Of the region that owns policies, roles and global tokens. */
  readonly source: RegionReads;
  readonly state: StateStore;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly logger: Logger;
}

const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 30_000;
/** Rows written together: all of them within what one commit of any engine takes. */
const BATCH = 100;

/** Something every region has a copy of. */
interface Replica<Row> {
  readonly what: string;
  readonly listPath: string;
  readonly keyOf: (row: Row) => string;
  readonly hashOf: (row: Row) => string;
  /** A row of the list; `undefined` for one that stays where it is. */
  readonly decodeStub: (value: unknown) => Row | undefined;
  /** The whole of a row. */
  readonly fetchPath: (key: string) => string;
  readonly decode: (value: unknown) => Row;
  readonly own: (state: StateStore) => readonly Row[];
  readonly put: (tx: StateTransaction, row: Row) => void;
  readonly delete: (tx: StateTransaction, key: string) => void;
}

const POLICIES: Replica<AclPolicy> = {
  what: 'policies',
  listPath: '/v1/acl/policies',
  keyOf: ({ name }) => name,
  hashOf: ({ hash }) => hash,
  decodeStub: decodeAclPolicy,
  fetchPath: (name) => `/v1/acl/policy/${encodeURIComponent(name)}`,
  decode: decodeAclPolicy,
  own: (state) => state.snapshot().rows(ACL_POLICIES),
  put: (tx, row) => tx.put(ACL_POLICIES, row),
  delete: (tx, key) => void tx.delete(ACL_POLICIES, key),
};

const ROLES: Replica<AclRole> = {
  what: 'roles',
  listPath: '/v1/acl/roles',
  keyOf: ({ id }) => id,
  hashOf: ({ hash }) => hash,
  decodeStub: decodeAclRole,
  fetchPath: (id) => `/v1/acl/role/${encodeURIComponent(id)}`,
  decode: decodeAclRole,
  own: (state) => state.snapshot().rows(ACL_ROLES),
  put: (tx, row) => tx.put(ACL_ROLES, row),
  delete: (tx, key) => void tx.delete(ACL_ROLES, key),
};

/** Only global ones: a region's own tokens are nobody else's affair. */
const TOKENS: Replica<AclToken> = {
  what: 'tokens',
  listPath: '/v1/acl/tokens',
  keyOf: ({ accessorId }) => accessorId,
  hashOf: ({ hash }) => hash,
  decodeStub: (value) => {
    const token = decodeAclToken(value);
    return token.isGlobal ? token : undefined;
  },
  fetchPath: (accessor) => `/v1/acl/token/${encodeURIComponent(accessor)}`,
  decode: decodeAclToken,
  own: (state) =>
    state
      .snapshot()
      .rows(ACL_TOKENS)
      .filter(({ isGlobal }) => isGlobal),
  put: (tx, row) => tx.put(ACL_TOKENS, row),
  delete: (tx, key) => void tx.delete(ACL_TOKENS, key),
};

/**
 * The service of a region's leader that copies policies, roles and global tokens from the region that owns them: it waits for
 * news there, and takes over what has another hash here.
 * @see spec "Federation" of ACL
 */
export class AclReplication implements Startable {
  readonly name = 'acl-replication';
  readonly phase: Phase = 'work';
  readonly #enabled: boolean;
  readonly #deps: AclReplicationDeps;
  #running: AbortController | undefined;
  #loops: readonly Promise<void>[] = [];
  #unlisten: (() => void) | undefined;

  constructor({ enabled }: AclReplicationOptions, deps: AclReplicationDeps) {
    this.#enabled = enabled;
    this.#deps = deps;
  }

  async start(): Promise<void> {
    if (!this.#enabled) return;
    const { leadership } = this.#deps;
    this.#unlisten = leadership.onDidChange((leads) => (leads ? this.#begin() : this.#end()));
    if (leadership.isLeader) this.#begin();
  }

  async stop(): Promise<void> {
    this.#unlisten?.();
    this.#end();
    await Promise.all(this.#loops);
  }

  #begin(): void {
    if (this.#running !== undefined) return;
    this.#running = new AbortController();
    const { signal } = this.#running;
    this.#loops = [this.#follow(POLICIES, signal), this.#follow(ROLES, signal), this.#follow(TOKENS, signal)];
  }

  #end(): void {
    this.#running?.abort(new Error('no longer the leader'));
    this.#running = undefined;
  }

  /** Copies until aborted. Never rejects. */
  async #follow<Row>(replica: Replica<Row>, signal: AbortSignal): Promise<void> {
    let index = 0;
    let backoffMs = FIRST_BACKOFF_MS;
    while (!signal.aborted) {
      try {
        index = await this.#copy(replica, index, signal);
        backoffMs = FIRST_BACKOFF_MS;
      } catch (error) {
        if (signal.aborted) return;
        this.#deps.logger.error('failed to replicate', { what: replica.what, error: errorMessage(error) });
        index = 0;
        await sleep(this.#deps.clock, backoffMs, { signal }).catch(() => undefined);
        backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS);
      }
    }
  }

  /** Waits for news beyond an index and takes them over. @returns the index they are at */
  async #copy<Row>(replica: Replica<Row>, after: number, signal: AbortSignal): Promise<number> {
    const { source, state, logger } = this.#deps;
    const { value, index } = await source.get(`${replica.listPath}?index=${after}`, signal);
    if (!Array.isArray(value)) throw new Error(`${replica.listPath}: not a list`);
    const theirs = new Map(
      value
        .map(replica.decodeStub)
        .filter((row) => row !== undefined)
        .map((row) => [replica.keyOf(row), replica.hashOf(row)]),
    );
    const ours = new Map(replica.own(state).map((row) => [replica.keyOf(row), replica.hashOf(row)]));
    const gone = [...ours.keys()].filter((key) => !theirs.has(key));
    const changed = [...theirs].filter(([key, hash]) => ours.get(key) !== hash).map(([key]) => key);
    await this.#write(gone, (tx, key) => replica.delete(tx, key));
    for (let i = 0; i < changed.length; i += BATCH) {
      const rows: Row[] = [];
      for (const key of changed.slice(i, i + BATCH)) {
        rows.push(replica.decode((await source.get(replica.fetchPath(key), signal)).value));
      }
      await state.transact((tx) => {
        for (const row of rows) replica.put(tx, row);
      });
    }
    if (gone.length + changed.length > 0) {
      logger.info('replicated', { what: replica.what, changed: changed.length, deleted: gone.length });
    }
    // One that went back begins anew.
    return index < after ? 0 : index;
  }

  async #write(keys: readonly string[], write: (tx: StateTransaction, key: string) => void): Promise<void> {
    for (let i = 0; i < keys.length; i += BATCH) {
      await this.#deps.state.transact((tx) => {
        for (const key of keys.slice(i, i + BATCH)) write(tx, key);
      });
    }
  }
}
