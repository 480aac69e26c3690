import type { Allocation, Evaluation, Job, Node, Plan, PlanResult } from '@steppe/domain';
import { SeededRandom, SimClock } from '@steppe/testing';
import { GenericScheduler } from '../generic/generic-scheduler.js';
import { evaluatePlan } from '../plan/evaluate-plan.js';
import { SystemScheduler } from '../system/system-scheduler.js';
import type { Planner } from '../worker/planner.js';
import { evaluationOf } from './evaluation-of.js';
import { MemoryRegion } from './memory-region.js';
import { nodeOf } from './node-of.js';

/** One scheduler at a time on a region in memory, its plans applied at once; what it wants of the leader is remembered. */
export class SchedulerHarness {
  readonly clock = new SimClock();
  readonly random: SeededRandom;
  readonly region = new MemoryRegion(this.clock);
  readonly plans: Plan[] = [];
  readonly created: Evaluation[] = [];
  readonly updated: Evaluation[] = [];
  readonly reblocked: Evaluation[] = [];
  /** Stands in for the applier. */
  answer: ((plan: Plan) => PlanResult) | undefined;
  #evals = 0;

  constructor({ nodes = 0, seed = 1 }: { readonly nodes?: number; readonly seed?: number } = {}) {
    this.random = new SeededRandom(seed);
    for (let i = 0; i < nodes; i += 1) this.node(`node-${i}`);
  }

  node(id: string, changes: Partial<Node> = {}): Node {
    const known = this.region.state().node(id);
    this.region.writeNode({ ...(known ?? nodeOf(id)), ...changes });
    return this.region.state().node(id) as Node;
  }

  job(job: Job): Job {
    return this.region.writeJob(job);
  }

  /** Has an evaluation processed by the scheduler of its type. @returns it as it is then */
  async process(changes: Partial<Evaluation> = {}): Promise<Evaluation> {
    this.#evals += 1;
    const id = changes.id ?? `00000000-0000-4000-8000-${String(this.#evals).padStart(12, '0')}`;
    const evaluation = evaluationOf(id, changes);
    if (this.region.evaluation(id) === undefined) await this.region.writeEvaluations([evaluation]);
    const deps = { clock: this.clock, random: this.random };
    const { type } = evaluation;
    const scheduler =
      type === 'system' || type === 'sysbatch'
        ? new SystemScheduler({ type }, deps)
        : new GenericScheduler({ type: type === 'batch' ? 'batch' : 'service' }, deps);
    await scheduler.process(this.region.evaluation(id) as Evaluation, this.#planner(id));
    return this.region.evaluation(id) as Evaluation;
  }

  /** Of the job `web` unless told otherwise, as they are now, by name. */
  allocations(jobId = 'web'): readonly Allocation[] {
    return this.region
      .state()
      .allocationsOfJob('default', jobId)
      .toSorted((a, b) => (a.name === b.name ? a.createIndex - b.createIndex : a.name < b.name ? -1 : 1));
  }

  live(jobId = 'web'): readonly Allocation[] {
    return this.allocations(jobId).filter(
      ({ desiredStatus, clientStatus }) =>
        desiredStatus === 'run' && !['complete', 'failed', 'lost'].includes(clientStatus),
    );
  }

  /** Nodes tell of allocations. */
  report(allocations: readonly Allocation[], changes: Partial<Allocation>): void {
    this.region.writeAllocations(allocations.map((allocation) => ({ ...allocation, ...changes })));
  }

  /** Tasks end, now or so many milliseconds ago. */
  end(allocations: readonly Allocation[], clientStatus: string, agoMs = 0): void {
    const finishedAtMs = this.clock.now() - agoMs;
    this.report(allocations, {
      clientStatus,
      taskStates: {
        main: {
          state: 'dead',
          failed: clientStatus === 'failed',
          restarts: 0,
          lastRestartMs: 0,
          startedAtMs: 0,
          finishedAtMs,
          events: [],
        },
      },
    });
  }

  #planner(evalId: string): Planner {
    return {
      state: this.region.state(),
      submitPlan: async (draft) => {
        const plan: Plan = { ...draft, evalId, evalToken: 'token', snapshotIndex: this.region.index };
        this.plans.push(plan);
        const result = this.answer?.(plan) ?? (await this.#apply(plan));
        return { result, newState: result.refreshIndex > 0 ? this.region.state() : undefined };
      },
      updateEval: async (evaluation) => {
        this.updated.push(evaluation);
        await this.region.writeEvaluations([evaluation]);
      },
      createEval: async (evaluation) => {
        this.created.push(evaluation);
        await this.region.writeEvaluations([evaluation]);
      },
      reblockEval: async (evaluation) => {
        this.reblocked.push(evaluation);
      },
    };
  }

  async #apply(plan: Plan): Promise<PlanResult> {
    const { result } = evaluatePlan(this.region.state(), plan);
    const isEmpty = Object.keys(result.nodeUpdate).length + Object.keys(result.nodeAllocation).length === 0;
    return isEmpty ? result : { ...result, allocIndex: await this.region.write(plan, result) };
  }
}
