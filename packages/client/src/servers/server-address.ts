import { goQuote } from '@steppe/domain';
import { isIPv6 } from 'node:net';
import { clientError } from '../errors.js';
import type { ClientError } from '../errors.js';

/** Where servers listen for RPC unless told otherwise. */
const DEFAULT_RPC_PORT = 4647;

/** A server's address taken apart. */
export interface ServerAddress {
  /** IP, IPv6 without brackets, or name. */
  readonly host: string;
  readonly port: number;
}

/** Finds the IP of a host; an IP is its own. Rejects when there is none. */
export type HostResolver = (host: string) => Promise<string>;

/**
 * Takes `host`, `host:port`, `[ipv6]`, `[ipv6]:port` or a bare IPv6 apart; without a port it is 4647.
 * @throws CLIENT_SERVER_ADDRESS_INVALID
 */
export function parseServerAddress(text: string): ServerAddress {
  if (isIPv6(text)) return { host: text, port: DEFAULT_RPC_PORT };
  const parts = /^(?:\[(?<bracketed>[^[\]\s]+)\]|(?<plain>[^[\]:/\s]+))(?::(?<port>\d{1,5}))?$/.exec(text)?.groups;
  const { bracketed, plain, port = `${DEFAULT_RPC_PORT}` } = parts ?? {};
  const host = bracketed ?? plain;
  if (host === undefined || (bracketed !== undefined && !isIPv6(bracketed))) {
    throw invalid(text, 'must be host or host:port, with an IPv6 address in brackets');
  }
  const number = Number(port);
  if (number < 1 || number > 65_535) throw invalid(text, `port ${port} is not within 1 and 65535`);
  return { host, port: number };
}

/** `host:port`, IPv6 in brackets. */
export function formatServerAddress({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * The `ip:port` text behind an address as somebody wrote it.
 * @throws CLIENT_SERVER_ADDRESS_INVALID, and what the resolver throws
 */
export async function resolveServerAddress(text: string, resolve: HostResolver): Promise<string> {
  const { host, port } = parseServerAddress(text);
  return formatServerAddress({ host: await resolve(host), port });
}

const invalid = (address: string, reason: string): ClientError =>
  clientError(
    { code: 'CLIENT_SERVER_ADDRESS_INVALID', address },
    `invalid server address ${goQuote(address)}: ${reason}`,
  );
