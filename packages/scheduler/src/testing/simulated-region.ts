import type { Allocation, Evaluation, Job, Node } from '@steppe/domain';
import { isTerminalAllocation, isTerminalEvaluation } from '@steppe/domain';
import { noMetrics, silentLogger, sleep } from '@steppe/runtime';
import { SeededRandom, SimClock } from '@steppe/testing';
import { EvalBroker } from '../broker/eval-broker.js';
import type { EvalSource } from '../broker/eval-source.js';
import { GenericScheduler } from '../generic/generic-scheduler.js';
import { RegionScheduling } from '../leader/region-scheduling.js';
import type { RegionStore } from '../leader/region-store.js';
import type { SchedulingEntrance } from '../leader/scheduling-entrance.js';
import type { SchedulingLeader } from '../leader/scheduling-leader.js';
import { capacityOf, exhaustedDimension, usedBy } from '../resources/node-fit.js';
import { awaitIndex } from '../state/await-index.js';
import type { SchedulingState } from '../state/scheduling-state.js';
import { SystemScheduler } from '../system/system-scheduler.js';
import type { SchedulingLink } from '../worker/planner.js';
import type { SchedulerContribution } from '../worker/scheduler-contribution.js';
import { WorkerPoolImpl } from '../worker/worker-pool.js';
import { evaluationOf } from './evaluation-of.js';
import { MemoryRegion } from './memory-region.js';

/** How bad things are. */
export interface Hardship {
  /** Chance that a message is lost, on its way there or back. */
  readonly loss: number;
  /** Longest delay of a message, milliseconds. */
  readonly maxDelayMs: number;
  /** How far the state of a server may be behind, milliseconds. */
  readonly maxLagMs: number;
  /** Chance that a worker takes much too long for an evaluation. */
  readonly slowness: number;
}

const CALM: Hardship = { loss: 0, maxDelayMs: 5, maxLagMs: 20, slowness: 0 };
const TYPES = ['service', 'batch', 'system', 'sysbatch'];

interface Connection {
  isOpen: boolean;
}

/** One server: what it needs to lead, and workers that talk to whoever does. */
interface Server {
  readonly name: string;
  readonly leader: SchedulingLeader;
  readonly entrance: SchedulingEntrance;
  readonly broker: EvalBroker;
  pool: WorkerPoolImpl;
  connection: Connection;
  applied: number;
}

/**
 * A region with several servers, one of them leading at most, on which everything goes wrong that can: messages are late or
 * lost, states lag behind, workers are slow or die, the lead moves. What must never happen is looked for after every change.
 */
export class SimulatedRegion {
  readonly clock = new SimClock();
  readonly random: SeededRandom;
  readonly region: MemoryRegion;
  readonly history: string[] = [];
  readonly problems: string[] = [];
  readonly servers: readonly Server[];
  hardship: Hardship;
  readonly #states: SchedulingState[] = [];
  readonly #jobs: string[] = [];
  #leading: Server | undefined;
  #ids = 0;

  constructor(seed: number, hardship: Hardship, servers = 2) {
    this.random = new SeededRandom(seed);
    this.hardship = hardship;
    this.region = new MemoryRegion(this.clock, {
      onEvaluations: (evaluations) => {
        this.note(`evaluations ${evaluations.map((each) => `${shortened(each.id)}=${each.status}`).join(' ')}`);
        for (const { leader } of this.servers) leader.feed.written(evaluations);
      },
      onAllocations: (allocations, index) => {
        this.note(`allocations ${allocations.map(shown).join(' ')}`);
        this.#check();
        const state = this.region.state();
        for (const { leader } of this.servers) {
          for (const allocation of allocations) {
            const node = state.node(allocation.nodeId);
            if (node !== undefined) leader.feed.reported(allocation, node, index);
          }
        }
      },
      onNode: (node, index) => {
        this.note(`node ${node.id} is ${node.status}`);
        if (node.status === 'ready') for (const { leader } of this.servers) leader.feed.roomOn(node, index);
      },
    });
    this.servers = Array.from({ length: servers }, (_, i) => this.#server(`server-${i}`));
    for (const { pool } of this.servers) void pool.start();
  }

  note(text: string): void {
    this.history.push(`${this.clock.monotonic()} ${text}`);
  }

  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  below(bound: number): number {
    return Math.floor(this.random.next() * bound);
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }

  /** Everything goes well from now on. */
  calm(): void {
    this.hardship = CALM;
  }

  /** The lead moves to a server, or nobody has it. */
  lead(server: Server | undefined): void {
    this.note(`${server?.name ?? 'nobody'} leads`);
    this.#leading?.leader.lose();
    this.#leading = server;
    server?.leader.gain();
  }

  /** All workers of a server die in the middle of what they do, and others take their places. */
  crash(server: Server): void {
    this.note(`workers of ${server.name} die`);
    server.connection.isOpen = false;
    void server.pool.stop();
    server.connection = { isOpen: true };
    server.pool = this.#pool(server.connection, server);
    void server.pool.start();
  }

  async evaluate(job: Pick<Job, 'id' | 'type' | 'priority'>, changes: Partial<Evaluation>): Promise<void> {
    this.#ids += 1;
    const { id: jobId, type, priority } = job;
    const id = `eval-${this.#ids}`;
    const times = { createTimeMs: this.clock.now(), modifyTimeMs: this.clock.now() };
    await this.region.writeEvaluations([evaluationOf(id, { jobId, type, priority, ...times, ...changes })]);
  }

  /** A change to a node, and evaluations of all jobs that it may matter to. */
  async changeNode(node: Node): Promise<void> {
    this.region.writeNode(node);
    for (const job of this.jobs()) {
      const isThere = this.region
        .state()
        .allocationsOfNode(node.id)
        .some(({ jobId }) => jobId === job.id);
      if (isThere || job.type === 'system' || job.type === 'sysbatch') {
        await this.evaluate(job, { triggeredBy: 'node-update', nodeId: node.id });
      }
    }
  }

  jobs(): readonly Job[] {
    return this.#jobs.map((id) => this.region.state().job('default', id)).filter((job) => job !== undefined);
  }

  async submit(job: Job): Promise<void> {
    if (!this.#jobs.includes(job.id)) this.#jobs.push(job.id);
    this.note(`job ${job.id} ${job.type} ${job.stop ? 'stops' : `wants ${job.taskGroups[0]?.count}`}`);
    this.region.writeJob(job);
    if (job.stop) await this.evaluate({ ...job, type: 'service' }, { triggeredBy: 'job-deregister' });
    else await this.evaluate(job, {});
  }

  /** Nodes that answer start what they have been given, and end what they were told to. */
  async clientsWork(): Promise<void> {
    for (const allocation of this.region.allocations()) {
      const node = this.region.state().node(allocation.nodeId);
      if (node?.status !== 'ready') continue;
      if (allocation.desiredStatus !== 'run') this.#tell(allocation, 'complete', ['pending', 'running']);
      else if (allocation.clientStatus === 'pending') this.#tell(allocation, 'running', ['pending']);
      else if (allocation.jobType === 'batch' || allocation.jobType === 'sysbatch')
        this.#tell(allocation, 'complete', ['running']);
    }
  }

  async fail(allocation: Allocation): Promise<void> {
    this.#tell(allocation, 'failed', ['running']);
    const job = this.region.state().job('default', allocation.jobId);
    if (job !== undefined && (job.type === 'service' || job.type === 'batch')) {
      await this.evaluate(job, { triggeredBy: 'alloc-failure' });
    }
  }

  /** What is still open, and why that is wrong. To be asked when there has been time for everything. */
  unfinished(): readonly string[] {
    const state = this.region.state();
    const open = this.region.evaluations().filter((each) => !isTerminalEvaluation(each));
    const left = open.filter(({ status }) => status !== 'blocked').map((each) => `${each.id} is ${each.status}`);
    for (const job of this.jobs()) {
      const live = state.allocationsOfJob('default', job.id).filter((each) => !isTerminalAllocation(each));
      if (job.stop && live.length > 0) left.push(`${job.id} has been stopped and has ${live.map(shown).join(' ')}`);
      if (job.stop || job.type !== 'service') continue;
      const wanted = job.taskGroups[0]?.count ?? 1;
      const isBlocked = open.some(({ jobId }) => jobId === job.id);
      if (live.length > wanted) left.push(`${job.id} wants ${wanted} and has ${live.length}`);
      if (live.length < wanted && !isBlocked)
        left.push(`${job.id} wants ${wanted}, has ${live.length} and nothing waits`);
      if (live.length < wanted && this.#hasRoom(job))
        left.push(`${job.id} has ${live.length} of ${wanted}, and there is room`);
    }
    const stats = this.#leading?.broker.stats();
    if (stats === undefined || stats.ready + stats.unacked + stats.pending + stats.cancelable > 0) {
      left.push(`the broker is not empty: ${JSON.stringify(stats)}`);
    }
    return left;
  }

  async stop(): Promise<void> {
    this.lead(undefined);
    const ended = Promise.all(this.servers.map(({ pool }) => pool.stop()));
    await this.clock.advance(300_000);
    await ended;
  }

  #hasRoom(job: Job): boolean {
    const state = this.region.state();
    const { cpu = 0, memoryMb = 0 } = job.taskGroups[0]?.tasks[0]?.resources ?? {};
    return [...state.nodes()].some((node) => {
      if (node.status !== 'ready') return false;
      const used = usedBy(state.allocationsOfNode(node.id).filter((each) => !isTerminalAllocation(each)));
      const diskMb = used.diskMb + 300;
      const next = { cpuShares: used.cpuShares + cpu, memoryMb: used.memoryMb + memoryMb, diskMb };
      return exhaustedDimension(next, capacityOf(node)) === undefined;
    });
  }

  #tell(allocation: Allocation, clientStatus: string, from: readonly string[]): void {
    const now = this.region.allocations().find(({ id }) => id === allocation.id);
    if (now === undefined || !from.includes(now.clientStatus)) return;
    this.region.writeAllocations([{ ...now, clientStatus, modifyTimeMs: this.clock.now() }]);
  }

  #check(): void {
    const state = this.region.state();
    const names = new Map<string, string>();
    for (const allocation of this.region.allocations()) {
      if (isTerminalAllocation(allocation)) continue;
      const isPerNode = allocation.jobType === 'system' || allocation.jobType === 'sysbatch';
      const name = isPerNode ? `${allocation.name} on ${allocation.nodeId}` : allocation.name;
      const other = names.get(name);
      if (other !== undefined) this.problems.push(`${name} is there twice: ${other} and ${allocation.id}`);
      names.set(name, allocation.id);
    }
    for (const node of state.nodes()) {
      const there = state.allocationsOfNode(node.id).filter((each) => !isTerminalAllocation(each));
      const dimension = exhaustedDimension(usedBy(there), capacityOf(node));
      if (dimension !== undefined)
        this.problems.push(`${node.id} has too little ${dimension} for ${there.map(shown).join(' ')}`);
    }
  }

  #server(name: string): Server {
    const { clock, random, region } = this;
    const guarded = async <T>(write: () => Promise<T>): Promise<T> => {
      await sleep(clock, this.below(this.hardship.maxDelayMs));
      // A write of somebody who no longer leads does not come about.
      if (this.#leading !== server) throw new Error('No cluster leader');
      return write();
    };
    const broker = new EvalBroker(
      {},
      { clock, random, jobEvalIndex: (namespace, jobId) => region.jobEvalIndex(namespace, jobId) },
    );
    const store: RegionStore = {
      state: () => region.state(),
      stateAt: (index, options) => region.stateAt(index, options),
      openEvaluations: () => region.openEvaluations(),
      jobEvalIndex: (namespace, jobId) => region.jobEvalIndex(namespace, jobId),
      write: (plan, result) => guarded(() => region.write(plan, result)),
      writeEvaluations: (evaluations) => guarded(() => region.writeEvaluations(evaluations)),
    };
    const deps = { broker, store, clock, random, logger: silentLogger, metrics: noMetrics };
    const { leader, entrance } = new RegionScheduling(deps);
    const connection = { isOpen: true };
    const server: Server = { name, leader, entrance, broker, connection, applied: 0, pool: undefined as never };
    server.pool = this.#pool(connection, server);
    return server;
  }

  #pool(connection: Connection, server: Server): WorkerPoolImpl {
    const { clock, random } = this;
    const source: EvalSource = {
      dequeue: (types, options) =>
        this.#call(connection, async ({ entrance, broker }) => {
          if (!broker.isEnabled) return undefined;
          return entrance.dequeue(types, options);
        }),
      ack: (id, token) => this.#call(connection, ({ entrance }) => entrance.ack(id, token)),
      nack: (id, token) => this.#call(connection, ({ entrance }) => entrance.nack(id, token)),
    };
    const link: SchedulingLink = {
      stateAt: async (index, options) => {
        const lag = this.below(this.hardship.maxLagMs + 1);
        await sleep(clock, lag, { signal: options.signal });
        await awaitIndex(index, () => this.#applied(server), { ...options, clock });
        return this.#states[server.applied] as SchedulingState;
      },
      submitPlan: (plan) => this.#call(connection, ({ entrance }) => entrance.submitPlan(plan)),
      updateEval: (each, token) => this.#call(connection, ({ entrance }) => entrance.updateEval(each, token)),
      createEval: (each, token) => this.#call(connection, ({ entrance }) => entrance.createEval(each, token)),
      reblockEval: (each, token) => this.#call(connection, ({ entrance }) => entrance.reblockEval(each, token)),
    };
    const schedulers: SchedulerContribution[] = [
      new GenericScheduler({ type: 'service' }, { clock, random }),
      new GenericScheduler({ type: 'batch' }, { clock, random }),
      new SystemScheduler({ type: 'system' }, { clock, random }),
      new SystemScheduler({ type: 'sysbatch' }, { clock, random }),
      // Everything that happens is to be seen at the end.
      { type: '_core', process: async () => undefined },
    ];
    const options = { numSchedulers: 2, enabledSchedulers: TYPES, cpuCount: 4 };
    return new WorkerPoolImpl(options, {
      source,
      link,
      schedulers: schedulers.map((scheduler) => this.#slowed(scheduler)),
      clock,
      random,
      logger: silentLogger,
      metrics: noMetrics,
    });
  }

  /** The newest index a server's state has: it takes over what there is by chance, and never goes back. */
  #applied(server: Server): number {
    const state = this.region.state();
    this.#states[state.index] = state;
    if (this.hardship.maxLagMs === CALM.maxLagMs || this.chance(0.3)) server.applied = state.index;
    if (this.#states[server.applied] === undefined) server.applied = state.index;
    return server.applied;
  }

  #slowed(scheduler: SchedulerContribution): SchedulerContribution {
    return {
      type: scheduler.type,
      process: async (evaluation, planner, options) => {
        this.note(`${shortened(evaluation.id)} of ${evaluation.jobId} is scheduled on ${planner.state.index}`);
        if (this.chance(this.hardship.slowness)) await sleep(this.clock, 55_000 + this.below(30_000));
        await scheduler.process(evaluation, planner, options);
      },
    };
  }

  /** Asks whoever leads; the question or the answer may be late, or not come at all. */
  async #call<T>(connection: Connection, ask: (leader: Server) => Promise<T>): Promise<T> {
    const { clock, hardship } = this;
    const pass = async (): Promise<void> => {
      await sleep(clock, this.below(hardship.maxDelayMs + 1));
      if (!connection.isOpen || this.chance(hardship.loss)) {
        await sleep(clock, 1_000);
        throw new Error('the connection was lost');
      }
    };
    await pass();
    const leader = this.#leading;
    if (leader === undefined) throw new Error('No cluster leader');
    const answer = await ask(leader);
    await pass();
    return answer;
  }
}

const shortened = (id: string): string => id.slice(0, 8);
const shown = ({ id, name, nodeId, desiredStatus, clientStatus }: Allocation): string =>
  `${shortened(id)}:${name}@${nodeId}=${desiredStatus}/${clientStatus}`;
