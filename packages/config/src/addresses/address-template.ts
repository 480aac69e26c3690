import { BlockList, isIPv4 } from 'node:net';
import { configError } from '../errors.js';

/** One address of a network interface. */
export interface InterfaceAddress {
  readonly interface: string;
  /** IP text. */
  readonly address: string;
  /** Whether it is a loopback address. */
  readonly internal: boolean;
}

/** The machine's addresses at the moment. */
export type Interfaces = () => readonly InterfaceAddress[];

const PRIVATE = new BlockList();
PRIVATE.addSubnet('10.0.0.0', 8);
PRIVATE.addSubnet('172.16.0.0', 12);
PRIVATE.addSubnet('192.168.0.0', 16);
PRIVATE.addSubnet('100.64.0.0', 10);
PRIVATE.addSubnet('fc00::', 7, 'ipv6');

/** The first private address (RFC 1918, 6598 or 4193), IPv4 preferred; `undefined` when the machine has none. */
export function privateAddress(interfaces: Interfaces): string | undefined {
  return firstOf(interfaces, ({ address }) => isPrivate(address));
}

const isPrivate = (address: string): boolean => PRIVATE.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');

const isLinkLocal = (address: string): boolean => address.startsWith('169.254.') || /^fe[89ab]/i.test(address);

function firstOf(interfaces: Interfaces, matches: (candidate: InterfaceAddress) => boolean): string | undefined {
  const found = interfaces().filter(matches);
  return (found.find(({ address }) => isIPv4(address)) ?? found[0])?.address;
}

const FUNCTIONS: Readonly<Record<string, (interfaces: Interfaces, argument: string) => string | undefined>> = {
  GetPrivateIP: privateAddress,
  GetPublicIP: (interfaces) =>
    firstOf(interfaces, ({ address, internal }) => !internal && !isPrivate(address) && !isLinkLocal(address)),
  GetInterfaceIP: (interfaces, name) => firstOf(interfaces, (candidate) => candidate.interface === name),
  GetPrivateInterfaces: privateAddress,
  GetPublicInterfaces: (interfaces) =>
    firstOf(interfaces, ({ address, internal }) => !internal && !isPrivate(address) && !isLinkLocal(address)),
};

/**
 * Fills in an address setting: `{{ GetPrivateIP }}`, `{{ GetPublicIP }}`, `{{ GetInterfaceIP "eth0" }}`, and
 * `{{ GetPrivateInterfaces | attr "address" }}` in the middle of any text.
 * @throws CONFIG_INVALID naming setting and template when it is another one or finds no address
 */
export function fillAddressTemplate(text: string, key: string, interfaces: Interfaces): string {
  return text.replace(/\{\{([^]*?)\}\}/g, (template, inner: string) => {
    const match = /^\s*(\w+)(?:\s+"([^"]*)")?\s*(?:\|\s*attr\s+"address"\s*)?$/.exec(inner);
    const fill = match?.[1] === undefined || !Object.hasOwn(FUNCTIONS, match[1]) ? undefined : FUNCTIONS[match[1]];
    if (fill === undefined) throw invalid(key, `${key}: cannot evaluate address template ${template}`);
    const address = fill(interfaces, match?.[2] ?? '');
    if (address === undefined) throw invalid(key, `${key}: no address found for template ${template}`);
    return address;
  });
}

const invalid = (key: string, message: string): Error => configError({ code: 'CONFIG_INVALID', key }, message);
