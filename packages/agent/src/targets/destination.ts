/** Where a request goes. */
export type Destination =
  /** It stays: this agent answers, as the server or as the client node that was asked for. */
  | { readonly kind: 'here'; readonly agentId: string }
  /** A server, by its RPC address. */
  | { readonly kind: 'server'; readonly address: string; readonly region: string }
  /** A client node that is connected to this server. */
  | { readonly kind: 'node'; readonly nodeId: string }
  /** One of the servers this client agent knows. */
  | { readonly kind: 'known-server' };
