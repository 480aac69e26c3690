import { errorMessage } from '@steppe/domain';
import { gossipError } from '../errors.js';
import type { GossipError } from '../errors.js';
import { formatAddress } from '../membership/join-address.js';
import type { GossipAddress } from './transport.js';

/** Why something on a socket failed, in the words that people who run Go agents know. */
const GO_WORDS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connect: connection refused'],
  ['EHOSTUNREACH', 'connect: no route to host'],
  ['ENETUNREACH', 'connect: network is unreachable'],
  ['EADDRNOTAVAIL', 'connect: cannot assign requested address'],
  ['ETIMEDOUT', 'connect: connection timed out'],
  ['ECONNRESET', 'connection reset by peer'],
  ['EPIPE', 'write: broken pipe'],
]);

function reasonOf(cause: unknown): string {
  const { code } = cause as { readonly code?: string };
  return (code === undefined ? undefined : GO_WORDS.get(code)) ?? errorMessage(cause);
}

/** An address that cannot be bound. Nomad: in these words. */
export function listenFailure(protocol: 'tcp' | 'udp', at: GossipAddress, cause: unknown): GossipError {
  const address = formatAddress(at.host, at.port);
  const inUse = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
  const reason = inUse ? 'bind: address already in use' : errorMessage(cause);
  return gossipError({ code: 'GOSSIP_LISTEN_FAILED', address }, `listen ${protocol} ${address}: ${reason}`, cause);
}

/** A peer that cannot be reached: `dial tcp <address>: connect: connection refused`. */
export function dialFailure(to: GossipAddress, cause: unknown): GossipError {
  const address = formatAddress(to.host, to.port);
  return gossipError({ code: 'GOSSIP_DIAL_FAILED', address }, `dial tcp ${address}: ${reasonOf(cause)}`, cause);
}

/** A stream that broke: `tcp <address>: connection reset by peer`. */
export function streamFailure(remote: GossipAddress, cause: unknown): GossipError {
  const address = formatAddress(remote.host, remote.port);
  return gossipError({ code: 'GOSSIP_STREAM_FAILED', address }, `tcp ${address}: ${reasonOf(cause)}`, cause);
}
