import type { Allocation, JobKey, Node } from '@steppe/domain';
import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Phase, Random, Startable, Timer } from '@steppe/runtime';
import type { Leadership, StateStore } from '@steppe/state';
import { ALLOCATIONS, jobKey, NODES } from '@steppe/state';
import { inParts } from '../scheduling/in-parts.js';
import { putDesiredAllocations, putEvaluations } from '../scheduling/region-writes.js';
import { drainChoice } from './drain-choice.js';
import type { NodeAvailability } from './node-availability.js';
import { evaluationFor } from './node-evaluations.js';

export interface NodeDrainerDeps {
  readonly state: StateStore;
  readonly leadership: Leadership;
  readonly availability: NodeAvailability;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Changes that come within this time are looked at together, milliseconds. */
const WINDOW_MS = 100;

/**
 * The leader's service that empties draining nodes: it marks allocations that are to move, at the pace their groups let, and
 * ends the drain when nothing is left.
 */
export class NodeDrainer implements Startable {
  readonly name = 'node-drainer';
  readonly phase: Phase = 'work';
  readonly #deps: NodeDrainerDeps;
  readonly #unlisten: (() => void)[] = [];
  #timer: Timer | undefined;
  #deadline: Timer | undefined;
  #isWorking = false;
  #isAskedAgain = false;

  constructor(deps: NodeDrainerDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { state, leadership } = this.#deps;
    this.#unlisten.push(
      leadership.onDidChange(() => this.#ask()),
      state.onDidCommit((commit) => {
        if (commit === undefined || commit.mutations.some(({ table }) => WATCHED.has(table))) this.#ask();
      }),
    );
    this.#ask();
  }

  async stop(): Promise<void> {
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#timer?.cancel();
    this.#deadline?.cancel();
    this.#timer = undefined;
  }

  #ask(): void {
    if (!this.#deps.leadership.isLeader) return;
    this.#timer ??= this.#deps.clock.setTimer(WINDOW_MS, () => {
      this.#timer = undefined;
      void this.#check();
    });
  }

  async #check(): Promise<void> {
    if (this.#isWorking) {
      this.#isAskedAgain = true;
      return;
    }
    this.#isWorking = true;
    this.#deadline?.cancel();
    const { state, clock, leadership } = this.#deps;
    const deadlines: number[] = [];
    for (const node of state.snapshot().find(NODES, 'draining', 'true')) {
      if (node.drain === undefined || !leadership.isLeader) continue;
      const deadlineMs = await this.#drain(node, node.drain);
      if (deadlineMs !== undefined) deadlines.push(deadlineMs);
    }
    if (deadlines.length > 0) {
      this.#deadline = clock.setTimer(Math.max(0, Math.min(...deadlines) - clock.now()), () => this.#ask());
    }
    this.#isWorking = false;
    if (this.#isAskedAgain) {
      this.#isAskedAgain = false;
      this.#ask();
    }
  }

  /** @returns when to look again at the latest. Never rejects: whoever leads next looks at all nodes again. */
  async #drain({ id }: Node, drain: NonNullable<Node['drain']>): Promise<number | undefined> {
    const { state, availability, clock, logger } = this.#deps;
    try {
      const { migrate, isDone, deadlineMs } = drainChoice(state.snapshot(), { id, drain }, clock.now());
      if (isDone) {
        await availability.completeDrain(id);
        logger.info('node drain complete', { node_id: id });
        return undefined;
      }
      await this.#mark(id, migrate);
      return deadlineMs;
    } catch (error) {
      logger.warn('node not drained', { node_id: id, error: errorMessage(error) });
      return clock.now() + RETRY_MS;
    }
  }

  async #mark(nodeId: string, allocations: readonly Allocation[]): Promise<void> {
    const { state, clock, random } = this.#deps;
    await inParts(allocations, async (part) => {
      const { index } = await state.transact((tx) => {
        const jobs = new Map<string, JobKey>();
        for (const { id } of part) {
          const allocation = tx.get(ALLOCATIONS, id);
          if (allocation === undefined) continue;
          const desiredTransition = { ...NO_TRANSITION, ...allocation.desiredTransition, migrate: true };
          putDesiredAllocations(tx, [{ ...allocation, desiredTransition, modifyTimeMs: clock.now() }]);
          const key = { namespace: allocation.namespace, id: allocation.jobId };
          jobs.set(jobKey(key), key);
        }
        const context = { trigger: 'node-drain', nowMs: clock.now(), random } as const;
        putEvaluations(
          tx,
          [...jobs.values()].map((key) => evaluationFor(tx, { id: nodeId }, key, context)),
        );
      });
      return index;
    });
  }
}

const WATCHED: ReadonlySet<string> = new Set([NODES.name, ALLOCATIONS.name]);
const RETRY_MS = 5_000;
const NO_TRANSITION = { migrate: false, reschedule: false, forceReschedule: false, noShutdownDelay: false };
