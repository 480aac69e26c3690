import type { ApiErrorCode } from './api-error.js';
import type { ApiRequest } from './request/api-request.js';

/** The agent that parameters name, region aside. Empty texts are absent. */
export interface AgentName {
  /** `leader`, a member name, or a server UUID. */
  readonly serverId: string;
  /** A full node UUID. */
  readonly nodeId: string;
}

/** Who answers where nobody is named. */
export interface AnsweredByRole {
  readonly kind: 'this-agent' | 'server' | 'region' | 'leader' | 'authoritative';
}

/**
 * Which agent answers a request. Whoever is asked passes the request on, and the one that answers checks the token again.
 *
 * - `this-agent`: whoever is asked (the default).
 * - `server`: any server; a client agent asks one of its own.
 * - `region`: any server of the region that `region` names.
 * - `leader`: the leader of that region, or any of its servers with `stale`.
 * - `authoritative`: the leader of the region that owns what all regions share, whatever region is named.
 * - `chosen`: what a server finds when it looks at the request.
 * - `allocation`: the client node that an allocation is on.
 * - `agent`: the one that the parameters name; without a name this agent, or a server where `unnamed` says so.
 */
export type AnsweredBy<Parameters = never> =
  | AnsweredByRole
  | {
      readonly kind: 'allocation';
      /** Full id of the allocation. */
      readonly id: (parameters: Parameters) => string;
    }
  | { readonly kind: 'chosen'; readonly choose: (request: ApiRequest) => Promise<'leader' | 'authoritative'> }
  | {
      readonly kind: 'agent';
      readonly name: (parameters: Parameters) => AgentName;
      readonly unnamed: 'this-agent' | 'server';
      /** Nomad: on some routes a server that cannot be found is a bad request. */
      readonly unknownServer?: Extract<ApiErrorCode, 'TARGET_REFUSED'>;
    };

export const THIS_AGENT: AnsweredByRole = { kind: 'this-agent' };
export const ANY_SERVER: AnsweredByRole = { kind: 'server' };
export const SERVER_OF_REGION: AnsweredByRole = { kind: 'region' };
export const LEADER_OF_REGION: AnsweredByRole = { kind: 'leader' };
/** Writes of what all regions share. */
export const AUTHORITATIVE: AnsweredByRole = { kind: 'authoritative' };
