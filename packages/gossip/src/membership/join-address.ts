import { isIP, isIPv6 } from 'node:net';

/** An address to join, taken apart. */
export interface JoinAddress {
  /** IP or DNS name. */
  readonly host: string;
  readonly port: number;
}

const MAX_PORT = 65_535;

/**
 * Parses `ip`, `ip:port`, `[ipv6]:port`, a DNS name with optional port, or `nodename/` in front of any of these.
 * @returns why the text is no address, when it is none
 */
export function parseJoinAddress(text: string, defaultPort: number): JoinAddress | string {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(slash + 1);
  if (slash === 0) return 'empty node name provided';
  if (isIPv6(address)) return { host: address, port: defaultPort };
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(address);
  const host = match?.[1] ?? match?.[2] ?? '';
  if (match === null || (match[1] !== undefined && !isIPv6(host))) return 'not a host with an optional port';
  const port = match[3] === undefined ? defaultPort : Number(match[3]);
  if (port < 1 || port > MAX_PORT) return `invalid port ${match[3]}`;
  if (isIP(host) === 0 && !/^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/.test(host)) return 'not a host name';
  return { host, port };
}

/** `host:port`, IPv6 in brackets. */
export function formatAddress(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
