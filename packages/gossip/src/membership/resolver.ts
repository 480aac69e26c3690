import { lookup } from 'node:dns/promises';

/** Port: finds the addresses behind a name; an address is its own. Rejects when there are none. */
export type Resolver = (name: string) => Promise<readonly string[]>;

/** The system's own resolution, the hosts file included. */
export const systemResolver: Resolver = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);
