import type { DrainRecord, Evaluation, Node, SchedulingEligibility } from '@steppe/domain';
import type { Clock, Random } from '@steppe/runtime';
import { isReady } from '@steppe/scheduler';
import type { Indexed, StateStore } from '@steppe/state';
import { NODES } from '@steppe/state';
import { apiError } from '../http/api-error.js';
import { transactWithEvaluations } from '../scheduling/region-writes.js';
import { systemEvaluationsOfNode } from './node-evaluations.js';
import type { NodeHappening } from './node-events.js';
import { putNode } from './node-events.js';

/** What is asked of a drain. */
interface DrainSpec {
  /** Milliseconds; 0: no limit, below 0: at once. */
  readonly deadlineMs: number;
  readonly ignoreSystemJobs: boolean;
}

export interface DrainRequest {
  /** `undefined` ends a drain. */
  readonly spec: DrainSpec | undefined;
  /** Whether a node whose drain is ended takes new work again. */
  readonly markEligible: boolean;
  readonly meta: Readonly<Record<string, string>>;
}

export interface NodeAvailabilityDeps {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** A change of a node, and the evaluations that it asked for. */
export type NodeChange = Indexed<readonly Evaluation[]>;

/**
 * Whether client nodes are to get new work, and whether they are to give up what they have.
 * @see spec "Drain and eligibility" of scheduling
 */
export class NodeAvailability {
  readonly #deps: NodeAvailabilityDeps;

  constructor(deps: NodeAvailabilityDeps) {
    this.#deps = deps;
  }

  /** @throws NODE_NOT_FOUND, NODE_DRAINING, and what a transaction throws */
  setEligibility(nodeId: string, schedulingEligibility: SchedulingEligibility): Promise<NodeChange> {
    return this.#change(nodeId, (node) => {
      if (schedulingEligibility === 'eligible' && node.drain !== undefined) throw apiError('NODE_DRAINING');
      const message = `Node marked as ${schedulingEligibility} for scheduling`;
      return node.schedulingEligibility === schedulingEligibility
        ? undefined
        : { node: { ...node, schedulingEligibility }, message, subsystem: 'Cluster' };
    });
  }

  /** Takes a node out of scheduling that has refused too many plans. @throws NODE_NOT_FOUND, and what a transaction throws */
  keepOut(nodeId: string): Promise<NodeChange> {
    return this.#change(nodeId, (node) =>
      node.schedulingEligibility === 'ineligible'
        ? undefined
        : {
            node: { ...node, schedulingEligibility: 'ineligible' },
            message: 'Node marked as ineligible for scheduling due to multiple plan rejections',
            subsystem: 'Scheduler',
          },
    );
  }

  /** Starts, changes or ends a drain. @throws NODE_NOT_FOUND, and what a transaction throws */
  setDrain(nodeId: string, { spec, ...request }: DrainRequest): Promise<NodeChange> {
    const nowMs = this.#deps.clock.now();
    return this.#change(nodeId, (node) => {
      if (spec === undefined) return ended(node, 'canceled', { ...request, nowMs });
      const startedAtMs = node.drain?.startedAtMs ?? nowMs;
      return {
        node: {
          ...node,
          schedulingEligibility: 'ineligible',
          drain: { ...spec, startedAtMs },
          lastDrain: {
            status: 'draining',
            startedAtMs,
            updatedAtMs: nowMs,
            accessorId: '',
            meta: request.meta,
          },
        },
        message: node.drain === undefined ? 'Node drain strategy set' : 'Node drain strategy updated',
        subsystem: 'Drain',
      };
    });
  }

  /** Ends the drain of a node that has nothing left; it stays without new work. */
  completeDrain(nodeId: string): Promise<NodeChange> {
    const nowMs = this.#deps.clock.now();
    return this.#change(nodeId, (node) => ended(node, 'complete', { markEligible: false, nowMs }));
  }

  #change(nodeId: string, change: (node: Node) => Change | undefined): Promise<NodeChange> {
    const { state, clock, random } = this.#deps;
    return transactWithEvaluations(state, (tx) => {
      const node = tx.get(NODES, nodeId);
      if (node === undefined) throw apiError('NODE_NOT_FOUND');
      const changed = change(node);
      if (changed === undefined) return [];
      const { node: next, ...happening } = changed;
      const nowMs = clock.now();
      putNode(next, happening, { tx, nowMs });
      if (node.schedulingEligibility === next.schedulingEligibility || !isReady(next)) return [];
      return systemEvaluationsOfNode(tx, next, { trigger: 'node-update', nowMs, random });
    });
  }
}

interface Change {
  readonly node: Node;
  readonly message: string;
  readonly subsystem: NodeHappening['subsystem'];
}

interface Ending extends Partial<Pick<DrainRecord, 'meta'>> {
  readonly markEligible: boolean;
  readonly nowMs: number;
}

/** The node after its drain; `undefined` when there is none to end. */
function ended(node: Node, status: 'canceled' | 'complete', ending: Ending): Change | undefined {
  const { drain, lastDrain, ...rest } = node;
  const { markEligible, nowMs, ...by } = ending;
  const schedulingEligibility = markEligible ? 'eligible' : node.schedulingEligibility;
  if (drain === undefined) {
    // Nomad: ending a drain that is over can still make the node eligible.
    return schedulingEligibility === node.schedulingEligibility
      ? undefined
      : {
          node: { ...node, schedulingEligibility },
          message: 'Node marked as eligible for scheduling',
          subsystem: 'Cluster',
        };
  }
  const record = lastDrain ?? { startedAtMs: drain.startedAtMs, accessorId: '', meta: {} };
  return {
    node: { ...rest, schedulingEligibility, lastDrain: { ...record, ...by, status, updatedAtMs: nowMs } },
    message: status === 'complete' ? 'Node drain complete' : 'Node drain disabled',
    subsystem: 'Drain',
  };
}
