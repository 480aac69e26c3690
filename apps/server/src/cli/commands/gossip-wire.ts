/** What `GET /v1/agent/gossip` answers. */
export interface GossipWire {
  readonly Members: readonly {
    readonly Name: string;
    /** Nanoseconds. */
    readonly RTT: number | null;
    readonly Suspicions: readonly {
      readonly Accusers: readonly { readonly At: string; readonly Name: string }[];
      readonly EndedAt: string | null;
      readonly Outcome: string;
      readonly Since: string;
    }[];
  }[];
}
