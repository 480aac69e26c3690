import { isAbsolute } from 'node:path';
import { configError } from '../errors.js';
import type { AgentConfig } from '../schema/agent-schema.js';

export interface ValidationOptions {
  /** Logical CPUs of the machine: the most scheduler workers there can be. */
  readonly cpuCount: number;
}

type Rule = (config: AgentConfig, options: ValidationOptions) => readonly [key: string, message: string] | undefined;

const ENCRYPT_KEY_BYTES: ReadonlySet<number> = new Set([16, 24, 32]);
const MIN_RPC_CONNECTIONS = 25;

/** What must hold before an agent may start, in the order it is checked. */
const RULES: readonly Rule[] = [
  ({ server, client }) =>
    server.enabled || client.enabled
      ? undefined
      : ['server.enabled', 'Must specify either server, client or dev mode for the agent.'],
  ({ region }) => (region.includes('\0') ? ['region', 'Region contains invalid characters'] : undefined),
  ({ datacenter }) =>
    /[\0*]/.test(datacenter) ? ['datacenter', "Datacenter contains invalid characters (null or '*')"] : undefined,
  (config) => relativeFolder(config),
  ({ server, dataDir, devMode }) =>
    server.enabled && dataDir === '' && !devMode
      ? ['data_dir', 'Must specify "data_dir" config option or "data-dir" CLI flag']
      : undefined,
  ({ client, dataDir, pluginDir, devMode }) =>
    client.enabled &&
    dataDir === '' &&
    !devMode &&
    [client.stateDir, client.allocDir, client.allocMountsDir, pluginDir].includes('')
      ? ['data_dir', 'Must specify the state, alloc-dir, alloc-mounts-dir and plugin-dir if data-dir is omitted.']
      : undefined,
  ({ server }) =>
    server.bootstrapExpect > 0 && !server.enabled
      ? ['server.bootstrap_expect', 'Bootstrap requires server mode to be enabled']
      : undefined,
  ({ server }) => encryptKey(server.encrypt.reveal()),
  ({ server }) => joinedTwice(server),
  ({ client }) => {
    const key = Object.keys(client.meta).find((name) => name === '' || /[\s\0]|^\.|\.$|\.\./.test(name));
    return key === undefined ? undefined : ['client.meta', `Invalid Client.Meta key: ${key}`];
  },
  ({ client }) => nodePool(client.nodePool),
  ({ client }) => portRange(client.minDynamicPort, client.maxDynamicPort),
  ({ auditLog }) =>
    auditLog.enabled && auditLog.path === ''
      ? ['audit_log.path', 'audit_log.path is needed when audit_log.enabled is true']
      : undefined,
  ({ limits }) =>
    limits.httpsHandshakeTimeoutMs < 0
      ? ['limits.https_handshake_timeout', 'https_handshake_timeout must be >= 0']
      : undefined,
  ({ limits }) =>
    limits.httpMaxConnsPerClient < 0
      ? ['limits.http_max_conns_per_client', 'http_max_conns_per_client must be >= 0']
      : undefined,
  ({ limits }) =>
    limits.rpcHandshakeTimeoutMs < 0
      ? ['limits.rpc_handshake_timeout', 'rpc_handshake_timeout must be >= 0']
      : undefined,
  ({ limits: { rpcMaxConnsPerClient: count } }) =>
    count !== 0 && count <= MIN_RPC_CONNECTIONS
      ? [
          'limits.rpc_max_conns_per_client',
          `rpc_max_conns_per_client must be > ${MIN_RPC_CONNECTIONS}; found: ${count}`,
        ]
      : undefined,
  ({ server: { numSchedulers } }, { cpuCount }) =>
    numSchedulers !== undefined && numSchedulers > cpuCount
      ? ['server.num_schedulers', `number of schedulers should be between 0 and ${cpuCount}`]
      : undefined,
  ({ tls }) =>
    tls.http && (tls.certFile === '' || tls.keyFile === '')
      ? ['tls.cert_file', 'tls.cert_file and tls.key_file are needed when tls.http is on']
      : undefined,
];

/** @throws CONFIG_INVALID with the message of the first rule that does not hold */
export function validateConfig(config: AgentConfig, options: ValidationOptions): void {
  for (const rule of RULES) {
    const violation = rule(config, options);
    if (violation !== undefined) throw configError({ code: 'CONFIG_INVALID', key: violation[0] }, violation[1]);
  }
}

/** What is legal but probably not wanted. */
export function configWarnings({ tls, server, devMode }: AgentConfig): readonly string[] {
  const warnings: string[] = [];
  if (!devMode && !(tls.http && tls.rpc))
    warnings.push('WARNING: mTLS is not configured - Nomad is not secure without mTLS!');
  if (server.enabled && server.bootstrapExpect === 1 && !devMode) {
    warnings.push('WARNING: Bootstrap mode enabled! Potentially unsafe operation.');
  }
  if (server.enabled && server.bootstrapExpect > 1 && server.bootstrapExpect % 2 === 0) {
    warnings.push('WARNING: Number of bootstrap servers should ideally be set to an odd number.');
  }
  return warnings;
}

function relativeFolder({ dataDir, pluginDir, client }: AgentConfig): readonly [string, string] | undefined {
  const folders: readonly (readonly [key: string, name: string, path: string])[] = [
    ['data_dir', 'data-dir', dataDir],
    ['plugin_dir', 'plugin-dir', pluginDir],
    ['client.alloc_dir', 'alloc-dir', client.allocDir],
    ['client.alloc_mounts_dir', 'alloc-mounts-dir', client.allocMountsDir],
    ['client.state_dir', 'state-dir', client.stateDir],
  ];
  const relative = folders.find(([, , path]) => path !== '' && !isAbsolute(path));
  return relative && [relative[0], `${relative[1]} must be given as an absolute path: got ${relative[2]}`];
}

/** The reason never repeats the key. */
function encryptKey(key: string): readonly [string, string] | undefined {
  if (key === '') return undefined;
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(key);
  if (!isBase64) return ['server.encrypt', 'Invalid encryption key: it is not valid base64'];
  const { length } = Buffer.from(key, 'base64');
  if (ENCRYPT_KEY_BYTES.has(length)) return undefined;
  return ['server.encrypt', `Invalid encryption key: key size must be 16, 24 or 32 bytes, got ${length}`];
}

/** Nomad: the older settings beside the block are ambiguous, and refused. */
function joinedTwice(server: AgentConfig['server']): readonly [string, string] | undefined {
  const { serverJoin } = server;
  if (serverJoin.startJoin.length + serverJoin.retryJoin.length === 0) return undefined;
  const older = (['start_join', 'retry_join'] as const).find(
    (key) => server[key === 'start_join' ? 'startJoin' : 'retryJoin'].length > 0,
  );
  return (
    older && [
      `server.${older}`,
      `server_join and ${older} cannot both be defined; prefer setting the server_join block`,
    ]
  );
}

function nodePool(pool: string): readonly [string, string] | undefined {
  if (pool === 'all')
    return ['client.node_pool', 'Invalid node pool: node is not allowed to register in node pool "all"'];
  if (/^[a-zA-Z0-9-_]{1,128}$/.test(pool)) return undefined;
  return ['client.node_pool', `Invalid node pool: invalid name "${pool}", must match regex /^[a-zA-Z0-9-_]{1,128}$/`];
}

function portRange(min: number, max: number): readonly [string, string] | undefined {
  if (min <= max) return undefined;
  return ['client.min_dynamic_port', `Invalid dynamic port range: min_dynamic_port=${min} and max_dynamic_port=${max}`];
}
