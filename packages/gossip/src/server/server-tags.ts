/** What a server tells the pool of itself. */
export interface ServerTagsInput {
  /** Server UUID. */
  readonly id: string;
  readonly region: string;
  readonly datacenter: string;
  /** Must parse as a version, or other servers leave this one out of their routing. */
  readonly build: string;
  /** IP at which clients reach the RPC listener. */
  readonly rpcAddress: string;
  readonly rpcPort: number;
  /** `server.bootstrap_expect`; 0 is none. */
  readonly bootstrapExpect: number;
}

/** The gossip tags of a Nomad server. @see spec "Tags set by a server" */
export function serverTags(input: ServerTagsInput): Readonly<Record<string, string>> {
  const { id, region, datacenter, build, rpcAddress, rpcPort, bootstrapExpect } = input;
  return {
    build,
    dc: datacenter,
    id,
    port: `${rpcPort}`,
    raft_vsn: '3',
    region,
    revision: '',
    role: 'nomad',
    rpc_addr: rpcAddress,
    vsn: '1',
    ...(bootstrapExpect === 1 ? { bootstrap: '1' } : {}),
    ...(bootstrapExpect === 0 ? {} : { expect: `${bootstrapExpect}` }),
  };
}
