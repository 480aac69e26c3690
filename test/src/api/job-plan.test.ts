import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ALLOCATION_WIRE } from '@steppe/domain';
import { NODES } from '@steppe/state';
import type { SchedulingAgent } from './scheduling-agent.js';
import { jobOf, nodeOf, startSchedulingAgent, uuidOf } from './scheduling-agent.js';

interface Plan {
  readonly Annotations: { readonly DesiredTGUpdates: Readonly<Record<string, Readonly<Record<string, number>>>> };
  readonly FailedTGAllocs: Readonly<Record<string, object>> | null;
  readonly JobModifyIndex: number;
  readonly CreatedEvals: readonly object[] | null;
  readonly Diff: { readonly Type: string; readonly TaskGroups: readonly object[] } | null;
}

const TASK = jobOf('x').TaskGroups[0]?.Tasks[0];
const withCount = (id: string, Count: number, task: object = {}) =>
  jobOf(id, { TaskGroups: [{ Name: 'front', Count, Tasks: [{ ...TASK, ...task }] }] });

let agent: SchedulingAgent;
beforeAll(async () => {
  agent = await startSchedulingAgent();
});
afterAll(() => agent.stop());

const planOf = async (job: object & { readonly ID: string }, Diff = true): Promise<Plan> => {
  const before = agent.jobsIndex();
  const reply = await agent.put(`/v1/job/${job.ID}/plan`, { Job: job, Diff });
  expect([reply.status, reply.status === 200 ? '' : reply.text]).toEqual([200, '']);
  expect(agent.jobsIndex()).toBe(before);
  return reply.json();
};
const updatesOf = ({ Annotations }: Plan) =>
  Object.fromEntries(Object.entries(Annotations.DesiredTGUpdates['front'] ?? {}).filter(([, count]) => count > 0));

describe('job plan', () => {
  test('of a new job without nodes says what would wait for room, and why', async () => {
    const plan = await planOf(withCount('new', 3));
    expect(plan).toMatchObject({
      JobModifyIndex: 0,
      FailedTGAllocs: { front: { NodesEvaluated: 0 } },
      CreatedEvals: [{ Status: 'blocked', TriggeredBy: 'queued-allocs' }],
      Diff: { Type: 'Added', ID: 'new', TaskGroups: [{ Type: 'Added', Updates: { create: 3 } }] },
    });
    expect(updatesOf(plan)).toEqual({ Place: 3 });
    expect((await agent.request('/v1/job/new')).status).toBe(404);
  });

  test('says what becomes of what runs', async () => {
    await agent.state.transact((tx) => tx.put(NODES, nodeOf(uuidOf(1))));
    const written = (await agent.put('/v1/jobs', { Job: withCount('web', 2) })).json() as { JobModifyIndex: number };
    const { JobModifyIndex: index } = written;
    const resources = {
      Tasks: { main: { Cpu: { CpuShares: 100 }, Memory: { MemoryMB: 300 } } },
      Shared: { DiskMB: 300 },
    };
    for (const n of [0, 1]) {
      await agent.placeAllocation({
        allocatedResources: ALLOCATION_WIRE.decode({ AllocatedResources: resources }, 'Allocation').allocatedResources,
        id: uuidOf(10 + n),
        name: `web.front[${n}]`,
        jobId: 'web',
        jobType: 'service',
        taskGroup: 'front',
        nodeId: uuidOf(1),
        clientStatus: 'running',
        jobModifyIndex: index,
      });
    }
    const same = await planOf(withCount('web', 2));
    expect(updatesOf(same)).toEqual({ Ignore: 2 });
    expect(same).toMatchObject({ JobModifyIndex: index, FailedTGAllocs: null, Diff: { Type: 'None' } });

    const more = await planOf(withCount('web', 3));
    // Everything is the new version, which those that run become where they are.
    expect(updatesOf(more)).toEqual({ Place: 1, InPlaceUpdate: 2 });
    expect(more.Diff).toMatchObject({
      TaskGroups: [
        {
          Type: 'Edited',
          Fields: [{ Name: 'Count', Old: '2', New: '3', Annotations: ['forces create'] }],
          Updates: { create: 1, 'in-place update': 2 },
        },
      ],
    });

    expect(updatesOf(await planOf(withCount('web', 1)))).toEqual({ Stop: 1, InPlaceUpdate: 1 });

    const changed = await planOf(withCount('web', 2, { Env: { A: '1' } }));
    expect(updatesOf(changed)).toEqual({ DestructiveUpdate: 1, Ignore: 1 });
    expect(changed.Diff).toMatchObject({
      TaskGroups: [{ Tasks: [{ Name: 'main', Type: 'Edited', Annotations: ['forces create/destroy update'] }] }],
    });

    const huge = await planOf(withCount('web', 2, { Resources: { CPU: 99_000, MemoryMB: 100 } }), false);
    expect(updatesOf(huge)).toEqual({ DestructiveUpdate: 1, Ignore: 1 });
    expect(huge).toMatchObject({ Diff: null, FailedTGAllocs: { front: { NodesExhausted: 1 } } });
  });

  test('of a system job counts its nodes', async () => {
    const job = jobOf('everywhere', { Type: 'system', TaskGroups: [{ Name: 'front', Tasks: [TASK] }] });
    expect(updatesOf(await planOf(job))).toEqual({ Place: 1 });
  });

  test('refuses what registering would refuse', async () => {
    const bad = await agent.put('/v1/job/web/plan', { Job: jobOf('web', { Type: 'cron' }) });
    expect([bad.status, bad.text]).toEqual([400, '1 error occurred:\n\t* Invalid job type: "cron"\n\n']);
    expect((await agent.put('/v1/job/web/plan', { Job: jobOf('else') })).text).toBe('Job ID does not match name');
  });
});

test('validating a job tells everything that is wrong with it', async () => {
  const good = await agent.put('/v1/validate/job', { Job: jobOf('good') });
  expect(good.json()).toEqual({ DriverConfigValidated: true, ValidationErrors: null, Error: '', Warnings: '' });
  const bad = await agent.put('/v1/validate/job', { Job: jobOf('bad job', { Priority: 500 }) });
  expect(bad.json()).toMatchObject({
    ValidationErrors: ['Job ID contains a space or NUL', 'Job priority must be between [1, 100]'],
    Error: '2 errors occurred:\n\t* Job ID contains a space or NUL\n\t* Job priority must be between [1, 100]\n\n',
  });
});
