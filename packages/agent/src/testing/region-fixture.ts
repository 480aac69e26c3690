import type { Allocation, ClientStatus, Evaluation, Job, NodeRegistration } from '@steppe/domain';
import { canonicalJob, EVALUATION_WIRE, JOB_WIRE, Secret } from '@steppe/domain';
import { noMetrics } from '@steppe/runtime';
import type { WorkerPool } from '@steppe/scheduler';
import {
  BUILT_IN_SCHEDULERS,
  builtInScheduler,
  CoreScheduler,
  EvalBroker,
  RegionScheduling,
  WorkerPoolImpl,
} from '@steppe/scheduler';
import type { Leader, Leadership } from '@steppe/state';
import { ALLOCATIONS, BUILT_IN_TABLES, EngineStateStore, EVALUATIONS, MemoryEngine, NODES } from '@steppe/state';
import { RecordingLogger, SeededRandom, SimClock } from '@steppe/testing';
import { AllocReports } from '../nodes/alloc-reports.js';
import { NodeAllocations } from '../nodes/node-allocations.js';
import { NodeAvailability } from '../nodes/node-availability.js';
import { NodeDrainer } from '../nodes/node-drainer.js';
import { SigningKeys } from '../workload/signing-keys.js';
import { WorkloadTokens } from '../workload/workload-tokens.js';
import { NodeRegistry } from '../nodes/node-registry.js';
import { allocationsOfJob, putJobVersion, readJob } from '../scheduling/job-rows.js';
import { putEvaluations } from '../scheduling/region-writes.js';
import { SchedulerThreads } from '../scheduling/threads/scheduler-threads.js';
import type { SchedulerThreadPort } from '../scheduling/threads/thread-messages.js';
import { SchedulingService } from '../scheduling/scheduling-service.js';
import { StateRegionStore } from '../scheduling/state-region-store.js';

const SELF: Leader = { id: 'self', rpcAddress: '127.0.0.1:4647' };
const SECRET = new Secret('node-secret');

/** A region of one server in virtual time, without network: its state, its scheduling, and what nodes ask of it. */
export class RegionFixture {
  readonly clock = new SimClock(1_000_000);
  readonly random = new SeededRandom(7);
  readonly logger = new RecordingLogger();
  readonly state: EngineStateStore;
  readonly store: StateRegionStore;
  readonly scheduling: RegionScheduling;
  readonly leadership: Leadership;
  readonly nodes: NodeRegistry;
  readonly reports: AllocReports;
  readonly assigned: NodeAllocations;
  readonly tokens: WorkloadTokens;
  readonly keys: SigningKeys;
  readonly availability: NodeAvailability;
  readonly pool: WorkerPool & WorkerPoolImpl;
  readonly threads: SchedulerThreads;
  readonly #services;

  /** @param options - `threads`: schedulers work in threads that are started by this; default: they work right here */
  constructor({ threads: spawn }: { readonly threads?: () => SchedulerThreadPort } = {}) {
    const { clock, random, logger } = this;
    this.state = new EngineStateStore(
      { tables: BUILT_IN_TABLES },
      { engine: new MemoryEngine(), clock, logger, metrics: noMetrics },
    );
    this.leadership = {
      isLeader: true,
      term: 1,
      leader: () => SELF,
      peers: () => [],
      onDidChange: () => () => undefined,
    };
    const { state, leadership } = this;
    this.store = new StateRegionStore({ state, clock });
    const broker = new EvalBroker({}, { clock, random, jobEvalIndex: (...job) => this.store.jobEvalIndex(...job) });
    this.scheduling = new RegionScheduling({ broker, store: this.store, clock, random, logger, metrics: noMetrics });
    const { entrance, leader } = this.scheduling;
    this.threads = new SchedulerThreads({ state, spawn, clock, logger });
    const schedulers = BUILT_IN_SCHEDULERS.map((type) =>
      spawn === undefined ? builtInScheduler(type, { clock, random }) : this.threads.schedulerOf(type),
    );
    const link = {
      stateAt: this.store.stateAt.bind(this.store),
      submitPlan: entrance.submitPlan.bind(entrance),
      updateEval: entrance.updateEval.bind(entrance),
      createEval: entrance.createEval.bind(entrance),
      reblockEval: entrance.reblockEval.bind(entrance),
    };
    this.pool = new WorkerPoolImpl(
      { numSchedulers: 2, enabledSchedulers: ['service', 'batch', 'system', 'sysbatch'], cpuCount: 2 },
      {
        source: entrance,
        link,
        schedulers: [...schedulers, new CoreScheduler({}, { store: this.store, clock, logger })],
        clock,
        random,
        logger,
        metrics: noMetrics,
      },
    );
    this.nodes = new NodeRegistry(
      {
        minHeartbeatTtlMs: 10_000,
        maxHeartbeatsPerSecond: 50,
        heartbeatGraceMs: 10_000,
        failoverHeartbeatTtlMs: 300_000,
      },
      { state, leadership, servers: () => [SELF.rpcAddress], clock, random, logger },
    );
    this.reports = new AllocReports({ state, clock, random });
    const tokens = new WorkloadTokens({ region: 'global', issuer: '' }, { state, clock, random });
    this.assigned = new NodeAllocations({ state, clock, tokens });
    this.tokens = tokens;
    this.keys = new SigningKeys(
      { rotationThresholdMs: 30 * 86_400_000, gcThresholdMs: 3_600_000, intervalMs: 600_000 },
      { state, leadership, clock, random, logger },
    );
    this.availability = new NodeAvailability({ state, clock, random });
    const drainer = new NodeDrainer({ state, leadership, availability: this.availability, clock, random, logger });
    const service = new SchedulingService({ leader, state, leadership, logger });
    this.#services = [state, this.nodes, drainer, service, this.threads, this.pool];
  }

  async start(): Promise<void> {
    for (const service of this.#services) await service.start();
  }

  async stop(): Promise<void> {
    const stopping = this.#services.toReversed().map((service) => service.stop());
    await this.clock.advance(1_000);
    await Promise.all(stopping);
  }

  /** Lets everything happen that does not have to wait for a time to come, and a little more. */
  settle(ms = 1_000): Promise<void> {
    return this.clock.advance(ms);
  }

  /** A node that is ready. */
  async addNode(id: string, changes: Partial<NodeRegistration> = {}): Promise<void> {
    await this.register(id, changes);
    await this.beat(id);
  }

  /** A node that has not said yet that it is ready. */
  register(id: string, changes: Partial<NodeRegistration> = {}) {
    return this.nodes.register({ ...NODE, id, name: id, ...changes }, SECRET);
  }

  beat(id: string) {
    return this.nodes.updateStatus(id, SECRET, 'ready');
  }

  node(id: string) {
    return this.state.snapshot().get(NODES, id);
  }

  /** Registers a job with one group of one task. */
  async run(changes: object = {}, group: object = {}): Promise<Job> {
    const wire = {
      ID: 'web',
      TaskGroups: [{ Name: 'front', Tasks: [{ Name: 'main', Driver: 'raw_exec' }], ...group }],
      ...changes,
    };
    const job = canonicalJob(JOB_WIRE.decode(wire, 'Job'), { priority: 50, region: 'global' });
    await this.state.transact((tx) => {
      putJobVersion(tx, job, { keep: 6 });
      putEvaluations(tx, [this.#evaluationOf(job)]);
    });
    return job;
  }

  job(id = 'web', namespace = 'default') {
    return readJob(this.state.snapshot(), { namespace, id });
  }

  allocations(id = 'web', namespace = 'default'): readonly Allocation[] {
    return [...allocationsOfJob(this.state.snapshot(), { namespace, id })];
  }

  /** Those that are to run and have not ended. */
  live(id = 'web'): readonly Allocation[] {
    return this.allocations(id).filter(
      ({ desiredStatus, clientStatus }) =>
        desiredStatus === 'run' && !['complete', 'failed', 'lost'].includes(clientStatus),
    );
  }

  evaluations(): readonly Evaluation[] {
    return this.state.snapshot().rows(EVALUATIONS);
  }

  /** What a node reports of one of its allocations. */
  async report(allocation: Allocation, clientStatus: ClientStatus): Promise<void> {
    const told = { id: allocation.id, clientStatus, clientDescription: '', taskStates: {} };
    const reported = this.reports.report({ id: allocation.nodeId, secret: SECRET }, [told]);
    await this.clock.advance(50);
    await reported;
  }

  /** Every allocation that waits to run does. */
  async startAll(id = 'web'): Promise<void> {
    for (const each of this.live(id)) if (each.clientStatus === 'pending') await this.report(each, 'running');
  }

  allocation(id: string): Allocation | undefined {
    return this.state.snapshot().get(ALLOCATIONS, id);
  }

  #evaluationOf(job: Job): Evaluation {
    const nowMs = this.clock.now();
    return {
      ...EVALUATION_WIRE.empty,
      id: this.random.uuid(),
      namespace: job.namespace,
      priority: job.priority,
      type: job.type,
      triggeredBy: 'job-register',
      jobId: job.id,
      status: 'pending',
      createTimeMs: nowMs,
      modifyTimeMs: nowMs,
    };
  }
}

const DRIVER = { attributes: {}, detected: true, healthy: true, healthDescription: '', updateTimeMs: 0 };
const NODE: Omit<NodeRegistration, 'id' | 'name'> = {
  datacenter: 'dc1',
  nodeClass: '',
  nodePool: 'default',
  httpAddress: '127.0.0.1:4646',
  tlsEnabled: false,
  attributes: { 'kernel.name': 'linux' },
  meta: {},
  drivers: { raw_exec: DRIVER },
  resources: {
    cpuShares: 4_000,
    totalCores: 4,
    memoryMb: 8_192,
    diskMb: 100_000,
    networks: [],
    minDynamicPort: 20_000,
    maxDynamicPort: 32_000,
  },
  reserved: { cpuShares: 0, memoryMb: 0, diskMb: 0, ports: '' },
};
export const NODE_SECRET = SECRET;
