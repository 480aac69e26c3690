import type { PeerRole } from '../method/rpc-method.js';

/** What an agent says of itself in the handshake. */
export interface RpcIdentity {
  readonly role: PeerRole;
  readonly region: string;
  /** Node id of a client agent, server id of a server; may be empty as long as the node has none, except on reverse sessions. */
  readonly id: string;
}

/** How a peer proved who it is. `none`: it did not, and is either on this machine or accepted by `insecure`. */
export type RpcAuthentication = 'certificate' | 'cluster-key' | 'none';

/** The other end of an authenticated session. */
export interface RpcPeerIdentity extends RpcIdentity {
  readonly authentication: RpcAuthentication;
  /** Its IP address as this end sees it. */
  readonly remoteAddress: string;
}
