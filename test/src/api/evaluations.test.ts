import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ALLOCATION_WIRE, DEFAULT_SCHEDULER_CONFIGURATION } from '@steppe/domain';
import { EVALUATIONS, SCHEDULER_CONFIGURATION } from '@steppe/state';
import type { SchedulingAgent } from './scheduling-agent.js';
import { jobOf, startSchedulingAgent, uuidOf } from './scheduling-agent.js';

let agent: SchedulingAgent;
beforeAll(async () => {
  agent = await startSchedulingAgent();
  await agent.placeEvaluation({ id: uuidOf(3), jobId: 'web', status: 'complete', triggeredBy: 'job-register' });
  await agent.placeEvaluation({
    id: uuidOf(1),
    jobId: 'web',
    status: 'complete',
    triggeredBy: 'node-update',
    previousEval: uuidOf(3),
    blockedEval: uuidOf(2),
  });
  await agent.placeEvaluation({ id: uuidOf(2), jobId: 'web', status: 'blocked', previousEval: uuidOf(1) });
  await agent.placeEvaluation({ id: uuidOf(9), jobId: 'other', status: 'complete' });
  const resources = {
    Tasks: { main: { Cpu: { CpuShares: 100 }, Memory: { MemoryMB: 300 } }, side: { Cpu: { CpuShares: 50 } } },
    Shared: { DiskMB: 150, Networks: [{ IP: '10.0.0.1', DynamicPorts: [{ Label: 'http', Value: 20_001 }] }] },
  };
  await agent.placeAllocation({
    allocatedResources: ALLOCATION_WIRE.decode({ AllocatedResources: resources }, 'Allocation').allocatedResources,
    id: uuidOf(11),
    evalId: uuidOf(3),
    jobId: 'web',
    taskGroup: 'front',
    nodeId: uuidOf(50),
    clientStatus: 'running',
    taskStates: {
      main: {
        state: 'running',
        failed: false,
        restarts: 0,
        lastRestartMs: 0,
        startedAtMs: 0,
        finishedAtMs: 0,
        events: [],
      },
    },
  });
  await agent.placeAllocation({ id: uuidOf(10), evalId: uuidOf(3), jobId: 'web', clientStatus: 'pending' });
});
afterAll(() => agent.stop());

const idsOf = async (path: string): Promise<readonly string[]> =>
  (await agent.get<readonly { readonly ID: string }[]>(path)).map(({ ID }) => ID);

describe('evaluations', () => {
  test('are listed in the order in which they were made, by prefix in that of their ids', async () => {
    expect(await idsOf('/v1/evaluations')).toEqual([uuidOf(3), uuidOf(1), uuidOf(2), uuidOf(9)]);
    expect(await idsOf('/v1/evaluations?reverse=true')).toEqual([uuidOf(9), uuidOf(2), uuidOf(1), uuidOf(3)]);
    expect(await idsOf('/v1/evaluations?prefix=0000')).toEqual([1, 2, 3, 9].map(uuidOf));
    expect(await idsOf('/v1/evaluations?job=web&status=blocked')).toEqual([uuidOf(2)]);
    const filter = encodeURIComponent('TriggeredBy == "node-update"');
    expect(await idsOf(`/v1/evaluations?filter=${filter}`)).toEqual([uuidOf(1)]);
    const both = await agent.request(`/v1/evaluations?job=web&filter=${filter}`);
    expect([both.status, both.text]).toEqual([400, 'Filter expression cannot be used with other filter parameters']);
    expect(await agent.get('/v1/evaluations/count')).toMatchObject({ Count: 4 });
    expect(await agent.get('/v1/evaluations/count?job=web')).toMatchObject({ Count: 3 });
  });

  test('come in pages', async () => {
    const first = await agent.request('/v1/evaluations?per_page=3');
    const token = encodeURIComponent(first.headers.get('x-nomad-nexttoken') ?? '');
    expect(await idsOf(`/v1/evaluations?per_page=3&next_token=${token}`)).toEqual([uuidOf(9)]);
  });

  test('leave out what is zero, and name those that they are related to when asked', async () => {
    const evaluation = await agent.get<object>(`/v1/evaluation/${uuidOf(3)}`);
    expect(evaluation).toEqual({
      CreateIndex: expect.any(Number),
      ID: uuidOf(3),
      JobID: 'web',
      ModifyIndex: expect.any(Number),
      Namespace: 'default',
      Status: 'complete',
      TriggeredBy: 'job-register',
      Type: 'service',
    });
    const { RelatedEvals } = await agent.get<{ RelatedEvals: readonly object[] }>(
      `/v1/evaluation/${uuidOf(1)}?related=true`,
    );
    expect(RelatedEvals).toMatchObject([
      { ID: uuidOf(3), Status: 'complete', NextEval: '' },
      { ID: uuidOf(2), Status: 'blocked' },
    ]);
    const missing = await agent.request(`/v1/evaluation/${uuidOf(77)}`);
    expect([missing.status, missing.text]).toEqual([404, 'eval not found']);
  });

  test('have their allocations', async () => {
    expect(await idsOf(`/v1/evaluation/${uuidOf(3)}/allocations`)).toEqual([uuidOf(10), uuidOf(11)]);
    expect(await idsOf(`/v1/evaluation/${uuidOf(1)}/allocations`)).toEqual([]);
  });

  test('scheduling row 145: a read that waits for one is woken by its own change, not by another’s', async () => {
    const { headers } = await agent.request(`/v1/evaluation/${uuidOf(2)}`);
    const index = Number(headers.get('x-nomad-index'));
    let isAnswered = false;
    const waiting = agent.request(`/v1/evaluation/${uuidOf(2)}?index=${index}&wait=20s`).finally(() => {
      isAnswered = true;
    });
    await agent.placeEvaluation({ id: uuidOf(9), jobId: 'other', status: 'complete', priority: 1 });
    // Answered in order on one connection pool: by then the first one would be there.
    await agent.request(`/v1/evaluation/${uuidOf(9)}`);
    expect(isAnswered).toBe(false);
    await agent.placeEvaluation({
      id: uuidOf(2),
      jobId: 'web',
      status: 'blocked',
      previousEval: uuidOf(1),
      priority: 2,
    });
    const reply = await waiting;
    expect(Number(reply.headers.get('x-nomad-index'))).toBeGreaterThan(index);
    expect(reply.json()).toMatchObject({ Priority: 2 });
  });

  test('are deleted only while scheduling is paused, by id or by filter', async () => {
    const remove = (body: object) => agent.request('/v1/evaluations', { method: 'DELETE', body: JSON.stringify(body) });
    for (const id of [60, 61, 62]) {
      await agent.placeEvaluation({ id: uuidOf(id), jobId: 'gone', status: 'complete', namespace: 'default' });
    }
    expect((await remove({ EvalIDs: [uuidOf(60)] })).text).toBe(
      'eval broker is enabled; eval broker must be paused to delete evals',
    );
    await agent.state.transact((tx) =>
      tx.put(SCHEDULER_CONFIGURATION, { ...DEFAULT_SCHEDULER_CONFIGURATION, pauseEvalBroker: true }),
    );
    expect((await remove({ EvalIDs: [uuidOf(60)], Filter: 'x' })).text).toBe(
      'evals cannot be deleted by both ID and filter',
    );
    expect((await remove({})).text).toBe('evals must be deleted by either ID or filter');
    const tooMany = Array.from({ length: 7_282 }, (_, n) => uuidOf(n));
    expect((await remove({ EvalIDs: tooMany })).status).toBe(400);
    expect((await remove({ EvalIDs: [uuidOf(60)] })).json()).toMatchObject({ Count: 1 });
    expect((await remove({ Filter: 'JobID == "gone"' })).json()).toMatchObject({ Count: 2 });
    expect(agent.state.snapshot().get(EVALUATIONS, uuidOf(61))).toBeUndefined();
    await agent.state.transact((tx) => tx.put(SCHEDULER_CONFIGURATION, DEFAULT_SCHEDULER_CONFIGURATION));
  });
});

describe('allocations', () => {
  test('are listed in brief', async () => {
    expect(await idsOf('/v1/allocations')).toEqual([uuidOf(11), uuidOf(10)]);
    expect(await idsOf(`/v1/allocations?prefix=${uuidOf(1).slice(0, 8)}`)).toEqual([uuidOf(10), uuidOf(11)]);
    const filter = encodeURIComponent('ClientStatus == "pending"');
    expect(await idsOf(`/v1/allocations?filter=${filter}`)).toEqual([uuidOf(10)]);
    const [full] = await agent.get<readonly Record<string, unknown>[]>('/v1/allocations?resources=true');
    expect(full).toMatchObject({
      AllocatedResources: { Shared: { DiskMB: 150 } },
      TaskStates: { main: { State: 'running' } },
      DesiredTransition: {},
      PreemptedByAllocation: '',
    });
    const [bare] = await agent.get<readonly Record<string, unknown>[]>('/v1/allocations?task_states=false');
    expect(bare?.['TaskStates']).toBeNull();
    expect(bare).not.toHaveProperty('AllocatedResources');
  });

  test('in full have their version of the job and their resources in old shapes, too', async () => {
    const written = (await agent.put('/v1/jobs', { Job: jobOf('full') })).json() as { JobModifyIndex: number };
    await agent.put('/v1/jobs', { Job: jobOf('full', { Priority: 70 }) });
    await agent.placeAllocation({
      id: uuidOf(20),
      jobId: 'full',
      taskGroup: 'front',
      clientStatus: 'complete',
      jobModifyIndex: written.JobModifyIndex,
    });
    expect(await agent.get(`/v1/allocation/${uuidOf(20)}`)).toMatchObject({
      Job: { ID: 'full', Version: 0, Priority: 50 },
    });
    expect(await agent.get(`/v1/allocation/${uuidOf(11)}`)).toMatchObject({
      Resources: {
        CPU: 150,
        MemoryMB: 300,
        DiskMB: 150,
        Networks: [{ DynamicPorts: [{ Label: 'http', Value: 20_001 }] }],
      },
      TaskResources: { main: { CPU: 100, MemoryMB: 300 }, side: { CPU: 50, MemoryMB: 0 } },
    });
    const missing = await agent.request(`/v1/allocation/${uuidOf(77)}`);
    expect([missing.status, missing.text]).toEqual([404, 'alloc not found']);
  });

  test('are stopped by an evaluation that has them replaced', async () => {
    const job = (await agent.put('/v1/jobs', { Job: jobOf('stops', { Type: 'batch' }) })).json() as {
      JobModifyIndex: number;
    };
    const before = await agent.placeAllocation({
      id: uuidOf(21),
      jobId: 'stops',
      jobType: 'batch',
      clientStatus: 'running',
      jobModifyIndex: job.JobModifyIndex,
    });
    const reply = await agent.put(`/v1/allocation/${uuidOf(21)}/stop?no_shutdown_delay=true`);
    const { EvalID } = reply.json() as { EvalID: string };
    expect(await agent.get(`/v1/evaluation/${EvalID}`)).toMatchObject({
      JobID: 'stops',
      Type: 'batch',
      TriggeredBy: 'alloc-stop',
      Status: 'pending',
    });
    const stopped = await agent.get<{ AllocModifyIndex: number }>(`/v1/allocation/${uuidOf(21)}`);
    expect(stopped).toMatchObject({
      DesiredTransition: { Migrate: true, NoShutdownDelay: true },
      DesiredStatus: 'run',
    });
    expect(stopped.AllocModifyIndex).toBeGreaterThan(before.allocModifyIndex);
    const missing = await agent.put(`/v1/allocation/${uuidOf(77)}/stop`);
    expect([missing.status, missing.text]).toEqual([404, 'allocation not found']);
    expect((await agent.request(`/v1/allocation/${uuidOf(21)}/stop`)).status).toBe(405);
  });
});
