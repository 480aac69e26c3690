import { errorMessage } from '@steppe/domain';
import type { ReverseSessions, RpcClient } from '@steppe/rpc';
import type { Logger } from '@steppe/runtime';
import type { ServerPeers } from '../cluster/server-peers.js';
import { StatusHasNodeConnection } from './cluster-methods.js';

export interface NodeConnectionsDeps {
  readonly region: string;
  /** Those to this server. */
  readonly sessions: ReverseSessions;
  readonly peers: ServerPeers;
  readonly rpc: RpcClient;
  readonly logger: Logger;
}

/** A server that does not answer must not keep the request from those that do. */
const ASK_TIMEOUT_MS = 2_000;

/** Which server of the region a client node is connected to. */
export class NodeConnections {
  readonly #deps: NodeConnectionsDeps;

  constructor(deps: NodeConnectionsDeps) {
    this.#deps = deps;
  }

  /** Whether the node can be called from here. */
  isConnected(nodeId: string): boolean {
    return this.#deps.sessions.get(nodeId) !== undefined;
  }

  /** When its connection to this server was made, Unix milliseconds; `undefined` without one. */
  establishedMs(nodeId: string): number | undefined {
    return this.#deps.sessions.get(nodeId)?.establishedMs;
  }

  /** Asks every other server. @returns RPC address of the one with the newest connection */
  async find(nodeId: string): Promise<string | undefined> {
    const { region, peers, rpc, logger } = this.#deps;
    const answers = await Promise.all(
      peers.alive(region).map(async ({ peerAddress }) => {
        try {
          const { establishedMs } = await rpc.call(
            peerAddress,
            StatusHasNodeConnection,
            { nodeId },
            { timeoutMs: ASK_TIMEOUT_MS },
          );
          return establishedMs === null ? undefined : { peerAddress, establishedMs };
        } catch (error) {
          logger.debug('a server could not tell whether it has a node', {
            server: peerAddress,
            error: errorMessage(error),
          });
          return undefined;
        }
      }),
    );
    const connected = answers.filter((answer) => answer !== undefined);
    return connected.toSorted((a, b) => b.establishedMs - a.establishedMs)[0]?.peerAddress;
  }
}
