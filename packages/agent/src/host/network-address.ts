/**
 * Everything there is to say about an interface address, as the string map the wire expects.
 * @param address - IP text
 * @param family - 4 or 6
 * @param maskBits - length of the network prefix
 */
export function describeAddress(address: string, family: 4 | 6, maskBits: number): Readonly<Record<string, string>> {
  const width = family === 4 ? 32 : 128;
  const host = family === 4 ? parseIPv4(address) : parseIPv6(address);
  const hostBits = BigInt(width - maskBits);
  const mask = ((1n << BigInt(width)) - 1n) ^ ((1n << hostBits) - 1n);
  const network = host & mask;
  const last = network | ((1n << hostBits) - 1n);
  const size = 1n << hostBits;
  const format = family === 4 ? formatIPv4 : formatIPv6;
  // A point-to-point or single-host network has no reserved first and last address; IPv6 reserves none at all.
  const reserved = family === 4 && hostBits >= 2n ? 1n : 0n;
  const bytes = Array.from({ length: width / 8 }, (_, i) => Number((host >> BigInt(width - 8 * (i + 1))) & 0xffn));
  const common = {
    type: family === 4 ? 'IPv4' : 'IPv6',
    string: maskBits === width ? format(host) : `${format(host)}/${maskBits}`,
    host: format(host),
    address: format(host),
    port: '0',
    netmask: format(mask),
    network: maskBits === width ? format(network) : `${format(network)}/${maskBits}`,
    mask_bits: `${maskBits}`,
    binary: host.toString(2).padStart(width, '0'),
    hex: host.toString(16).padStart(width / 4, '0'),
    first_usable: format(network + reserved),
    last_usable: format(last - reserved),
    octets: bytes.join(' '),
    size: `${size}`,
    DialPacket: `"udp${family}" ""`,
    DialStream: `"tcp${family}" ""`,
    ListenPacket: dialText('udp', family, format(host), maskBits === width),
    ListenStream: dialText('tcp', family, format(host), maskBits === width),
  };
  return family === 4
    ? { ...common, broadcast: formatIPv4(last), uint32: `${host}` }
    : { ...common, uint128: `${host}` };
}

/** Only a single host can be listened on; a network shows empty. */
const dialText = (protocol: 'udp' | 'tcp', family: 4 | 6, host: string, single: boolean): string =>
  `"${protocol}${family}" "${single ? (family === 4 ? `${host}:0` : `[${host}]:0`) : ''}"`;

const parseIPv4 = (text: string): bigint => text.split('.').reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);

function parseIPv6(text: string): bigint {
  const [head = '', tail] = (text.split('%')[0] ?? '').split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => 0n);
  return [...left, ...zeros, ...right].reduce((value, group) => (value << 16n) | group, 0n);
}

const groups = (text: string): bigint[] => (text === '' ? [] : text.split(':').map((group) => BigInt(`0x${group}`)));

const formatIPv4 = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => `${(value >> shift) & 0xffn}`).join('.');

/** RFC 5952: lower case, the longest run of zero groups as `::`. */
function formatIPv6(value: bigint): string {
  const parts = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  const text = parts.join(':');
  const runs = [...text.matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)];
  const longest = runs.toSorted((a, b) => b[0].length - a[0].length)[0];
  if (longest === undefined) return text;
  const before = text.slice(0, longest.index).replace(/:$/, '');
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}
