import { isIPv6 } from 'node:net';
import { configError } from '../errors.js';
import type { AgentConfig } from '../schema/agent-schema.js';
import type { Interfaces } from './address-template.js';
import { fillAddressTemplate, privateAddress } from './address-template.js';

/**
 * Settles what to bind and what to advertise: templates filled in, `addresses` completed from `bind_addr`, `advertise` from
 * what is bound, each with its port.
 * @throws CONFIG_INVALID naming the setting
 */
export function resolveAddresses(config: AgentConfig, interfaces: Interfaces): AgentConfig {
  const fill = (text: string, key: string): string => fillAddressTemplate(text, key, interfaces).trim();
  const bindAddr = fill(config.bindAddr, 'bind_addr');
  const bindOf = (name: 'http' | 'rpc' | 'serf'): string =>
    fill(config.addresses[name], `addresses.${name}`) || bindAddr;
  const addresses = { http: bindOf('http'), rpc: bindOf('rpc'), serf: bindOf('serf') };
  const advertiseOf = (name: 'http' | 'rpc' | 'serf'): string => {
    const given = fill(config.advertise[name], `advertise.${name}`);
    const host =
      given === '' ? defaultAdvertise(name, addresses[name].split(/\s+/)[0] ?? '', config.devMode, interfaces) : given;
    return withPort(host, config.ports[name]);
  };
  const advertise = {
    http: advertiseOf('http'),
    rpc: advertiseOf('rpc'),
    // Only servers gossip.
    serf: config.server.enabled ? advertiseOf('serf') : config.advertise.serf,
  };
  return { ...config, bindAddr, addresses, advertise };
}

function defaultAdvertise(name: string, bind: string, devMode: boolean, interfaces: Interfaces): string {
  if (isLoopback(bind)) {
    if (devMode) return bind;
    throw invalid(`advertise.${name}`, 'Defaulting advertise to localhost is unsafe, please set advertise manually');
  }
  if (bind !== '0.0.0.0' && bind !== '::') return bind;
  const address = privateAddress(interfaces);
  if (address === undefined) {
    throw invalid(`advertise.${name}`, `No private address found to advertise, please set advertise.${name} manually`);
  }
  return address;
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

/** Appends the port unless there is one; IPv6 gets its brackets. */
function withPort(host: string, port: number): string {
  if (isIPv6(host)) return `[${host}]:${port}`;
  return /^(\[.*\]|[^:]+):\d+$/.test(host) ? host : `${host}:${port}`;
}

const invalid = (key: string, message: string): Error => configError({ code: 'CONFIG_INVALID', key }, message);
