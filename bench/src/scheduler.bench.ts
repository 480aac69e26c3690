// What the broker does per second when much waits in it, against when little does; and how many allocations a scheduler places
// per second in a large region that is half full.
import type { Allocation, Evaluation } from '@steppe/domain';
import { canonicalJob, DEFAULT_SCHEDULER_CONFIGURATION, EVALUATION_WIRE, JOB_WIRE } from '@steppe/domain';
import { SystemClock, SystemRandom } from '@steppe/runtime';
import type { DraftPlan, Planner, SchedulingState } from '@steppe/scheduler';
import { EvalBroker, GenericScheduler } from '@steppe/scheduler';
import { SeededRandom } from '@steppe/testing';
import { allocation, ALLOCATIONS, node, NODES } from './large-region.js';
import { median, table } from './statistics.js';

const WAITING = [100, 100_000];
const OPERATIONS = 50_000;
const ROUNDS = 5;
const PLACED = 1_000;
const BROKER_BUDGET = 100_000;

const clock = new SystemClock();
const { signal } = new AbortController();
const count = (value: number): string => Math.round(value).toLocaleString('en-US');

function evaluation(id: number): Evaluation {
  return {
    ...EVALUATION_WIRE.empty,
    id: `eval-${id}`,
    namespace: 'default',
    jobId: `job-${id}`,
    type: 'service',
    priority: 1 + ((id * 7_919) % 100),
    triggeredBy: 'job-register',
    status: 'pending',
    createIndex: id,
    modifyIndex: id,
  };
}

/** Evaluations per second that go in, out to a worker and are acked, while so many wait. */
async function brokerRate(waiting: number): Promise<number> {
  const broker = new EvalBroker({}, { clock, random: new SystemRandom() });
  broker.setEnabled(true);
  const more = Array.from({ length: OPERATIONS }, (_, i) => evaluation(waiting + i));
  for (let i = 0; i < waiting; i += 1) broker.enqueue(evaluation(i));
  const startedMs = clock.monotonic();
  for (const each of more) {
    broker.enqueue(each);
    const delivery = await broker.dequeue(['service'], { timeoutMs: 1, signal });
    if (delivery === undefined) throw new Error('nothing is ready');
    await broker.ack(delivery.evaluation.id, delivery.token);
  }
  const seconds = (clock.monotonic() - startedMs) / 1_000;
  if (broker.stats().ready !== waiting) throw new Error('an evaluation was lost');
  broker.setEnabled(false);
  return OPERATIONS / seconds;
}

/** A region of {@link NODES} nodes with {@link ALLOCATIONS} allocations, and one job that wants more. */
function largeState(group: object): SchedulingState {
  const nodes = new Map(Array.from({ length: NODES }, (_, i) => [`node-${i}`, node(i)]));
  const byNode = new Map<string, Allocation[]>();
  for (let i = 0; i < ALLOCATIONS; i += 1) {
    const each = allocation(i);
    byNode.set(each.nodeId, [...(byNode.get(each.nodeId) ?? []), each]);
  }
  const task = { Name: 'main', Driver: 'raw_exec', Resources: { CPU: 500, MemoryMB: 256 } };
  const groups = [{ Name: 'front', Count: PLACED, Tasks: [task], ...group }];
  const job = canonicalJob(JOB_WIRE.decode({ ID: 'web', Datacenters: ['dc*'], TaskGroups: groups }, 'Job'), {
    priority: 50,
    region: 'global',
  });
  return {
    index: 1_000,
    placementIndex: 1_000,
    configuration: DEFAULT_SCHEDULER_CONFIGURATION,
    job: () => job,
    jobVersion: () => job,
    evaluation: () => undefined,
    node: (id) => nodes.get(id),
    nodes: () => nodes.values(),
    allocationsOfJob: () => [],
    allocationsOfNode: (id) => byNode.get(id) ?? [],
  };
}

/** Allocations placed per second by one evaluation. */
async function placementRate(state: SchedulingState, round: number): Promise<number> {
  let planned = 0;
  const planner: Planner = {
    state,
    submitPlan: async (plan: DraftPlan) => {
      planned = Object.values(plan.nodeAllocation).flat().length;
      const { nodeUpdate, nodeAllocation } = plan;
      return {
        result: { nodeUpdate, nodeAllocation, rejectedNodes: [], refreshIndex: 0, allocIndex: 1 },
        newState: undefined,
      };
    },
    updateEval: async () => undefined,
    createEval: async () => undefined,
    reblockEval: async () => undefined,
  };
  const scheduler = new GenericScheduler({ type: 'service' }, { clock, random: new SeededRandom(round) });
  const startedMs = clock.monotonic();
  await scheduler.process({ ...evaluation(round), jobId: 'web' }, planner);
  const seconds = (clock.monotonic() - startedMs) / 1_000;
  if (planned !== PLACED) throw new Error(`placed ${planned} of ${PLACED}`);
  return planned / seconds;
}

const GROUPS: Readonly<Record<string, object>> = {
  binpack: {},
  'binpack, a constraint and two ports': {
    Constraints: [{ LTarget: '${attr.kernel.name}', RTarget: 'linux', Operand: '=' }],
    Networks: [{ DynamicPorts: [{ Label: 'a' }, { Label: 'b' }] }],
  },
  'binpack, spread over racks': { Spreads: [{ Attribute: '${attr.rack}' }] },
};

/** @returns its section of the report */
export async function run(): Promise<string> {
  const rates: number[] = [];
  for (const waiting of WAITING) {
    const rounds: number[] = [];
    for (let i = 0; i < ROUNDS; i += 1) rounds.push(await brokerRate(waiting));
    rates.push(median(rounds));
  }
  const [baseline = Number.NaN] = rates;
  const brokerRows = WAITING.map((waiting, i) => {
    const rate = rates[i] ?? Number.NaN;
    return [count(waiting), count(rate), (rate / baseline).toFixed(2), rate >= BROKER_BUDGET ? 'yes' : 'no'];
  });
  const placementRows: string[][] = [];
  for (const [name, group] of Object.entries(GROUPS)) {
    const state = largeState(group);
    const rounds: number[] = [];
    for (let i = 0; i < ROUNDS; i += 1) rounds.push(await placementRate(state, i));
    placementRows.push([name, count(median(rounds))]);
  }
  return [
    `Evaluations enqueued, dequeued and acked per second on one thread (budget: ${count(BROKER_BUDGET)} with 100,000 waiting).`,
    table(['waiting', 'per second', 'ratio', 'within budget'], brokerRows),
    `Allocations placed per second on one thread: a service job that wants ${count(PLACED)}, in a region of ${count(NODES)} nodes with ${count(ALLOCATIONS)} allocations.`,
    table(['placing', 'per second'], placementRows),
  ].join('\n\n');
}
