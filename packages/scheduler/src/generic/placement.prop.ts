import { expect, test } from '@jest/globals';
import { isTerminalAllocation } from '@steppe/domain';
import fc from 'fast-check';
import { capacityOf, exhaustedDimension, usedBy } from '../resources/node-fit.js';
import { groupOf, jobOf } from '../testing/job-of.js';
import { nodeOf } from '../testing/node-of.js';
import { SchedulerHarness } from '../testing/scheduler-harness.js';

const size = fc.record({
  cpuShares: fc.integer({ min: 500, max: 4_000 }),
  memoryMb: fc.integer({ min: 256, max: 4_096 }),
});
const job = fc.record({
  type: fc.constantFrom('service', 'batch', 'system', 'sysbatch'),
  count: fc.integer({ min: 0, max: 5 }),
  cpu: fc.integer({ min: 100, max: 1_500 }),
  memory: fc.integer({ min: 64, max: 1_024 }),
  ports: fc.boolean(),
  spread: fc.boolean(),
  distinct: fc.boolean(),
  stop: fc.boolean(),
});
type JobShape = typeof job extends fc.Arbitrary<infer T> ? T : never;
const step = fc.oneof(
  fc.record({ kind: fc.constant('submit' as const), id: fc.integer({ min: 0, max: 3 }), job }),
  fc.record({
    kind: fc.constant('node' as const),
    node: fc.nat(),
    status: fc.constantFrom('ready' as const, 'down' as const, 'disconnected' as const, 'initializing' as const),
  }),
  fc.record({
    kind: fc.constant('report' as const),
    allocation: fc.nat(),
    as: fc.constantFrom('running', 'complete', 'failed'),
  }),
);
const cluster = fc.record({
  seed: fc.nat(),
  sizes: fc.array(size, { maxLength: 6 }),
  steps: fc.array(step, { maxLength: 25 }),
});
type Cluster = typeof cluster extends fc.Arbitrary<infer T> ? T : never;

function realJob(id: string, shape: JobShape) {
  const isSystem = shape.type === 'system' || shape.type === 'sysbatch';
  const group = {
    Count: isSystem ? Math.min(shape.count, 2) : shape.count,
    ...(shape.ports
      ? { Networks: [{ DynamicPorts: [{ Label: 'a' }], ReservedPorts: [{ Label: 'b', Value: 8_080 }] }] }
      : {}),
    ...(shape.spread && !isSystem ? { Spreads: [{ Attribute: '${node.unique.name}' }] } : {}),
    ...(shape.distinct ? { Constraints: [{ Operand: 'distinct_hosts' }] } : {}),
    ...(shape.type === 'service' ? { Disconnect: { LostAfter: 60_000_000_000 } } : {}),
  };
  const task = { Resources: { CPU: shape.cpu, MemoryMB: shape.memory } };
  return { ...jobOf({ ID: id, Type: shape.type, TaskGroups: [groupOf(group, task)] }), stop: shape.stop };
}

/** Lives through a cluster's steps, evaluating all jobs after each. */
async function live(
  { seed, sizes, steps }: Cluster,
  afterEach: (harness: SchedulerHarness) => void,
): Promise<SchedulerHarness> {
  const harness = new SchedulerHarness({ seed });
  for (const [i, resources] of sizes.entries()) {
    harness.node(`node-${i}`, { resources: { ...nodeOf('x').resources, ...resources } });
  }
  const jobs = new Map<string, string>();
  for (const current of steps) {
    if (current.kind === 'submit') {
      const submitted = harness.job(realJob(`job-${current.id}`, current.job));
      jobs.set(submitted.id, submitted.type);
    } else if (current.kind === 'node') {
      if (sizes.length > 0) harness.node(`node-${current.node % sizes.length}`, { status: current.status });
    } else {
      const all = harness.region.allocations().filter((each) => !isTerminalAllocation(each));
      const told = all[current.allocation % all.length];
      if (told !== undefined) harness.end([told], current.as);
    }
    for (const [jobId, type] of jobs) await harness.process({ jobId, type, triggeredBy: 'node-update' });
    afterEach(harness);
  }
  return harness;
}

test('whatever happens to a cluster, its nodes are never over capacity, names are unique, and stopped jobs have nothing', async () => {
  await fc.assert(
    fc.asyncProperty(cluster, (given) =>
      live(given, ({ region }) => {
        const state = region.state();
        const present = region.allocations().filter((each) => !isTerminalAllocation(each));
        for (const node of state.nodes()) {
          const there = present.filter(({ nodeId }) => nodeId === node.id);
          expect(exhaustedDimension(usedBy(there), capacityOf(node))).toBeUndefined();
          const ports = there.flatMap(({ allocatedResources }) => allocatedResources?.shared?.ports ?? []);
          expect(new Set(ports.map(({ value }) => value)).size).toBe(ports.length);
        }
        const places = present
          .filter(({ clientStatus }) => clientStatus !== 'unknown')
          .map(({ name, nodeId, jobType }) => (jobType.startsWith('sys') ? `${name} ${nodeId}` : name));
        expect(places.length).toBe(new Set(places).size);
        for (const { namespace, jobId } of present) expect(state.job(namespace, jobId)?.stop).toBe(false);
      }).then(() => undefined),
    ),
    { numRuns: 150 },
  );
});

test('what has been done need not be done again', async () => {
  await fc.assert(
    fc.asyncProperty(cluster, async (given) => {
      const harness = await live(given, () => undefined);
      const plans = harness.plans.length;
      for (const { jobId, type } of new Map(harness.region.evaluations().map((each) => [each.jobId, each])).values()) {
        await harness.process({ jobId, type, triggeredBy: 'node-update' });
      }
      const again = harness.plans.slice(plans);
      // An update that may not touch all at once goes on with the next ones.
      const isUpdate = again.every(({ nodeUpdate }) =>
        Object.values(nodeUpdate)
          .flat()
          .every(({ desiredDescription }) => desiredDescription.includes('updated')),
      );
      expect(again.length === 0 || isUpdate).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('the same cluster and the same chance give the same plans', async () => {
  await fc.assert(
    fc.asyncProperty(cluster, async (given) => {
      const [one, other] = await Promise.all([live(given, () => undefined), live(given, () => undefined)]);
      expect(one.plans).toEqual(other.plans);
    }),
    { numRuns: 40 },
  );
});
