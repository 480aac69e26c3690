import type { AgentName } from '../http/answered-by.js';
import type { Destination } from './destination.js';

/** What is asked for; empty texts are absent. */
export interface TargetQuery extends AgentName {
  readonly region: string;
  /** Who answers where no agent is named. */
  readonly unnamed: 'this-agent' | 'server' | 'leader';
}

export interface AllocationQuery {
  /** In full. */
  readonly allocationId: string;
  readonly region: string;
  /** Whether another agent has found that this one answers, or knows who does. */
  readonly isPassedOn: boolean;
}

/** Finds the agent that answers a request. Replace it to route requests in another way. */
export interface TargetResolver {
  /**
   * Answers directly when it can: most requests stay.
   * @throws REGION_UNKNOWN, SERVER_UNKNOWN, NO_LEADER, NODE_ID_LENGTH, NODE_UNKNOWN, NODE_UNREACHABLE, NODE_VERSION_UNKNOWN,
   *   NODE_RPC_UNSUPPORTED
   */
  resolve(query: TargetQuery): Destination | Promise<Destination>;
  /**
   * The node that an allocation is on.
   * @throws ALLOC_UNKNOWN, and as {@link resolve}
   */
  resolveAllocation(query: AllocationQuery): Destination | Promise<Destination>;
}
