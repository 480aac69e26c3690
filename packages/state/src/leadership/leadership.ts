/** Who leads the region. */
export interface Leader {
  /** Server UUID. */
  readonly id: string;
  /** `ip:port` of the leader's RPC listener; IPv6 in brackets. */
  readonly rpcAddress: string;
}

/** What an agent knows about the region's leadership. */
export interface Leadership {
  /** Whether this server leads. */
  readonly isLeader: boolean;
  /** The leader, `undefined` while none is known. */
  leader(): Leader | undefined;
  /** RPC addresses of the servers that share the region's state, this one included. */
  peers(): readonly string[];
  /** Increases each time leadership is gained anywhere in the region. */
  readonly term: number;
  /**
   * Calls back on every gain (true) and loss (false) of leadership by this server; and with false when another leader comes
   * to be known, or none. Returns the way to stop that.
   */
  onDidChange(listener: (isLeader: boolean) => void): () => void;
}
