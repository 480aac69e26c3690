import { describe, expect, test } from '@jest/globals';
import type { Allocation, Node } from '@steppe/domain';
import { SimClock } from '@steppe/testing';
import { allocationOf } from '../testing/allocation-of.js';
import { groupOf, jobOf } from '../testing/job-of.js';
import { MemoryRegion } from '../testing/memory-region.js';
import { nodeOf } from '../testing/node-of.js';
import type { PlanParts } from '../testing/plan-of.js';
import { planOf } from '../testing/plan-of.js';
import { evaluatePlan } from './evaluate-plan.js';

const FULL = 4_000;
const pending = (id: string, changes: Parameters<typeof allocationOf>[1] = {}) =>
  allocationOf(id, { clientStatus: 'pending', ...changes });

/** What the applier says to a plan on a region with these nodes and allocations. */
function check(plan: PlanParts, allocations: readonly Allocation[] = [], nodes: readonly Partial<Node>[] = [{}]) {
  const region = new MemoryRegion(new SimClock());
  region.writeJob(jobOf({ TaskGroups: [groupOf(), groupOf({ Name: 'waits', Disconnect: { Replace: false } })] }));
  for (const [i, changes] of nodes.entries()) region.writeNode(nodeOf(`node-${i}`, changes));
  region.writeAllocations(allocations);
  const state = region.state();
  const { result, refusals } = evaluatePlan(state, planOf(plan));
  return { result, reasons: Object.fromEntries(refusals), state };
}
const reason = (...args: Parameters<typeof check>): string | undefined => check(...args).reasons['node-0'];

describe('evaluatePlan', () => {
  test('what fits is let through as it is', () => {
    const plan = { place: [pending('a')], stop: [allocationOf('b', { nodeId: 'node-1' })] };
    const { result, reasons } = check(plan, [], [{}, {}]);
    expect(reasons).toEqual({});
    expect(result).toEqual({
      nodeUpdate: planOf(plan).nodeUpdate,
      nodeAllocation: planOf(plan).nodeAllocation,
      rejectedNodes: [],
      refreshIndex: 0,
      allocIndex: 0,
    });
  });

  test('row 82: a node that is full loses its part, and the others keep theirs', () => {
    const place = [pending('a', { cpuShares: FULL }), pending('b', { nodeId: 'node-1' })];
    const stop = [allocationOf('s')];
    const { result, reasons, state } = check({ place, stop }, [allocationOf('old'), allocationOf('s')], [{}, {}]);
    expect(reasons).toEqual({ 'node-0': 'cpu' });
    expect(Object.keys(result.nodeAllocation)).toEqual(['node-1']);
    expect(result.nodeUpdate).toEqual({});
    expect(result).toMatchObject({ rejectedNodes: ['node-0'], refreshIndex: state.placementIndex });
  });

  test('row 83: of a plan that is all or nothing, nothing is left then', () => {
    const place = [pending('a', { cpuShares: FULL + 1 }), pending('b', { nodeId: 'node-1' })];
    const { result } = check({ place, allAtOnce: true }, [], [{}, {}]);
    expect(result).toMatchObject({ nodeAllocation: {}, nodeUpdate: {}, rejectedNodes: ['node-0'] });
    expect(result.refreshIndex).toBeGreaterThan(0);
  });

  test.each<[string, Parameters<typeof check>[1], Partial<Node> | undefined, number, string]>([
    ['an initializing (row 84)', [], { status: 'initializing' }, 500, 'node is not ready for placements'],
    ['an unknown (row 84)', [], undefined, 500, 'node does not exist'],
    ['a full (row 84)', [allocationOf('x', { cpuShares: 3_900 })], {}, 500, 'cpu'],
    ['a reserved', [], { reserved: { cpuShares: 3_600, memoryMb: 0, diskMb: 0, ports: '' } }, 500, 'cpu'],
    ['an ineligible', [], { schedulingEligibility: 'ineligible' }, 500, 'node is not eligible'],
    [
      'a draining (row 86)',
      [],
      { drain: { deadlineMs: 0, ignoreSystemJobs: false, startedAtMs: 0 } },
      500,
      'node is not eligible',
    ],
  ])('nothing new goes to %s node', (_name, allocations, node, cpuShares, expected) => {
    expect(reason({ place: [pending('a', { cpuShares })] }, allocations, node === undefined ? [] : [node])).toBe(
      expected,
    );
  });

  test('row 84: memory, disk and ports run out as well', () => {
    const shared = { diskMb: 300, networks: [], ports: [{ label: 'http', value: 80, to: 0, hostIp: '' }] };
    const withPort = (id: string) => pending(id, { allocatedResources: { tasks: {}, shared } });
    const large = (memoryMb: number, diskMb: number) =>
      pending('a', {
        allocatedResources: {
          tasks: { main: { cpu: { cpuShares: 1 }, memory: { memoryMb, memoryMaxMb: 0 } } },
          shared: { diskMb, networks: [], ports: [] },
        },
      });
    expect(reason({ place: [large(9_000, 1)] })).toBe('memory');
    expect(reason({ place: [large(1, 100_001)] })).toBe('disk');
    expect(reason({ place: [withPort('a')] }, [withPort('b')])).toBe('reserved alloc port collision: 80');
    expect(reason({ place: [withPort('a')] })).toBeUndefined();
  });

  test('row 85: what is there already may become another version on a node that takes nothing new, however full', () => {
    const there = allocationOf('a', { cpuShares: FULL + 1 });
    const draining = { drain: { deadlineMs: 0, ignoreSystemJobs: false, startedAtMs: 0 } };
    for (const node of [{ schedulingEligibility: 'ineligible' as const }, draining, {}]) {
      expect(reason({ place: [{ ...there, jobVersion: 1 }] }, [there], [node])).toBeUndefined();
    }
  });

  test('row 87: what the plan stops makes room, and so does what was told to stop or evicted before', () => {
    const large = allocationOf('old', { cpuShares: FULL });
    const place = [pending('new', { cpuShares: FULL })];
    expect(reason({ place }, [large])).toBe('cpu');
    expect(reason({ place, stop: [large] }, [large])).toBeUndefined();
    for (const desiredStatus of ['stop', 'evict'] as const) {
      expect(reason({ place }, [{ ...large, desiredStatus }])).toBeUndefined();
    }
    expect(reason({ place }, [{ ...large, clientStatus: 'complete' }])).toBeUndefined();
    expect(reason({ place }, [{ ...large, clientStatus: 'unknown' }])).toBe('cpu');
  });

  test('row 88: stopping is always possible', () => {
    const there = allocationOf('a');
    for (const nodes of [[{ status: 'down' as const }], []]) {
      expect(reason({ stop: [{ ...there, as: 'lost' }] }, [there], nodes)).toBeUndefined();
    }
  });

  test('row 89: on a disconnected node allocations can only become unknown', () => {
    const there = [allocationOf('a'), allocationOf('b')];
    const unknown = there.map((each) => ({ ...each, clientStatus: 'unknown' }));
    const node = [{ status: 'disconnected' as const }];
    expect(reason({ place: unknown }, there, node)).toBeUndefined();
    expect(reason({ place: [unknown[0] as Allocation, there[1] as Allocation] }, there, node)).toBe(
      'node is disconnected and contains invalid updates',
    );
  });

  test('on a node that is down they can be lost, or unknown when they are not to be replaced', () => {
    const there = allocationOf('a');
    const node = [{ status: 'down' as const }];
    const as = (clientStatus: string, taskGroup = 'front') => ({ ...there, clientStatus, taskGroup });
    expect(reason({ place: [as('lost')] }, [there], node)).toBeUndefined();
    expect(reason({ place: [as('unknown', 'waits')] }, [there], node)).toBeUndefined();
    expect(reason({ place: [as('unknown')] }, [there], node)).toBe('node is down and contains invalid updates');
    expect(reason({ place: [as('running')] }, [there], node)).toBe('node is down and contains invalid updates');
  });

  test('what has ended can be noted on any node', () => {
    const ended = allocationOf('a', { clientStatus: 'failed' });
    const place = [{ ...ended, followupEvalId: 'e2' }];
    expect(reason({ place }, [ended], [{ status: 'down' }])).toBeUndefined();
  });

  test('no name is given out twice, by a plan that knows nothing of the other one', () => {
    const first = allocationOf('a', { name: 'web.front[0]', nodeId: 'node-1' });
    const second = pending('b', { name: 'web.front[0]' });
    expect(reason({ place: [second] }, [first], [{}, {}])).toBe('allocation "web.front[0]" is there already');
    expect(reason({ place: [second], stop: [first] }, [first], [{}, {}])).toBeUndefined();
    expect(reason({ place: [second] }, [{ ...first, clientStatus: 'unknown' }], [{}, {}])).toBeUndefined();
    expect(
      reason({ place: [{ ...second, jobType: 'system' }] }, [{ ...first, jobType: 'system' }], [{}, {}]),
    ).toBeUndefined();
  });

  test('what is to be replaced and stays after all, for its node is refused, is not replaced elsewhere', () => {
    const old = allocationOf('old', { name: 'web.front[0]' });
    const place = [
      pending('replacement', { name: 'web.front[0]', nodeId: 'node-1' }),
      pending('too-large', { name: 'web.front[1]', cpuShares: FULL + 1 }),
    ];
    const { reasons } = check({ place, stop: [old] }, [old], [{}, {}]);
    expect(reasons).toEqual({ 'node-0': 'cpu', 'node-1': 'allocation "web.front[0]" is there already' });
  });
});
