import { networkInterfaces } from 'node:os';
import { clientError } from '../errors.js';
import type { Fingerprint, Fingerprinter } from './fingerprinter.js';
import { readText } from '../host/text-reader.js';
import type { TextReader } from '../host/text-reader.js';

export interface NetworkFingerprinterOptions {
  /** Default `''`: that of the default route, else the first with an address that is not loopback. */
  readonly interfaceName?: string;
  /** Mbit/s; default 0: measured, 1000 where the system does not know. */
  readonly speedMbits?: number;
}

/** An address of an interface, as `node:os` lists it. */
export interface InterfaceAddress {
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  readonly internal: boolean;
}

export interface NetworkFingerprinterDeps {
  /** Addresses by interface; default as `node:os` lists them. */
  readonly interfaces?: () => Readonly<Record<string, readonly InterfaceAddress[] | undefined>>;
  readonly read?: TextReader;
}

const DEFAULT_SPEED_MBITS = 1_000;
/** Flag of a route that is usable. */
const ROUTE_UP = 0x1;

/** `unique.network.ip-address`, and the network of the interface that has it. */
export class NetworkFingerprinter implements Fingerprinter {
  readonly name = 'network';
  readonly #interfaceName: string;
  readonly #speedMbits: number;
  readonly #interfaces: NonNullable<NetworkFingerprinterDeps['interfaces']>;
  readonly #read: TextReader;

  constructor(
    { interfaceName = '', speedMbits = 0 }: NetworkFingerprinterOptions = {},
    { interfaces = networkInterfaces, read = readText }: NetworkFingerprinterDeps = {},
  ) {
    this.#interfaceName = interfaceName;
    this.#speedMbits = speedMbits;
    this.#interfaces = interfaces;
    this.#read = read;
  }

  async fingerprint(): Promise<Fingerprint> {
    const interfaces = this.#interfaces();
    const device = this.#interfaceName || (await this.#automatic(interfaces));
    const ip = bestAddress(interfaces[device] ?? []);
    if (ip === undefined) {
      throw clientError(
        { code: 'CLIENT_FINGERPRINT_FAILED', fingerprinter: this.name },
        device === '' ? 'no network interface has an address' : `network interface "${device}" has no address`,
      );
    }
    const cidr = `${ip.address}/${ip.family === 'IPv6' ? 128 : 32}`;
    const mbits = this.#speedMbits || (await this.#measuredMbits(device));
    return {
      attributes: { 'unique.network.ip-address': ip.address },
      resources: { networks: [{ device, ip: ip.address, cidr, mbits }] },
    };
  }

  async #automatic(interfaces: Readonly<Record<string, readonly InterfaceAddress[] | undefined>>): Promise<string> {
    const routed = await this.#read('/proc/net/route').then(defaultRouteDevice, () => undefined);
    if (routed !== undefined && bestAddress(interfaces[routed] ?? []) !== undefined) return routed;
    const found = Object.entries(interfaces).find(([, addresses]) => addresses?.some(({ internal }) => !internal));
    // A machine without a network can still run what needs none.
    return found?.[0] ?? Object.keys(interfaces)[0] ?? '';
  }

  async #measuredMbits(device: string): Promise<number> {
    try {
      // The kernel says -1, or nothing, of a virtual or unplugged one.
      const mbits = Number(await this.#read(`/sys/class/net/${device}/speed`));
      return mbits > 0 ? mbits : DEFAULT_SPEED_MBITS;
    } catch {
      return DEFAULT_SPEED_MBITS;
    }
  }
}

/** IPv4 before IPv6, and in each what is reachable from elsewhere before what only the link knows. */
function bestAddress(addresses: readonly InterfaceAddress[]): InterfaceAddress | undefined {
  const rank = ({ address, family }: InterfaceAddress): number =>
    (family === 'IPv6' ? 1 : 0) + (/^(169\.254\.|fe[89ab][0-9a-f]:)/i.test(address) ? 2 : 0);
  return addresses.toSorted((a, b) => rank(a) - rank(b))[0];
}

/**
 * The interface of the usable IPv4 default route with the lowest metric.
 * @param table - in the format of `/proc/net/route`
 */
export function defaultRouteDevice(table: string): string | undefined {
  const routes = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .map(([device = '', destination, , flags = '', , , metric, mask]) => ({
      device,
      isDefault: destination === '00000000' && mask === '00000000' && (Number.parseInt(flags, 16) & ROUTE_UP) !== 0,
      metric: Number(metric),
    }))
    .filter(({ isDefault }) => isDefault);
  return routes.toSorted((a, b) => a.metric - b.metric)[0]?.device;
}
