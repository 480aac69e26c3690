import { describe, expect, test } from '@jest/globals';
import type { Allocation, Job, Node, SchedulerConfiguration } from '@steppe/domain';
import { SimClock } from '@steppe/testing';
import fc from 'fast-check';
import { candidateNodes } from '../placement/candidate-nodes.js';
import type { SelectOptions } from '../placement/node-stack.js';
import { NodeStack } from '../placement/node-stack.js';
import { PlacementContext } from '../placement/placement-context.js';
import { allocationOf } from '../testing/allocation-of.js';
import { groupOf, jobOf } from '../testing/job-of.js';
import { MemoryRegion } from '../testing/memory-region.js';
import { nodeOf } from '../testing/node-of.js';
import { binpackFit, spreadFit } from './fit-score.js';
import { takeLimited } from './limited.js';
import { EvaluationRandom } from './seeded-order.js';

interface Given {
  readonly job?: Job;
  readonly nodes: Readonly<Record<string, Partial<Node>>>;
  readonly allocations?: readonly Allocation[];
  /** What the plan has placed already. */
  readonly planned?: readonly Allocation[];
  readonly configuration?: Partial<SchedulerConfiguration>;
  readonly options?: SelectOptions;
}

/** Finds a node for the first group of a job. @returns it, and the scores of all that were looked at */
function select({ job = jobOf(), nodes, allocations = [], planned = [], configuration = {}, options = {} }: Given) {
  const region = new MemoryRegion(new SimClock());
  region.writeJob(job);
  for (const [id, changes] of Object.entries(nodes)) region.writeNode(nodeOf(id, changes));
  region.writeAllocations(allocations);
  region.configure(configuration);
  const state = region.state();
  const context = new PlacementContext(state, job);
  for (const allocation of planned) context.place(allocation);
  const random = new EvaluationRandom('e1', state.index);
  const stack = new NodeStack({ job, candidates: candidateNodes(state, job) }, { context, random });
  const [group] = job.taskGroups;
  if (group === undefined) throw new Error('the job has no group');
  const { node, metric } = stack.select(group, options);
  const scores = Object.fromEntries(metric.scoreMetaData.map(({ nodeId, scores: each }) => [nodeId, each]));
  return { chosen: node?.id, metric, scores };
}

const sized = (total: number, reserved: number): Partial<Node> => ({
  resources: { ...nodeOf('x').resources, cpuShares: total, memoryMb: total },
  reserved: { cpuShares: reserved, memoryMb: reserved, diskMb: 0, ports: '' },
});
const asking = (size: number) => jobOf({ TaskGroups: [groupOf({}, { Resources: { CPU: size, MemoryMB: size } })] });
const of = (id: string, nodeId: string): Allocation => allocationOf(id, { nodeId, cpuShares: 1 });
const HALF = { cpuShares: 500, memoryMb: 500, diskMb: 0 };
const WHOLE = { cpuShares: 1_000, memoryMb: 1_000, diskMb: 0 };
const NOTHING = { cpuShares: 0, memoryMb: 0, diskMb: 0 };

describe('how full a node would be', () => {
  test('row 96: the fullest that still has room is best', () => {
    const nodes = { tight: sized(2_048, 1_024), small: sized(1_024, 512), wide: sized(4_096, 1_024) };
    const { chosen, scores } = select({ job: asking(1_024), nodes });
    expect(chosen).toBe('tight');
    expect(scores['tight']?.['normalized-score']).toBe(1);
    expect(scores['wide']?.['normalized-score']).toBeCloseTo(0.595, 3);
    const { metric } = select({ job: asking(1_024), nodes: { small: nodes.small } });
    expect(metric).toMatchObject({ nodesEvaluated: 1, nodesExhausted: 1, dimensionExhausted: { cpu: 1 } });
  });

  test.each([
    ['half used', HALF, 13.675, 4.325],
    ['full', WHOLE, 18, 0],
    ['empty', NOTHING, 0, 18],
  ])('row 97: %s', (_name, used, binpack, spread) => {
    expect(binpackFit(used, WHOLE)).toBeCloseTo(binpack, 3);
    expect(spreadFit(used, WHOLE)).toBeCloseTo(spread, 3);
  });

  test('row 97: filling up and spreading out are opposites', () => {
    const amount = fc.integer({ min: 0, max: 1_000 });
    fc.assert(
      fc.property(amount, amount, (cpuShares, memoryMb) => {
        const used = { cpuShares, memoryMb, diskMb: 0 };
        expect(binpackFit(used, WHOLE) + spreadFit(used, WHOLE)).toBeCloseTo(18, 9);
      }),
    );
  });

  test('the region can ask for emptier nodes instead', () => {
    const nodes = { tight: sized(2_048, 1_024), wide: sized(4_096, 1_024) };
    expect(select({ job: asking(1_000), nodes, configuration: { algorithm: 'spread' } }).chosen).toBe('wide');
  });
});

describe('what else counts', () => {
  const plain = (Count: number, group: object = {}, job: object = {}) =>
    jobOf({ ...job, TaskGroups: [groupOf({ Count, ...group })] });

  test('row 98: allocations of a group shun one another', () => {
    const two = [of('1', 'a'), of('2', 'a')];
    const other = allocationOf('x', { jobId: 'other', nodeId: 'b' });
    for (const given of [{ allocations: [...two, other] }, { allocations: [other], planned: two }]) {
      const { scores, chosen } = select({ job: plain(4), nodes: { a: {}, b: {} }, ...given });
      expect(scores['a']?.['job-anti-affinity']).toBe(-0.75);
      expect(scores['b']?.['job-anti-affinity']).toBe(0);
      expect(chosen).toBe('b');
    }
  });

  test('row 99: a spread with shares prefers what is furthest from its share', () => {
    const Spreads = [{ Attribute: '${node.datacenter}', Weight: 100, SpreadTarget: [{ Value: 'dc1', Percent: 80 }] }];
    const { scores } = select({
      job: plain(10, {}, { Spreads }),
      nodes: { one: {}, two: { datacenter: 'dc2' } },
      allocations: [of('1', 'one'), of('2', 'one')],
    });
    expect(scores['one']?.['allocation-spread']).toBeCloseTo(0.625);
    expect(scores['two']?.['allocation-spread']).toBeCloseTo(0.5);
  });

  test('an even spread prefers what has least', () => {
    const spread = (allocations: readonly Allocation[]) => {
      const Spreads = [{ Attribute: '${meta.rack}' }];
      const rack = (value: string) => ({ meta: { rack: value } });
      const nodes = { a: rack('1'), b: rack('2'), c: {} };
      const { scores } = select({ job: plain(6, {}, { Spreads }), nodes, allocations });
      return ['a', 'b', 'c'].map((id) => scores[id]?.['allocation-spread'] ?? 0);
    };
    expect(spread([])).toEqual([0, 0, -1]);
    expect(spread([of('1', 'a')])).toEqual([-1, 1, -1]);
    expect(spread([of('1', 'a'), of('2', 'b')])).toEqual([-1, -1, -1]);
    expect(spread([of('1', 'a'), of('2', 'b'), of('3', 'b')])).toEqual([1, -1, -1]);
  });

  test('affinities pull and push by their weights', () => {
    const Affinities = [
      { LTarget: '${node.class}', RTarget: 'good', Operand: '=', Weight: 60 },
      { LTarget: '${node.class}', RTarget: 'bad', Operand: '=', Weight: -40 },
    ];
    const nodes = { good: { nodeClass: 'good' }, bad: { nodeClass: 'bad' }, plain: {} };
    const { scores, chosen } = select({ job: plain(1, {}, { Affinities }), nodes });
    expect(['good', 'bad', 'plain'].map((id) => scores[id]?.['node-affinity'])).toEqual([0.6, -0.4, 0]);
    expect(chosen).toBe('good');
  });

  test('nodes on which it failed before come last', () => {
    const { scores, chosen } = select({ nodes: { a: {}, b: {} }, options: { penaltyNodes: new Set(['a']) } });
    expect(scores['a']?.['node-reschedule-penalty']).toBe(-1);
    expect(chosen).toBe('b');
  });

  test('ports are given out once, those that were asked for by number as well', () => {
    const Networks = [{ ReservedPorts: [{ Label: 'http', Value: 80 }], DynamicPorts: [{ Label: 'rpc', To: -1 }] }];
    const ports = [{ label: 'x', value: 80, to: 0, hostIp: '' }];
    const taken = allocationOf('x', {
      nodeId: 'a',
      allocatedResources: { tasks: {}, shared: { diskMb: 0, networks: [], ports } },
    });
    const range = { resources: { ...nodeOf('x').resources, minDynamicPort: 20_000, maxDynamicPort: 20_000 } };
    const job = plain(1, { Networks });
    const { chosen, metric } = select({ job, nodes: { a: {}, b: range }, allocations: [taken] });
    expect(chosen).toBe('b');
    expect(metric.dimensionExhausted).toEqual({ 'network: reserved port collision http=80': 1 });
    const none = { ...range, reserved: { cpuShares: 0, memoryMb: 0, diskMb: 0, ports: '22,20000-20010' } };
    expect(select({ job, nodes: { a: none } }).metric.dimensionExhausted).toEqual({
      'network: dynamic port selection failed': 1,
    });
  });

  test('so many nodes are looked at as their number and the type ask for', () => {
    const nodes = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`n${i}`, {}]));
    const seen = (job: Job) => select({ job, nodes }).metric.nodesEvaluated;
    expect(seen(plain(1))).toBe(6);
    expect(seen(plain(1, {}, { Type: 'batch' }))).toBe(2);
    expect(seen(plain(1, {}, { Spreads: [{ Attribute: '${node.datacenter}' }] }))).toBe(64);
  });
});

describe('takeLimited', () => {
  const take = (scores: readonly number[]) =>
    takeLimited(
      scores.map((score) => ({ score })),
      { limit: 2, threshold: -1, maxSkipped: 2 },
    ).map(({ score }) => score);

  test('row 100: a low one waits for better ones, and is used when there are not enough', () => {
    expect(take([-1, 5])).toEqual([5, -1]);
  });

  test('row 101: only so many are set aside', () => {
    expect(take([-1, -6, -3, -4])).toEqual([-3, -4]);
  });
});

test('an order depends on the evaluation and the state, and on nothing else', () => {
  const items = Array.from({ length: 20 }, (_, i) => i);
  const order = (id: string, index: number) => new EvaluationRandom(id, index).shuffled(items).join();
  const a = '11111111-1111-4111-8111-0123456789ab';
  expect(order(a, 7)).toBe(order(a, 7));
  expect(order(a, 7)).not.toBe(order(a, 8));
  expect(order(a, 7)).not.toBe(order('11111111-1111-4111-8111-0123456789ac', 7));
});
