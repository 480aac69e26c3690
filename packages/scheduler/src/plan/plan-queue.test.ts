import { describe, expect, test } from '@jest/globals';
import type { Plan, PlanResult } from '@steppe/domain';
import { PlanQueue } from './plan-queue.js';

const planOf = (evalId: string, priority = 50): Plan => ({
  evalId,
  evalToken: 'token',
  priority,
  snapshotIndex: 1,
  allAtOnce: false,
  job: { namespace: 'default', id: 'web' },
  nodeUpdate: {},
  nodeAllocation: {},
});
const RESULT: PlanResult = { nodeUpdate: {}, nodeAllocation: {}, rejectedNodes: [], refreshIndex: 0, allocIndex: 7 };

describe('PlanQueue', () => {
  test('row 80: plans come by priority, then by age, and who submitted one learns what became of it', async () => {
    const queue = new PlanQueue();
    queue.setEnabled(true);
    const plans = [planOf('p10', 10), planOf('p30', 30), planOf('p20', 20), planOf('p20-later', 20)];
    const answers = plans.map((plan) => queue.submit(plan));
    expect(queue.depth).toBe(4);
    const order = [];
    for (let i = 0; i < 4; i += 1) {
      const pending = await queue.take();
      order.push(pending?.plan.evalId);
      pending?.resolve({ ...RESULT, allocIndex: i });
    }
    expect(order).toEqual(['p30', 'p20', 'p20-later', 'p10']);
    expect((await Promise.all(answers)).map(({ allocIndex }) => allocIndex)).toEqual([3, 0, 1, 2]);
  });

  test('an applier that waits gets the next plan', async () => {
    const queue = new PlanQueue();
    queue.setEnabled(true);
    const next = queue.take();
    void queue.submit(planOf('a'));
    expect((await next)?.plan.evalId).toBe('a');
    expect(queue.depth).toBe(0);
  });

  test('row 79: a queue that is disabled refuses plans, tells those who wait and lets the applier go', async () => {
    const queue = new PlanQueue();
    await expect(queue.submit(planOf('a'))).rejects.toThrow('plan queue is disabled');
    expect(await queue.take()).toBeUndefined();
    queue.setEnabled(true);
    const waiting = queue.submit(planOf('b'));
    queue.setEnabled(false);
    await expect(waiting).rejects.toThrow('plan queue flushed');
    queue.setEnabled(true);
    const applier = queue.take();
    queue.setEnabled(false);
    expect(await applier).toBeUndefined();
  });
});
