import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ALLOCATION_WIRE } from '@steppe/domain';
import type { SchedulerContribution } from '@steppe/scheduler';
import { ServiceScheduler } from '@steppe/scheduler/di';
import { NODES } from '@steppe/state';
import { eventually } from '@steppe/testing';
import { ContainerModule } from 'inversify';
import type { SchedulingAgent } from './scheduling-agent.js';
import { jobOf, nodeOf, startSchedulingAgent, uuidOf } from './scheduling-agent.js';

const NODE = uuidOf(1);

/** Has for the node what it has no room for. */
const greedy: SchedulerContribution = {
  type: 'service',
  process: async (evaluation, planner) => {
    const job = planner.state.job(evaluation.namespace, evaluation.jobId);
    if (job === undefined) throw new Error('the job is gone');
    const { namespace, id, priority, modifyIndex } = job;
    const tooMuch = {
      ...ALLOCATION_WIRE.empty,
      id: uuidOf(modifyIndex),
      namespace,
      nodeId: NODE,
      jobId: id,
      jobModifyIndex: job.jobModifyIndex,
      allocatedResources: {
        tasks: { main: { cpu: { cpuShares: 1_000_000 }, memory: { memoryMb: 1, memoryMaxMb: 0 } } },
        shared: { diskMb: 0, networks: [], ports: [] },
      },
    };
    const plan = { priority, allAtOnce: false, job: { namespace, id }, nodeUpdate: {} };
    await planner.submitPlan({ ...plan, nodeAllocation: { [NODE]: [tooMuch] } });
    await planner.updateEval({ ...evaluation, status: 'complete' });
  },
};

let agent: SchedulingAgent;
beforeAll(async () => {
  agent = await startSchedulingAgent({
    settings: {
      server: {
        enabled: true,
        bootstrapExpect: 1,
        numSchedulers: 1,
        planRejectionTracker: { enabled: true, nodeThreshold: 2, nodeWindowMs: 300_000 },
      },
    },
    modules: [new ContainerModule(({ rebind }) => void rebind(ServiceScheduler).toConstantValue(greedy))],
  });
  await agent.state.transact((tx) => tx.put(NODES, nodeOf(NODE)));
});
afterAll(() => agent.stop());

/** Has one more plan refused. */
async function register(id: string): Promise<void> {
  const { EvalID } = (await agent.put('/v1/jobs', { Job: jobOf(id) })).json() as { EvalID: string };
  await eventually(10_000, async () => {
    expect(await agent.get(`/v1/evaluation/${EvalID}`)).toMatchObject({ Status: 'complete' });
  });
}

test('a node that refuses plan after plan gets no more work, and says why', async () => {
  await register('first');
  expect(await agent.get(`/v1/node/${NODE}`)).toMatchObject({ SchedulingEligibility: 'eligible' });
  await register('second');
  await eventually(10_000, async () => {
    expect(await agent.get(`/v1/node/${NODE}`)).toMatchObject({
      SchedulingEligibility: 'ineligible',
      Events: [{ Message: 'Node marked as ineligible for scheduling due to multiple plan rejections' }],
    });
  });
});
