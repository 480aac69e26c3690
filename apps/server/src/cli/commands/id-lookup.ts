import { goQuote } from '@steppe/domain';
import type { ApiClient, QueryValues } from '../api/api-client.js';

interface Identified {
  readonly ID: string;
}

/** What is looked up by the beginning of its id. */
interface Kind<T extends Identified> {
  /** List that takes a `prefix`. */
  readonly path: string;
  readonly query?: QueryValues;
  /** What to call it, such as `node`. */
  readonly one: string;
  readonly many: string;
  readonly table: (found: readonly T[]) => string;
}

/** Nomad: shorter ones would match half of all. @throws an `Error` */
export function demandTwoCharacters(id: string): void {
  if (id.length < 2) throw new Error('Identifier must contain at least two characters.');
}

/** The only one with an id or prefix of it; otherwise what to tell the user. */
export async function findById<T extends Identified>(
  client: ApiClient,
  id: string,
  { path, query = {}, one, many, table }: Kind<T>,
): Promise<T | string> {
  const found = (await client.get(path, { ...query, prefix: evenPrefix(id) })) as readonly T[];
  // A prefix of odd length is asked for without its last digit.
  const rows = found.filter(({ ID }) => ID.startsWith(id.toLowerCase()));
  const [row] = rows;
  if (row === undefined) return `No ${one}(s) with prefix or id ${goQuote(id)} found\n`;
  if (rows.length === 1) return row;
  return `Prefix matched multiple ${many}\n\n${table(rows)}\n`;
}

/** The same, with what there is to tell as an `Error`. */
export async function demandById<T extends Identified>(client: ApiClient, id: string, kind: Kind<T>): Promise<T> {
  demandTwoCharacters(id);
  const found = await findById(client, id, kind);
  if (typeof found === 'string') throw new Error(found.trimEnd());
  return found;
}

/** Nomad: servers take prefixes of ids with an even number of hexadecimal digits only. */
export function evenPrefix(id: string): string {
  const digits = id.replaceAll('-', '').length;
  return digits % 2 === 0 ? id : id.slice(0, -1);
}
