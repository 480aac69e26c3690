import type { Member, Node, Secret } from '@steppe/domain';
import type { Indexed, ListPage, ListQuery } from '@steppe/state';

/** Data read from the region's state, and how fresh it is. */
export interface StateRead<T> extends Indexed<T> {
  /** Whether the answering server knew a leader. */
  readonly knownLeader: boolean;
  /** Milliseconds since the answering server last heard of the leader; 0 on the leader itself. */
  readonly lastContactMs: number;
}

/** The members one server sees, and which server that is. */
export interface MembersView {
  readonly serverName: string;
  readonly serverRegion: string;
  readonly serverDatacenter: string;
  /** The same array object until something changes. */
  readonly members: readonly Member[];
}

export type NodePage = Pick<ListPage<Node>, 'rows' | 'nextToken'>;

/** One of the servers that share the region's state. */
export interface StateServer {
  /** RPC address. */
  readonly address: string;
  /** Server UUID and member name; `undefined` for one that the gossip pool does not know. */
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly isLeader: boolean;
}

export interface ReadOptions {
  /** The caller's credential, checked again wherever the answer comes from. */
  readonly token: Secret | undefined;
  /** Any server may answer, from what it knows. */
  readonly stale: boolean;
  readonly signal: AbortSignal;
}

export interface BlockingReadOptions extends ReadOptions {
  /** Wait until the data is newer than this; 0 answers at once. */
  readonly index: number;
  readonly waitMs: number;
}

/**
 * What any agent can tell of the cluster, whatever its role: a server knows, a client asks a server.
 * Every method rejects with NO_LEADER or NO_SERVERS when nobody can answer in time.
 */
export interface ClusterView {
  members(options: ReadOptions): MembersView | Promise<MembersView>;
  /** RPC address of the leader. With `stale` the empty string when none is known. */
  leader(options: ReadOptions): Promise<string>;
  /** RPC addresses of the servers that share the region's state. */
  peers(options: ReadOptions): Promise<readonly string[]>;
  /** The same servers, by name. */
  stateServers(options: ReadOptions): Promise<Indexed<readonly StateServer[]>>;
  /** Regions with at least one alive server, sorted. */
  regions(options: ReadOptions): Promise<readonly string[]>;
  /** One page of the nodes. @throws FILTER_INVALID, FILTER_NOT_APPLICABLE */
  nodes(list: ListQuery, options: BlockingReadOptions): Promise<StateRead<NodePage>>;
  node(id: string, options: BlockingReadOptions): Promise<StateRead<Node | undefined>>;
}

/** How long a request may wait for a leader, milliseconds ("RPC hold"). */
export const RPC_HOLD_MS = 5_000;
