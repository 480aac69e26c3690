/** Who this agent is, fixed at start. */
export interface AgentIdentity {
  /** `name` of the configuration, else the host name. */
  readonly nodeName: string;
  readonly region: string;
  readonly datacenter: string;
  /** Server UUID; `undefined` without the server role. */
  readonly serverId: string | undefined;
  readonly roles: { readonly server: boolean; readonly client: boolean };
}

/** Gossip name of a server: `<node name>.<region>`. */
export function memberName({ nodeName, region }: Pick<AgentIdentity, 'nodeName' | 'region'>): string {
  return `${nodeName}.${region}`;
}
