import type { AgentConfig } from '@steppe/config';
import { SteppeError } from '@steppe/domain';
import type { RpcTls } from '@steppe/rpc';
import { readFileSync } from 'node:fs';
import type { Reloadable } from '../reload/reloader.js';

/** The certificates of this agent's RPC, read when the agent is composed and again on reload. */
export class RpcCertificates implements Reloadable {
  readonly name = 'rpc-tls';
  #current: RpcTls | undefined;

  /** @throws TLS_FILE_UNREADABLE naming setting and path */
  constructor(config: AgentConfig) {
    this.#current = read(config);
  }

  /** `undefined` while TLS is off. */
  get current(): RpcTls | undefined {
    return this.#current;
  }

  async reload(config: AgentConfig): Promise<void> {
    this.#current = read(config);
  }
}

function read({ tls }: AgentConfig): RpcTls | undefined {
  if (!tls.rpc) return undefined;
  return {
    ca: file('tls.ca_file', tls.caFile),
    cert: file('tls.cert_file', tls.certFile),
    key: file('tls.key_file', tls.keyFile),
    minVersion: tls.tlsMinVersion === 'tls13' ? 'TLSv1.3' : 'TLSv1.2',
    ...(tls.tlsCipherSuites === '' ? {} : { ciphers: tls.tlsCipherSuites.split(',').join(':') }),
    verifyServerHostname: tls.verifyServerHostname,
  };
}

function file(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const problem = path === '' ? 'is needed when tls.rpc is on' : `cannot read ${path}`;
    throw new SteppeError({ code: 'TLS_FILE_UNREADABLE' }, `${setting}: ${problem}`, { cause: error });
  }
}
