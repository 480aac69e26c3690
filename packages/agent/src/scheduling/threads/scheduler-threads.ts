import type { Evaluation, PlanResult } from '@steppe/domain';
import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Phase, Startable, Timer } from '@steppe/runtime';
import type { Planner, SchedulerContribution } from '@steppe/scheduler';
import type { StateStore } from '@steppe/state';
import { schedulingCommit } from './scheduling-tables.js';
import { StateFeed } from './state-feed.js';
import type { PlannerCall, SchedulerThreadPort } from './thread-messages.js';

export interface SchedulerThreadsDeps {
  readonly state: StateStore;
  /** Starts a thread, which runs a `SchedulerThread`; `undefined`: there is no way to. */
  readonly spawn: (() => SchedulerThreadPort) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One evaluation in a thread. */
interface Work {
  readonly planner: Planner;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly port: SchedulerThreadPort;
  readonly feed: StateFeed;
  work: Work | undefined;
  /** Ends it when it has had nothing to do for long. */
  idle: Timer | undefined;
}

/** A thread keeps a copy of the state: one that nobody needs is given back. */
const IDLE_MS = 10 * 60_000;

/**
 * Threads in which schedulers work, so that the server's event loop has other things to do. There are as many as evaluations
 * are worked on at once; one that dies takes nothing but its evaluation with it, which is handed back and done by another.
 */
export class SchedulerThreads implements Startable {
  readonly name = 'scheduler-threads';
  /** In front of the workers, which start and stop with the work phase. */
  readonly phase: Phase = 'membership';
  readonly #deps: SchedulerThreadsDeps;
  readonly #threads = new Set<Thread>();
  #unlisten: (() => void) | undefined;

  constructor(deps: SchedulerThreadsDeps) {
    this.#deps = deps;
  }

  get areAvailable(): boolean {
    return this.#deps.spawn !== undefined;
  }

  /** How many there are now. */
  get count(): number {
    return this.#threads.size;
  }

  async start(): Promise<void> {
    const { state } = this.#deps;
    this.#unlisten = state.onDidCommit((commit) => {
      if (this.#threads.size === 0) return;
      if (commit === undefined) {
        for (const { feed } of this.#threads) void feed.load(state.snapshot());
        return;
      }
      const message = { kind: 'commit', commit: schedulingCommit(commit) } as const;
      for (const { feed } of this.#threads) feed.post(message);
    });
  }

  async stop(): Promise<void> {
    this.#unlisten?.();
    await Promise.all([...this.#threads].map((thread) => this.#end(thread)));
  }

  /** A scheduler of the type that works in these threads. */
  schedulerOf(type: string): SchedulerContribution {
    return { type, process: (evaluation, planner, { signal }) => this.#process(evaluation, planner, signal) };
  }

  async #process(evaluation: Evaluation, planner: Planner, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const thread = this.#free() ?? this.#spawn();
    const abort = (): void => thread.feed.post({ kind: 'abort', message: errorMessage(signal.reason) });
    signal.addEventListener('abort', abort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        thread.work = { planner, resolve, reject };
        thread.feed.post({ kind: 'process', evaluation, index: planner.state.index });
      });
    } finally {
      signal.removeEventListener('abort', abort);
      thread.work = undefined;
      if (this.#threads.has(thread)) {
        thread.idle = this.#deps.clock.setTimer(IDLE_MS, () => void this.#end(thread));
      }
    }
  }

  #free(): Thread | undefined {
    for (const thread of this.#threads) {
      if (thread.work !== undefined) continue;
      thread.idle?.cancel();
      thread.idle = undefined;
      return thread;
    }
    return undefined;
  }

  #spawn(): Thread {
    const { spawn, state, clock, logger } = this.#deps;
    if (spawn === undefined) throw new Error('there are no threads here');
    const port = spawn();
    const feed = new StateFeed({ send: (message) => port.post(message), clock });
    const thread: Thread = { port, feed, work: undefined, idle: undefined };
    port.onMessage((message) => {
      switch (message.kind) {
        case 'call':
          void this.#answer(thread, message.call, message.ask);
          return;
        case 'done':
          thread.work?.resolve();
          return;
        case 'failed':
          thread.work?.reject(new Error(message.message));
          return;
      }
    });
    port.onExit((reason) => {
      thread.idle?.cancel();
      feed.end();
      if (!this.#threads.delete(thread)) return;
      logger.error('scheduler thread ended', { reason });
      thread.work?.reject(new Error(`scheduler thread ended: ${reason}`));
    });
    void feed.load(state.snapshot());
    this.#threads.add(thread);
    return thread;
  }

  async #answer(thread: Thread, call: number, ask: PlannerCall): Promise<void> {
    const { feed, work } = thread;
    if (work === undefined) return;
    try {
      feed.post({ kind: 'answer', call, result: await carryOut(work.planner, ask) });
    } catch (error) {
      feed.post({ kind: 'refused', call, message: errorMessage(error) });
    }
  }

  async #end(thread: Thread): Promise<void> {
    this.#threads.delete(thread);
    thread.idle?.cancel();
    thread.feed.end();
    thread.work?.reject(new Error('the server is stopping'));
    await thread.port.end();
  }
}

async function carryOut(planner: Planner, ask: PlannerCall): Promise<PlanResult | undefined> {
  if (ask.method === 'submitPlan') return (await planner.submitPlan(ask.plan)).result;
  await planner[ask.method](ask.evaluation);
  return undefined;
}
