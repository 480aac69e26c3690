import type { AgentConfig } from '@steppe/config';

/** Where other agents reach this one. */
export class AgentAddresses {
  /** Gossip address without its port. */
  readonly gossipHost: string;
  /** `host:port` of the HTTP API as others use it. */
  readonly http: string;
  readonly #rpcHost: string;
  #rpcPort: number;

  constructor(config: AgentConfig) {
    const rpc = splitHostPort(config.advertise.rpc);
    this.#rpcHost = rpc.host;
    this.#rpcPort = rpc.port;
    this.gossipHost = splitHostPort(config.advertise.serf || config.advertise.rpc).host;
    this.http = config.advertise.http;
  }

  /** The RPC listener has its port; it counts where the configuration left the choice to the system. */
  rpcBound(port: number): void {
    if (this.#rpcPort === 0) this.#rpcPort = port;
  }

  get rpcPort(): number {
    return this.#rpcPort;
  }

  /** `host:port` of the RPC listener as clients use it. */
  get rpc(): string {
    return joinHostPort(this.#rpcHost, this.#rpcPort);
  }

  /** The IP part of {@link AgentAddresses.rpc}. */
  get rpcHost(): string {
    return this.#rpcHost;
  }

  /** This server among those that share its region's state: gossip address, RPC port. */
  get peer(): string {
    return joinHostPort(this.gossipHost, this.#rpcPort);
  }
}

/** @param text - `host:port`, IPv6 in brackets */
function splitHostPort(text: string): { readonly host: string; readonly port: number } {
  const mark = text.lastIndexOf(':');
  return { host: text.slice(0, mark).replace(/^\[|\]$/g, ''), port: Number(text.slice(mark + 1)) };
}

function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
