import type { StateRead } from '../../cluster/cluster-view.js';
import type { StateReads } from '../../cluster/state-reads.js';
import type { StateSnapshot, Table } from '@steppe/state';
import type { ApiRequest } from '../../http/request/api-request.js';
import { namespaceOf } from '../../http/acl-rule.js';
import { blockingReadOptions } from '../read-options.js';

/** The state, once one of these tables is newer than what the caller has seen. */
export function readTables(
  reads: StateReads,
  request: ApiRequest,
  tables: readonly Table[],
): Promise<StateRead<StateSnapshot>> {
  const targets = tables.map((table) => ({ table }));
  return reads.read(targets, blockingReadOptions(request), (snapshot) => ({
    index: Math.max(...tables.map((table) => snapshot.tableIndex(table))),
    value: snapshot,
  }));
}

/** The state, once one row is newer than what the caller has seen; of a row that does not exist, its table. */
export function readAround(
  reads: StateReads,
  request: ApiRequest,
  { table, key }: { readonly table: Table; readonly key: string },
): Promise<StateRead<StateSnapshot>> {
  return reads.read({ table, key }, blockingReadOptions(request), (snapshot) => ({
    index: snapshot.get(table, key)?.modifyIndex ?? snapshot.tableIndex(table),
    value: snapshot,
  }));
}

/** Which namespaces' rows the caller gets: the one that is named, or of all of them those where this is allowed. */
export async function visibleNamespaces(
  request: ApiRequest,
  operation: string,
): Promise<(namespace: string) => boolean> {
  const named = namespaceOf(request.query);
  if (named !== '*') return (namespace) => namespace === named;
  const { acl } = await request.caller();
  return (namespace) => acl.allowNamespaceOperation(namespace, operation);
}

/** What replies say in their bodies that have a place for it. */
export const queryMeta = ({ index, lastContactMs, knownLeader }: StateRead<unknown>) => ({
  Index: index,
  KnownLeader: knownLeader,
  LastContact: Math.trunc(lastContactMs) * 1_000_000,
  NextToken: '',
});
