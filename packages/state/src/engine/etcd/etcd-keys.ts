/** Where things are in etcd, all below one prefix. */
export interface EtcdKeys {
  /** Version of what is written here. */
  readonly format: string;
  /** Everything the log is made of: head and rows. */
  readonly state: string;
  /** The newest commit: {@link EtcdHead}. */
  readonly head: string;
  /** Rows of a generation, as `<table>/<key>` below it. */
  rows(generation: number): string;
  /** Who leads, and who serves: kept alive by leases. */
  readonly cluster: string;
  readonly leader: string;
  server(id: string): string;
}

/** @param prefix - such as `/steppe/global`; one region has one, and no two regions the same */
export function etcdKeys(prefix: string): EtcdKeys {
  const base = prefix.replace(/\/+$/, '');
  return {
    format: `${base}/format`,
    state: `${base}/state/`,
    head: `${base}/state/head`,
    rows: (generation) => `${base}/state/row/${generation}/`,
    cluster: `${base}/cluster/`,
    leader: `${base}/cluster/leader`,
    server: (id) => `${base}/cluster/server/${id}`,
  };
}

/** The end of the range of all keys that begin with `prefix`, which ends in `/`. */
export const rangeEnd = (prefix: string): string => `${prefix.slice(0, -1)}0`;

/** Written with every commit: makes it the successor of the one before, and tells a retry from somebody else's write. */
export interface EtcdHead {
  /** Of the write; a new one each time. */
  readonly id: string;
  /** Which rows count. Another one after everything was replaced. */
  readonly generation: number;
  /** What to add to etcd's revision to get an index: 0 until a state with higher indexes is restored. */
  readonly offset: number;
  /** Index of each table's newest change; 0 stands for this very commit. */
  readonly tables: Readonly<Record<string, number>>;
}

/** Leader and servers announce themselves with this. */
export interface ServerRecord {
  readonly id: string;
  readonly rpcAddress: string;
}
