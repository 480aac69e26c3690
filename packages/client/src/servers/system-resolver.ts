import { lookup } from 'node:dns/promises';
import type { HostResolver } from './server-address.js';

/** Asks the system's resolver; the first address counts. */
export const systemResolver: HostResolver = async (host) => (await lookup(host)).address;
