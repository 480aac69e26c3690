import type { Allocation, Evaluation, Node } from '@steppe/domain';
import type { Layer } from '@steppe/config';
import { ALLOCATION_WIRE, EVALUATION_WIRE } from '@steppe/domain';
import { HttpRouteContribution } from '@steppe/agent/di';
import type { StateStore, Unindexed } from '@steppe/state';
import { ALLOCATIONS, EVALUATIONS, JOB_VERSIONS, JOBS } from '@steppe/state';
import { StateStore as StateStoreToken } from '@steppe/state/di';
import { ContainerModule } from 'inversify';
import type { TestAgent, TestAgentOptions } from './test-agent.js';
import { startServerAgent } from './test-agent.js';

export interface SchedulingAgent extends TestAgent {
  /** The region's state, for what schedulers and nodes would write. */
  readonly state: StateStore;
  put(path: string, body?: unknown, token?: string): Promise<Awaited<ReturnType<TestAgent['request']>>>;
  /** The answer of a read that must succeed. */
  get<T>(path: string, token?: string): Promise<T>;
  /** Grows with every write about jobs, whatever else servers write by themselves. */
  jobsIndex(): number;
  placeAllocation(changes: Partial<Allocation>): Promise<Allocation>;
  placeEvaluation(changes: Partial<Evaluation>): Promise<Evaluation>;
}

/** Nobody takes evaluations, so that they stay as they were written. */
const NO_WORKERS: Layer = { server: { enabled: true, bootstrapExpect: 1, numSchedulers: 0 } };

/** A server with jobs that nobody schedules; the test writes into its state what schedulers and nodes would. */
export async function startSchedulingAgent(options: TestAgentOptions = {}): Promise<SchedulingAgent> {
  let state: StateStore | undefined;
  const capture = new ContainerModule(({ bind }) => {
    bind(HttpRouteContribution).toResolvedValue(
      (store: StateStore) => {
        state = store;
        return { routes: [] };
      },
      [StateStoreToken],
    );
  });
  const agent = await startServerAgent({
    settings: NO_WORKERS,
    ...options,
    modules: [...(options.modules ?? []), capture],
  });
  const store = state as unknown as StateStore;
  const withToken = (token: string | undefined) => (token === undefined ? {} : { token });
  return {
    ...agent,
    state: store,
    put: (path, body, token) =>
      agent.request(path, {
        method: 'PUT',
        ...withToken(token),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    get: async <T>(path: string, token?: string): Promise<T> => {
      const reply = await agent.request(path, withToken(token));
      if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${reply.text}`);
      return reply.json();
    },
    jobsIndex: () => {
      const snapshot = store.snapshot();
      return Math.max(...[JOBS, JOB_VERSIONS, EVALUATIONS, ALLOCATIONS].map((table) => snapshot.tableIndex(table)));
    },
    placeAllocation: async (changes) => {
      const row = {
        ...ALLOCATION_WIRE.empty,
        namespace: 'default',
        desiredStatus: 'run',
        jobModifyIndex: 0,
        ...changes,
      };
      await store.transact((tx) => tx.put(ALLOCATIONS, row));
      return store.snapshot().get(ALLOCATIONS, row.id) as Allocation;
    },
    placeEvaluation: async (changes) => {
      const row = { ...EVALUATION_WIRE.empty, namespace: 'default', type: 'service', ...changes };
      await store.transact((tx) => tx.put(EVALUATIONS, row));
      return store.snapshot().get(EVALUATIONS, row.id) as Evaluation;
    },
  };
}

/** A job that a region takes. */
export const jobOf = (id: string, changes: object = {}) => ({
  ID: id,
  TaskGroups: [
    { Name: 'front', Count: 2, Tasks: [{ Name: 'main', Driver: 'raw_exec', Config: { command: 'sleep' } }] },
  ],
  ...changes,
});

/** A UUID that ends in a number. */
export const uuidOf = (n: number): string => `00000000-0000-4000-8000-${`${n}`.padStart(12, '0')}`;

/** A node that is ready for work. */
export const nodeOf = (id: string, changes: Partial<Node> = {}): Unindexed<Node> => ({
  id,
  datacenter: 'dc1',
  name: `node-${id.slice(-2)}`,
  nodeClass: '',
  nodePool: 'default',
  httpAddress: '127.0.0.1:4646',
  tlsEnabled: false,
  attributes: { 'kernel.name': 'linux', 'driver.raw_exec': '1' },
  meta: {},
  drivers: {
    raw_exec: { attributes: {}, detected: true, healthy: true, healthDescription: 'Healthy', updateTimeMs: 0 },
  },
  resources: {
    cpuShares: 4_000,
    totalCores: 4,
    memoryMb: 8_192,
    diskMb: 10_000,
    networks: [{ device: 'eth0', ip: '10.0.0.1', cidr: '10.0.0.1/32', mbits: 1_000 }],
    minDynamicPort: 20_000,
    maxDynamicPort: 32_000,
  },
  reserved: { cpuShares: 0, memoryMb: 0, diskMb: 0, ports: '' },
  status: 'ready',
  statusDescription: '',
  statusUpdatedAt: 0,
  schedulingEligibility: 'eligible',
  computedClass: 'v1:test',
  events: [],
  ...changes,
});
