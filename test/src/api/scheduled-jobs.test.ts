import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ALLOCATIONS, EVALUATIONS, NODES } from '@steppe/state';
import { eventually } from '@steppe/testing';
import type { SchedulingAgent } from './scheduling-agent.js';
import { jobOf, nodeOf, startSchedulingAgent, uuidOf } from './scheduling-agent.js';

interface Eval {
  readonly ID: string;
  readonly Status: string;
  readonly BlockedEval?: string;
  readonly QueuedAllocations?: Readonly<Record<string, number>>;
}
interface Alloc {
  readonly ID: string;
  readonly Name: string;
  readonly DesiredStatus: string;
  readonly ClientStatus: string;
}

let agent: SchedulingAgent;
beforeAll(async () => {
  agent = await startSchedulingAgent({
    settings: { server: { enabled: true, bootstrapExpect: 1, numSchedulers: 1 } },
  });
  await agent.state.transact((tx) => tx.put(NODES, nodeOf(uuidOf(1))));
});
afterAll(() => agent.stop());

const processed = async (EvalID: string): Promise<Eval> => {
  let evaluation: Eval | undefined;
  await eventually(10_000, async () => {
    evaluation = await agent.get<Eval>(`/v1/evaluation/${EvalID}`);
    expect(evaluation.Status).not.toBe('pending');
  });
  return evaluation as Eval;
};
const register = async (job: object): Promise<Eval> => {
  const { EvalID } = (await agent.put('/v1/jobs', { Job: job })).json() as { EvalID: string };
  return processed(EvalID);
};

test('a job is placed, shown, stopped and collected', async () => {
  const evaluation = await register(jobOf('web'));
  expect(evaluation).toMatchObject({ Status: 'complete' });
  const allocations = await agent.get<readonly Alloc[]>(`/v1/evaluation/${evaluation.ID}/allocations`);
  expect(allocations.map(({ Name }) => Name).toSorted()).toEqual(['web.front[0]', 'web.front[1]']);
  expect(allocations).toMatchObject(allocations.map(() => ({ DesiredStatus: 'run', ClientStatus: 'pending' })));
  expect(await agent.get('/v1/job/web')).toMatchObject({ Status: 'running' });
  expect(await agent.get('/v1/job/web/summary')).toMatchObject({ Summary: { front: { Starting: 2, Queued: 0 } } });
  expect(await agent.get(`/v1/allocation/${allocations[0]?.ID}`)).toMatchObject({
    Job: { ID: 'web' },
    AllocatedResources: { Tasks: { main: { Cpu: { CpuShares: 100 } } } },
    Resources: { CPU: 100, MemoryMB: 300 },
    Metrics: { NodesEvaluated: 1 },
  });

  // The second one replaces the first.
  const stop = (await agent.put(`/v1/allocation/${allocations[0]?.ID}/stop`)).json() as { EvalID: string };
  await processed(stop.EvalID);
  const replaced = await agent.get<readonly Alloc[]>('/v1/job/web/allocations');
  expect(replaced.map(({ DesiredStatus }) => DesiredStatus).toSorted()).toEqual(['run', 'run', 'stop']);

  const stopped = (await agent.request('/v1/job/web?purge=true', { method: 'DELETE' })).json() as { EvalID: string };
  expect(await processed(stopped.EvalID)).toMatchObject({ Status: 'complete' });
  const ended = await agent.get<readonly Alloc[]>('/v1/job/web/allocations');
  expect(ended).toMatchObject(ended.map(() => ({ DesiredStatus: 'stop' })));
  await agent.state.transact((tx) => {
    for (const each of tx.rows(ALLOCATIONS)) tx.put(ALLOCATIONS, { ...each, clientStatus: 'complete' });
  });
  await agent.put('/v1/system/gc');
  await eventually(10_000, async () => {
    expect(agent.state.snapshot().count(ALLOCATIONS)).toBe(0);
    expect(agent.state.snapshot().count(EVALUATIONS)).toBe(0);
  });
});

test('what does not fit is queued, and its evaluation names the one that waits', async () => {
  const evaluation = await register(
    jobOf('big', {
      TaskGroups: [
        {
          Name: 'front',
          Count: 3,
          Tasks: [
            { Name: 'main', Driver: 'raw_exec', Config: { command: 'x' }, Resources: { CPU: 1_900, MemoryMB: 50 } },
          ],
        },
      ],
    }),
  );
  expect(evaluation).toMatchObject({ Status: 'complete', QueuedAllocations: { front: 1 } });
  expect(await agent.get(`/v1/evaluation/${evaluation.BlockedEval}`)).toMatchObject({
    Status: 'blocked',
    TriggeredBy: 'queued-allocs',
    FailedTGAllocs: { front: { NodesExhausted: 1 } },
  });
  expect(await agent.get('/v1/job/big/summary')).toMatchObject({ Summary: { front: { Starting: 2, Queued: 1 } } });
  const related = await agent.get<{ RelatedEvals: readonly Eval[] }>(`/v1/evaluation/${evaluation.ID}?related=true`);
  expect(related.RelatedEvals.map(({ Status }) => Status)).toEqual(['blocked']);
  await agent.request('/v1/job/big', { method: 'DELETE' });
});

test('scheduling row 142: while the broker is paused jobs are taken and nothing is placed; afterwards everything is', async () => {
  const path = '/v1/operator/scheduler/configuration';
  await agent.put(path, { SchedulerAlgorithm: 'binpack', PauseEvalBroker: true });
  const { EvalID } = (await agent.put('/v1/jobs', { Job: jobOf('paused') })).json() as { EvalID: string };
  expect(await agent.get(`/v1/evaluation/${EvalID}`)).toMatchObject({ Status: 'pending' });
  expect(await agent.get('/v1/job/paused')).toMatchObject({ Status: 'pending' });
  await agent.put(path, { SchedulerAlgorithm: 'binpack', PauseEvalBroker: false });
  expect(await processed(EvalID)).toMatchObject({ Status: 'complete' });
  expect(await agent.get<readonly Alloc[]>('/v1/job/paused/allocations')).toHaveLength(2);
});
