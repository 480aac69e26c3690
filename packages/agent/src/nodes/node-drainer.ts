import { errorMessage } from '@steppe/domain';
import type { Logger, Phase, Startable } from '@steppe/runtime';
import type { Leadership, StateStore } from '@steppe/state';
import { NODES } from '@steppe/state';
import type { NodeAvailability } from './node-availability.js';

export interface NodeDrainerDeps {
  readonly state: StateStore;
  readonly leadership: Leadership;
  readonly availability: NodeAvailability;
  readonly logger: Logger;
}

/** The leader's service that ends the drain of nodes that nothing runs on any more. */
export class NodeDrainer implements Startable {
  readonly name = 'node-drainer';
  readonly phase: Phase = 'work';
  readonly #deps: NodeDrainerDeps;
  readonly #ending = new Set<string>();
  readonly #unlisten: (() => void)[] = [];

  constructor(deps: NodeDrainerDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { state, leadership } = this.#deps;
    const check = (): void => {
      if (leadership.isLeader) this.#endDrains();
    };
    this.#unlisten.push(
      leadership.onDidChange(check),
      state.onDidCommit((commit) => {
        if (commit === undefined || commit.mutations.some(({ table }) => table === NODES.name)) check();
      }),
    );
    check();
  }

  async stop(): Promise<void> {
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
  }

  #endDrains(): void {
    for (const { id, drain } of this.#deps.state.snapshot().rows(NODES)) {
      if (drain === undefined || this.#ending.has(id)) continue;
      this.#ending.add(id);
      void this.#endDrain(id);
    }
  }

  async #endDrain(id: string): Promise<void> {
    const { availability, logger } = this.#deps;
    try {
      await availability.completeDrain(id);
      logger.info('node drain complete', { node_id: id });
    } catch (error) {
      // Whoever leads next looks at all nodes again.
      logger.warn('node drain not ended', { node_id: id, error: errorMessage(error) });
    } finally {
      this.#ending.delete(id);
    }
  }
}
