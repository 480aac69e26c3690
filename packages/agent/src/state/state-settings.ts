import type { AgentConfig } from '@steppe/config';
import { Secret, SteppeError } from '@steppe/domain';
import type { StateOptions } from '@steppe/state';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverFolder } from '../identity/create-identity.js';

/**
 * Where a server keeps its region's state: what `server.state` says, else its data directory, else nowhere.
 * @throws STATE_SETTINGS_INVALID naming the setting
 */
export function stateSettings(config: AgentConfig): StateOptions {
  const { state } = config.server;
  const folder = serverFolder(config);
  switch (state.engine) {
    case 'etcd':
      return etcdSettings(config);
    case 'memory':
      return { engine: 'memory' };
    case 'lmdb':
      if (folder === undefined) throw invalid('server.state.engine', 'lmdb needs a data_dir, which -dev does without');
      return { engine: 'lmdb', folder: join(folder, 'state') };
    default:
      return folder === undefined ? { engine: 'memory' } : { engine: 'lmdb', folder: join(folder, 'state') };
  }
}

/** Whether the state lives in one server, so that its region can have no other. */
export function isEmbedded({ server }: AgentConfig): boolean {
  return server.state.engine !== 'etcd';
}

function etcdSettings({ region, server }: AgentConfig): StateOptions {
  const { addresses, prefix, user, password, caFile, certFile, keyFile, leaseTtlMs } = server.state.etcd;
  if (addresses.length === 0) throw invalid('server.state.etcd.addresses', 'at least one address of etcd is needed');
  for (const address of addresses) {
    if (!/^(?:\[[0-9A-Fa-f:.]+\]|[^\s/:[\]]+):\d{1,5}$/.test(address)) {
      throw invalid(
        'server.state.etcd.addresses',
        `must be host:port, IPv6 in brackets, without a scheme; got "${address}"`,
      );
    }
  }
  if ((certFile === '') !== (keyFile === '')) {
    throw invalid('server.state.etcd.cert_file', 'cert_file and key_file go together');
  }
  if (leaseTtlMs < 1_000) throw invalid('server.state.etcd.lease_ttl', `must be at least 1s, got ${leaseTtlMs}ms`);
  const tls = {
    ...(caFile === '' ? {} : { ca: file('ca_file', caFile) }),
    ...(certFile === ''
      ? {}
      : { certificate: file('cert_file', certFile), key: new Secret(file('key_file', keyFile)) }),
  };
  return {
    engine: 'etcd',
    addresses,
    prefix: `${prefix.replace(/\/+$/, '')}/${region}`,
    leaseSeconds: Math.ceil(leaseTtlMs / 1_000),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
    ...(user === '' ? {} : { user: { name: user, password } }),
  };
}

function file(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(`server.state.etcd.${setting}`, `cannot read ${path}`, error);
  }
}

const invalid = (setting: string, problem: string, cause?: unknown): Error =>
  new SteppeError({ code: 'STATE_SETTINGS_INVALID' }, `${setting}: ${problem}`, { cause });
