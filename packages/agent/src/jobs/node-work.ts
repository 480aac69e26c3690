import type { Clock, Random } from '@steppe/runtime';
import type { StateStore } from '@steppe/state';
import { NODE_SECRETS, NODES } from '@steppe/state';
import { apiError } from '../http/api-error.js';
import type { NodeChange } from '../nodes/node-availability.js';
import { evaluationsOfNode } from '../nodes/node-evaluations.js';
import { transactWithEvaluations } from '../scheduling/region-writes.js';

export interface NodeWorkDeps {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** Having everything on a node looked at again, and forgetting a node. */
export class NodeWork {
  readonly #deps: NodeWorkDeps;

  constructor(deps: NodeWorkDeps) {
    this.#deps = deps;
  }

  /** @throws NODE_NOT_FOUND, and what a transaction throws */
  evaluate(nodeId: string): Promise<NodeChange> {
    return this.#change(nodeId, { purge: false });
  }

  /** A node that is still there registers anew, as one that nobody knows. @throws NODE_NOT_FOUND, and what a transaction throws */
  purge(nodeId: string): Promise<NodeChange> {
    return this.#change(nodeId, { purge: true });
  }

  #change(nodeId: string, { purge }: { readonly purge: boolean }): Promise<NodeChange> {
    const { state, clock, random } = this.#deps;
    return transactWithEvaluations(state, (tx) => {
      const node = tx.get(NODES, nodeId);
      if (node === undefined) throw apiError('NODE_NOT_FOUND');
      const evaluations = evaluationsOfNode(tx, node, { trigger: 'node-update', nowMs: clock.now(), random });
      if (purge) {
        tx.delete(NODES, nodeId);
        tx.delete(NODE_SECRETS, nodeId);
      }
      return evaluations;
    });
  }
}
