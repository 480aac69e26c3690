import { goQuote, isSteppeError, parseGoDuration, Secret } from '@steppe/domain';
import { configError } from '../errors.js';
import type { Layer } from '../schema/layer.js';
import { parseGoFlags } from './go-flags.js';
import type { FlagValues } from './go-flags.js';

/** The flags of `steppe agent`, Nomad's by name. */
export const AGENT_FLAGS = {
  dev: { kind: 'bool', usage: 'run both roles on loopback, with nothing persisted' },
  config: { kind: 'strings', usage: 'configuration file or folder; may be repeated, later ones win' },
  server: { kind: 'bool', usage: 'enable the server role' },
  client: { kind: 'bool', usage: 'enable the client role' },
  bind: { kind: 'string', usage: 'address to listen on' },
  node: { kind: 'string', usage: 'name of the agent; default the host name' },
  region: { kind: 'string', usage: 'region of the agent' },
  dc: { kind: 'string', usage: 'datacenter of the agent' },
  'data-dir': { kind: 'string', usage: 'folder for everything that must outlive a restart' },
  'plugin-dir': { kind: 'string', usage: 'folder of plugins' },
  'state-dir': { kind: 'string', usage: 'folder of the client’s state' },
  'alloc-dir': { kind: 'string', usage: 'folder of allocations' },
  'alloc-mounts-dir': { kind: 'string', usage: 'folder of allocation mounts' },
  'log-level': { kind: 'string', usage: 'trace, debug, info, warn, error or off' },
  'log-json': { kind: 'bool', usage: 'log lines as JSON' },
  'log-include-location': { kind: 'bool', usage: 'log the place in the source' },
  'bootstrap-expect': { kind: 'int', usage: 'servers to wait for before a leader is chosen' },
  rejoin: { kind: 'bool', usage: 'join again after a leave' },
  join: { kind: 'strings', usage: 'address to join at start; may be repeated' },
  'retry-join': { kind: 'strings', usage: 'address to join, with retries; may be repeated' },
  'retry-max': { kind: 'int', usage: 'how often to retry joining; 0 is for ever' },
  'retry-interval': { kind: 'string', usage: 'time between retries' },
  'raft-protocol': { kind: 'int', usage: 'accepted for compatibility; only 3 exists' },
  encrypt: { kind: 'string', usage: 'gossip encryption key, base64' },
  'authoritative-region': { kind: 'string', usage: 'region whose tokens and policies count everywhere' },
  servers: { kind: 'strings', usage: 'address of a server; may be repeated or comma separated' },
  'node-class': { kind: 'string', usage: 'class of the client node' },
  'node-pool': { kind: 'string', usage: 'pool of the client node' },
  meta: { kind: 'strings', usage: 'key=value of the client node; may be repeated or comma separated' },
  'network-interface': { kind: 'string', usage: 'interface of the client node' },
  'network-speed': { kind: 'int', usage: 'speed of that interface, Mbit/s' },
  'cpu-total-compute': { kind: 'int', usage: 'compute of the client node, MHz' },
  'client-intro-token': { kind: 'string', usage: 'token with which the client introduces itself' },
  'acl-enabled': { kind: 'bool', usage: 'enable ACLs' },
  'acl-replication-token': { kind: 'string', usage: 'token to replicate ACLs with' },
  'vault-address': { kind: 'string', usage: 'address of Vault' },
  'vault-namespace': { kind: 'string', usage: 'namespace in Vault' },
  'vault-enabled': { kind: 'bool', usage: 'use Vault' },
  'consul-address': { kind: 'string', usage: 'address of Consul' },
  'consul-token': { kind: 'string', usage: 'token for Consul' },
} as const;

export type AgentFlags = FlagValues<typeof AGENT_FLAGS>;

/** @throws FLAG_INVALID, also for arguments that are no flags: the command takes none */
export function parseAgentFlags(args: readonly string[]): AgentFlags {
  const { values, args: rest } = parseGoFlags(args, AGENT_FLAGS);
  if (rest[0] !== undefined)
    throw configError({ code: 'FLAG_INVALID', flag: rest[0] }, `unexpected argument: ${rest[0]}`);
  return values;
}

/** What the flags say, as one more source. @throws FLAG_INVALID naming flag and value */
export function flagsLayer(flags: AgentFlags): Layer {
  return defined({
    bindAddr: flags.bind,
    name: flags.node,
    region: flags.region,
    datacenter: flags.dc,
    dataDir: flags['data-dir'],
    pluginDir: flags['plugin-dir'],
    logLevel: flags['log-level'],
    logJson: flags['log-json'],
    logIncludeLocation: flags['log-include-location'],
    server: defined({
      enabled: flags.server,
      bootstrapExpect: flags['bootstrap-expect'],
      rejoinAfterLeave: flags.rejoin,
      raftProtocol: flags['raft-protocol'],
      encrypt: secretOf(flags.encrypt),
      authoritativeRegion: flags['authoritative-region'],
      serverJoin: defined({
        startJoin: flags.join,
        retryJoin: flags['retry-join'],
        retryMax: flags['retry-max'],
        retryIntervalMs: durationOf('retry-interval', flags['retry-interval']),
      }),
    }),
    client: defined({
      enabled: flags.client,
      stateDir: flags['state-dir'],
      allocDir: flags['alloc-dir'],
      allocMountsDir: flags['alloc-mounts-dir'],
      servers: flags.servers?.flatMap((list) => list.split(',')),
      nodeClass: flags['node-class'],
      nodePool: flags['node-pool'],
      meta: metaOf(flags.meta),
      networkInterface: flags['network-interface'],
      networkSpeed: flags['network-speed'],
      cpuTotalCompute: flags['cpu-total-compute'],
      introToken: secretOf(flags['client-intro-token']),
    }),
    acl: defined({ enabled: flags['acl-enabled'], replicationToken: secretOf(flags['acl-replication-token']) }),
    vault: named({
      address: flags['vault-address'],
      namespace: flags['vault-namespace'],
      enabled: flags['vault-enabled'],
    }),
    consul: named({ address: flags['consul-address'], token: secretOf(flags['consul-token']) }),
  });
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings an agent takes from its environment; they rank below every file. `STEPPE_X` goes before `NOMAD_X`. */
export function environmentLayer(environment: Environment): Layer {
  return defined({
    consul: named({ address: environment['CONSUL_HTTP_ADDR'], token: secretOf(environment['CONSUL_HTTP_TOKEN']) }),
    vault: named({ namespace: environment['VAULT_NAMESPACE'] }),
    server: defined({
      licenseEnv: secretOf(ownVariable(environment, 'LICENSE')),
      licensePath: ownVariable(environment, 'LICENSE_PATH'),
    }),
  });
}

/** The one variable that goes above flags and files. */
export function overridingEnvironmentLayer(environment: Environment): Layer {
  return defined({ client: defined({ introToken: secretOf(ownVariable(environment, 'CLIENT_INTRO_TOKEN')) }) });
}

const ownVariable = (environment: Environment, name: string): string | undefined =>
  environment[`STEPPE_${name}`] ?? environment[`NOMAD_${name}`];

const secretOf = (text: string | undefined): Secret | undefined => (text === undefined ? undefined : new Secret(text));

function named(settings: Readonly<Record<string, unknown>>) {
  const given = defined(settings);
  return Object.keys(given).length === 0 ? undefined : [{ name: 'default', settings: given }];
}

function durationOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  try {
    return Number(parseGoDuration(text)) / 1e6;
  } catch (error) {
    if (!isSteppeError(error, 'DURATION_INVALID')) throw error;
    throw configError(
      { code: 'FLAG_INVALID', flag },
      `invalid value ${goQuote(text)} for flag -${flag}: ${error.message}`,
    );
  }
}

function metaOf(pairs: readonly string[] | undefined): Readonly<Record<string, string>> | undefined {
  if (pairs === undefined) return undefined;
  return Object.fromEntries(
    pairs
      .flatMap((list) => list.split(','))
      .map((pair) => {
        const mark = pair.indexOf('=');
        if (mark < 1)
          throw configError({ code: 'FLAG_INVALID', flag: 'meta' }, `Error parsing Client.Meta value: ${pair}`);
        return [pair.slice(0, mark), pair.slice(mark + 1)];
      }),
  );
}

/** Without the settings nobody gave. */
function defined(settings: Readonly<Record<string, unknown>>): Layer {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
