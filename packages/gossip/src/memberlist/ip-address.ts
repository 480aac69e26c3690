import { isIP } from 'node:net';

/** Decoded addresses are shared and never change: one text serves all who refer to one. */
const hosts = new WeakMap<Uint8Array, string>();

/**
 * The text of an address as it is dialled: IPv6 in its short form, an IPv4 address mapped into 16 bytes as plain IPv4.
 * @returns nothing when it has neither 4 nor 16 bytes
 */
export function hostOf(address: Uint8Array): string | undefined {
  const known = hosts.get(address);
  if (known !== undefined) return known;
  const host = textOf(address);
  if (host !== undefined) hosts.set(address, host);
  return host;
}

function textOf(address: Uint8Array): string | undefined {
  if (address.length === 4) return address.join('.');
  if (address.length !== 16) return undefined;
  if (address.subarray(0, 10).every((byte) => byte === 0) && address[10] === 0xff && address[11] === 0xff) {
    return address.subarray(12).join('.');
  }
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((address[2 * i] as number) << 8) | (address[2 * i + 1] as number)).toString(16),
  );
  const text = groups.join(':');
  // The longest run of zero groups, the first of equal ones, is left out: RFC 5952.
  const longest = [...text.matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)].reduce<RegExpExecArray | undefined>(
    (best, run) => (best === undefined || run[0].length > best[0].length ? run : best),
    undefined,
  );
  if (longest === undefined) return text;
  return `${text.slice(0, longest.index).replace(/:$/, '')}::${text.slice(longest.index + longest[0].length).replace(/^:/, '')}`;
}

/** The bytes of an IP text, 4 for IPv4 and 16 for IPv6; nothing when it is no IP. Zones are not carried. */
export function addressOf(host: string): Uint8Array | undefined {
  const family = isIP(host);
  if (family === 0) return undefined;
  if (family === 4) return Uint8Array.from(host.split('.'), Number);
  const text = host.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a, b, c, d] = parts.slice(0, 4).map(Number) as [number, number, number, number];
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = text.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const bytes = new Uint8Array(16);
  const put = (group: string, at: number): void => {
    const value = Number.parseInt(group, 16);
    bytes[2 * at] = value >> 8;
    bytes[2 * at + 1] = value & 0xff;
  };
  front.forEach((group, i) => put(group, i));
  back.forEach((group, i) => put(group, 8 - back.length + i));
  return bytes;
}
