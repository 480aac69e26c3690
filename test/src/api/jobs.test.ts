import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SCHEDULER_CONFIGURATION } from '@steppe/state';
import { DEFAULT_SCHEDULER_CONFIGURATION } from '@steppe/domain';
import type { SchedulingAgent } from './scheduling-agent.js';
import { jobOf, startSchedulingAgent, uuidOf } from './scheduling-agent.js';

interface Written {
  readonly EvalID: string;
  readonly EvalCreateIndex: number;
  readonly JobModifyIndex: number;
}
interface Eval {
  readonly ID: string;
  readonly Type: string;
  readonly TriggeredBy: string;
  readonly Status: string;
  readonly Priority: number;
  readonly JobModifyIndex: number;
}
interface JobShape {
  readonly ID: string;
  readonly Version: number;
  readonly Stop: boolean;
  readonly Status: string;
  readonly JobModifyIndex: number;
  readonly CreateIndex: number;
  readonly TaskGroups: readonly { readonly Name: string; readonly Count: number }[];
}

let agent: SchedulingAgent;
beforeAll(async () => {
  agent = await startSchedulingAgent();
});
afterAll(() => agent.stop());

const register = async (job: object, rest: object = {}): Promise<Written> => {
  const reply = await agent.put('/v1/jobs', { Job: job, ...rest });
  expect([reply.status, reply.status === 200 ? '' : reply.text]).toEqual([200, '']);
  return reply.json();
};
const evalOf = ({ EvalID }: Written): Promise<Eval> => agent.get(`/v1/evaluation/${EvalID}`);

describe('registering a job', () => {
  test('keeps it with everything filled in, and an evaluation of the same write', async () => {
    const reply = await agent.put('/v1/jobs', { Job: jobOf('web') });
    const written = reply.json() as Written;
    expect(reply.headers.get('x-nomad-index')).toBe(`${written.JobModifyIndex}`);
    expect(written.EvalCreateIndex).toBe(written.JobModifyIndex);
    expect(await evalOf(written)).toMatchObject({
      JobID: 'web',
      Type: 'service',
      TriggeredBy: 'job-register',
      Status: 'pending',
      Priority: 50,
      Namespace: 'default',
      JobModifyIndex: written.JobModifyIndex,
    });
    expect(await agent.get('/v1/job/web')).toMatchObject({
      ID: 'web',
      Name: 'web',
      Namespace: 'default',
      NodePool: 'default',
      Type: 'service',
      Priority: 50,
      Datacenters: ['*'],
      Status: 'pending',
      Stop: false,
      Version: 0,
      JobModifyIndex: written.JobModifyIndex,
    });
  });

  test('that asks for the same as before is evaluated again, and stays the version it is', async () => {
    const first = await register(jobOf('same'));
    const second = await register(jobOf('same'));
    expect(second.JobModifyIndex).toBe(first.JobModifyIndex);
    expect(second.EvalID).not.toBe(first.EvalID);
    expect(second.EvalCreateIndex).toBeGreaterThan(first.EvalCreateIndex);
    expect(await agent.get<JobShape>('/v1/job/same')).toMatchObject({ Version: 0 });
    const third = await register(jobOf('same', { Priority: 70 }), { EvalPriority: 80 });
    expect(third.JobModifyIndex).toBeGreaterThan(first.JobModifyIndex);
    expect(await evalOf(third)).toMatchObject({ Priority: 80 });
    const { Versions } = await agent.get<{ Versions: readonly JobShape[] }>('/v1/job/same/versions');
    expect(Versions.map(({ Version }) => Version)).toEqual([1, 0]);
    expect(new Set(Versions.map(({ CreateIndex }) => CreateIndex)).size).toBe(1);
  });

  test.each([
    ['host', 'single-node-writer', 'ask'],
    ['csi', 'single-node-writer', 'ask'],
    ['csi', 'multi-node-single-writer', 'mount'],
  ])(
    'scheduling row 90: that would claim a %s volume as %s (%s) is refused, so that none is claimed twice',
    async (Type, AccessMode, kind) => {
      const [group] = jobOf('x').TaskGroups;
      const volumes = { Volumes: { data: { Name: 'data', Type, Source: 'shared', AccessMode } } };
      const mounts = { Tasks: [{ ...group?.Tasks[0], VolumeMounts: [{ Volume: 'data', Destination: '/data' }] }] };
      const Job = jobOf('claims', { TaskGroups: [{ ...group, ...(kind === 'ask' ? volumes : mounts) }] });
      const field = kind === 'ask' ? 'TaskGroups[0].Volumes' : 'TaskGroups[0].Tasks[0].VolumeMounts';
      for (const path of ['/v1/jobs', '/v1/job/claims/plan', '/v1/validate/job']) {
        const reply = await agent.put(path, { Job });
        expect([path, reply.status, reply.text]).toEqual([
          path,
          400,
          expect.stringContaining(`Job.${field}: volumes are not supported`),
        ]);
      }
      expect((await agent.request('/v1/job/claims')).status).toBe(404);
      expect(await agent.get('/v1/evaluations?job=claims')).toEqual([]);
    },
  );

  test('may demand an index of what is there', async () => {
    const enforce = (index: number, id = 'enforced') =>
      agent.put('/v1/jobs', { Job: jobOf(id), EnforceIndex: true, JobModifyIndex: index });
    expect((await enforce(7)).text).toBe('Enforcing job modify index 7: job does not exist');
    const created = await enforce(0);
    const { JobModifyIndex: index } = created.json() as Written;
    expect(created.status).toBe(200);
    const exists = await enforce(0);
    expect([exists.status, exists.text]).toEqual([500, 'Enforcing job modify index 0: job already exists']);
    expect((await enforce(1)).text).toBe(
      `Enforcing job modify index 1: job exists with conflicting job modify index: ${index}`,
    );
    expect((await enforce(index)).status).toBe(200);
  });

  test('can leave the counts of groups as they are', async () => {
    await register(jobOf('counted', { TaskGroups: [{ ...jobOf('x').TaskGroups[0], Count: 5 }] }));
    await register(jobOf('counted', { Priority: 60 }), { PreserveCounts: true });
    expect(await agent.get<JobShape>('/v1/job/counted')).toMatchObject({ Version: 1, TaskGroups: [{ Count: 5 }] });
  });

  test('can leave the resources of tasks as they are', async () => {
    const [group] = jobOf('x').TaskGroups;
    const withCpu = (CPU: number) =>
      jobOf('sized', {
        TaskGroups: [{ ...group, Count: 1, Tasks: [{ ...group?.Tasks[0], Resources: { CPU, MemoryMB: 20 } }] }],
      });
    await register(withCpu(200));
    await register(withCpu(400), { PreserveResources: true });
    expect(await agent.get('/v1/job/sized')).toMatchObject({
      Version: 0,
      TaskGroups: [{ Tasks: [{ Resources: { CPU: 200 } }] }],
    });
    await register(withCpu(400));
    const { Diffs } = await agent.get<{ Diffs: readonly object[] }>('/v1/job/sized/versions?diffs=true');
    expect(Diffs).toMatchObject([
      { Type: 'Edited', TaskGroups: [{ Tasks: [{ Objects: [{ Name: 'Resources', Type: 'Edited' }] }] }] },
    ]);
  });

  test.each([
    [{}, 400, 'Job must be specified'],
    [{ Job: { Name: 'x' } }, 400, "Job ID hasn't been provided"],
    [{ Job: jobOf('bad', { Type: 'cron' }) }, 400, '1 error occurred:\n\t* Invalid job type: "cron"\n\n'],
    [
      { Job: jobOf('bad', { Periodic: { Spec: '@daily' } }) },
      400,
      'Request.Job.Periodic: periodic jobs are not supported',
    ],
    [{ Job: jobOf('bad', { Priority: 'high' }) }, 400, 'Request.Job.Priority must be an integer, got "high"'],
    [
      { Job: jobOf('bad', { Namespace: 'nowhere' }) },
      400,
      '1 error occurred:\n\t* job "bad" is in nonexistent namespace "nowhere"\n\n',
    ],
    [
      { Job: jobOf('bad', { NodePool: 'gpu' }) },
      400,
      '1 error occurred:\n\t* job "bad" is in nonexistent node pool "gpu"\n\n',
    ],
    [
      { Job: jobOf('bad', { Region: 'mars' }) },
      400,
      '1 error occurred:\n\t* job "bad" is for region "mars", and this is "global"\n\n',
    ],
    [
      { Job: jobOf('bad', { TaskGroups: [{ ...jobOf('x').TaskGroups[0], Count: 50_001 }] }) },
      400,
      '1 error occurred:\n\t* total count was greater than configured job_max_count: 50001 > 50000\n\n',
    ],
    [{ Job: jobOf('bad'), EvalPriority: 101 }, 400, 'EvalPriority must be between [0, 100], got 101'],
  ])('that is no good is told what is wrong: %#', async (body, status, text) => {
    const reply = await agent.put('/v1/jobs', body);
    expect([reply.status, reply.text]).toEqual([status, text]);
    expect((await agent.request('/v1/job/bad')).status).toBe(404);
  });

  test('by a path demands the id of the path, which may have slashes, encoded or not', async () => {
    expect((await agent.put('/v1/job/other', { Job: jobOf('team/api') })).text).toBe('Job ID does not match name');
    for (const path of ['/v1/job/team/api', '/v1/job/team%2Fapi']) {
      expect((await agent.put(path, { Job: jobOf('team/api') })).status).toBe(200);
      expect(await agent.get<JobShape>(path)).toMatchObject({ ID: 'team/api' });
      expect(await agent.get<readonly Eval[]>(`${path}/evaluations`)).not.toEqual([]);
    }
  });

  test('is refused to all but management while the region’s settings say so', async () => {
    const guarded = await startSchedulingAgent({ tokens: { dev: 'namespace "default" { policy = "write" }' } });
    await guarded.state.transact((tx) =>
      tx.put(SCHEDULER_CONFIGURATION, { ...DEFAULT_SCHEDULER_CONFIGURATION, rejectJobRegistration: true }),
    );
    const refused = await guarded.put('/v1/jobs', { Job: jobOf('web') }, 'dev');
    expect([refused.status, refused.text]).toEqual([
      403,
      'Job registration, dispatch, and scale are disabled by the scheduler configuration',
    ]);
    expect((await guarded.put('/v1/jobs', { Job: jobOf('web') }, 'root')).status).toBe(200);
    const scaled = await guarded.put('/v1/job/web/scale', { Count: 3, Target: { Group: 'front' } }, 'dev');
    expect(scaled.status).toBe(403);
    await guarded.stop();
  });
});

describe('what a job is written down as', () => {
  test('is kept with its version, and forgotten with the job', async () => {
    const submission = { Source: 'job "told" {}', Format: 'hcl2', VariableFlags: { a: 'b' }, Variables: '' };
    await register(jobOf('written'), { Submission: submission });
    await register(jobOf('written', { Priority: 51 }));
    expect(await agent.get('/v1/job/written/submission?version=0')).toMatchObject({
      ...submission,
      Namespace: 'default',
      JobID: 'written',
      Version: 0,
    });
    const missing = await agent.request('/v1/job/written/submission?version=1');
    expect([missing.status, missing.text]).toEqual([404, 'job source not found']);
    await agent.request('/v1/job/written?purge=true', { method: 'DELETE' });
    expect((await agent.request('/v1/job/written/submission?version=0')).status).toBe(404);
  });

  test('is turned into JSON, made canonical if that is asked for', async () => {
    const JobHCL = 'job "hcl" { group "g" { task "t" { driver = "raw_exec" } } }';
    const plain = await agent.put('/v1/jobs/parse', { JobHCL });
    expect(plain.json()).toMatchObject({ ID: 'hcl', Type: '', TaskGroups: [{ Name: 'g', Count: null }] });
    const canonical = await agent.put('/v1/jobs/parse', { JobHCL, Canonicalize: true });
    expect(canonical.json()).toMatchObject({ ID: 'hcl', Type: 'service', TaskGroups: [{ Count: 1 }] });
    await register(canonical.json());
    const wrong = await agent.put('/v1/jobs/parse', { JobHCL: 'job "hcl" {\n periodic { }\n}' });
    expect([wrong.status, wrong.text]).toEqual([
      400,
      'At 2:2: "periodic" of job "hcl": periodic jobs are not supported',
    ]);
    expect((await agent.put('/v1/jobs/parse', {})).text).toBe('Job spec is empty');
    expect((await agent.put('/v1/jobs/parse', { JobHCL, Variables: 'a = 1' })).text).toBe(
      'Request.Variables: variables are not supported',
    );
  });
});

describe('stopping a job', () => {
  test('marks it, with an evaluation that any type’s allocations are stopped by', async () => {
    const { JobModifyIndex } = await register(jobOf('batch', { Type: 'batch', Priority: 30 }));
    const stopped = (await agent.request('/v1/job/batch?eval_priority=90', { method: 'DELETE' })).json() as Written;
    expect(stopped.JobModifyIndex).toBeGreaterThan(JobModifyIndex);
    expect(await evalOf(stopped)).toMatchObject({ Type: 'service', TriggeredBy: 'job-deregister', Priority: 90 });
    expect(await agent.get<JobShape>('/v1/job/batch')).toMatchObject({ Stop: true, Version: 1 });
    // Registered as it was, it runs again.
    await register(jobOf('batch', { Type: 'batch', Priority: 30 }));
    expect(await agent.get<JobShape>('/v1/job/batch')).toMatchObject({ Stop: false, Version: 2 });
  });

  test('with purge forgets it, and what it had made stays', async () => {
    await register(jobOf('purged'));
    const purged = (await agent.request('/v1/job/purged?purge=true', { method: 'DELETE' })).json() as Written;
    expect((await agent.request('/v1/job/purged')).text).toBe('job not found');
    expect(await agent.get<readonly Eval[]>('/v1/job/purged/evaluations')).toMatchObject([
      { TriggeredBy: 'job-register' },
      { TriggeredBy: 'job-deregister', ID: purged.EvalID },
    ]);
  });

  test('that nobody knows writes nothing', async () => {
    const before = agent.jobsIndex();
    const reply = await agent.request('/v1/job/nobody', { method: 'DELETE' });
    expect(reply.json()).toMatchObject({ EvalID: '', EvalCreateIndex: 0, JobModifyIndex: 0 });
    expect(agent.jobsIndex()).toBe(before);
    const bad = await agent.request('/v1/job/nobody?purge=maybe', { method: 'DELETE' });
    expect([bad.status, bad.text]).toEqual([400, 'Failed to parse value of "purge" (maybe) as a bool']);
  });

  test('can have its tasks end without delay', async () => {
    const { JobModifyIndex } = await register(jobOf('hurried'));
    const { id } = await agent.placeAllocation({
      id: uuidOf(1),
      jobId: 'hurried',
      taskGroup: 'front',
      clientStatus: 'running',
      jobModifyIndex: JobModifyIndex,
    });
    await agent.request('/v1/job/hurried?no_shutdown_delay=true', { method: 'DELETE' });
    expect(await agent.get(`/v1/allocation/${id}`)).toMatchObject({ DesiredTransition: { NoShutdownDelay: true } });
  });
});

describe('changing a job', () => {
  test('scale writes a version with the new count', async () => {
    await register(jobOf('scaled'));
    const written = (
      await agent.put('/v1/job/scaled/scale', { Count: 4, Target: { Namespace: 'default', Group: 'front' } })
    ).json() as Written;
    expect(await evalOf(written)).toMatchObject({ TriggeredBy: 'job-scaling' });
    expect(await agent.get('/v1/job/scaled/scale')).toMatchObject({
      JobID: 'scaled',
      JobStopped: false,
      TaskGroups: { front: { Desired: 4, Placed: 0 } },
    });
    const told = (
      await agent.put('/v1/job/scaled/scale', { Error: true, Message: 'no', Target: { Group: 'front' } })
    ).json() as Written;
    expect([told.EvalID, told.JobModifyIndex]).toEqual(['', written.JobModifyIndex]);
  });

  test('what was told with each scaling of a group is kept, the newest first, and forgotten with the job', async () => {
    const { JobModifyIndex } = await register(jobOf('told'));
    const eventsOf = async (group: string) => {
      const status = await agent.get<{ TaskGroups: Record<string, { Events: readonly object[] | null }> }>(
        '/v1/job/told/scale',
      );
      return status.TaskGroups[group]?.Events;
    };
    expect(await eventsOf('front')).toBeNull();
    const before = Date.now();
    const meta = { metric: 'load', value: 1.5, ['__proto__']: 'as any' };
    const body = { Count: 3, Message: 'busy', Meta: meta, Target: { Job: 'told', Group: 'front' }, JobModifyIndex };
    const up = (await agent.put('/v1/job/told/scale', body)).json() as Written;
    await agent.put('/v1/job/told/scale', { Error: true, Message: 'cannot', Target: { Group: 'front' } });
    const [failed, scaled] = (await eventsOf('front')) as readonly Record<'Time' | 'CreateIndex', number>[];
    expect(scaled).toEqual({
      Count: 3,
      PreviousCount: 2,
      Error: false,
      Message: 'busy',
      Meta: meta,
      EvalID: up.EvalID,
      Time: expect.any(Number),
      CreateIndex: up.JobModifyIndex,
    });
    expect(failed).toMatchObject({
      Count: null,
      PreviousCount: 3,
      Error: true,
      Message: 'cannot',
      Meta: null,
      EvalID: null,
    });
    expect((scaled?.Time ?? 0) / 1e6).toBeGreaterThanOrEqual(before);
    expect(failed?.CreateIndex).toBeGreaterThan(up.JobModifyIndex);

    const late = await agent.put('/v1/job/told/scale', body);
    expect([late.status, late.text]).toEqual([
      500,
      `Enforcing job modify index ${JobModifyIndex}: job exists with conflicting job modify index: ${up.JobModifyIndex}`,
    ]);
    await agent.request('/v1/job/told?purge=true', { method: 'DELETE' });
    await register(jobOf('told'));
    expect(await eventsOf('front')).toBeNull();
  });

  test.each([
    [{ Count: 1 }, 400, 'missing task group name for scaling action'],
    [{ Count: -1, Target: { Group: 'front' } }, 400, "scaling action count can't be negative"],
    [
      { Count: 1, Error: true, Target: { Group: 'front' } },
      400,
      'scaling action should not contain count if error is true',
    ],
    [
      { Count: 1, Message: 'm'.repeat(17_000), Target: { Group: 'front' } },
      400,
      'Message and Meta have 17038 bytes, more than 16384',
    ],
    [{ Count: 1, Target: { Group: 'back' } }, 400, 'task group "back" specified for scaling does not exist in job'],
  ])('a scaling that is no good is told what is wrong: %#', async (body, status, text) => {
    await register(jobOf('scaled-badly'));
    const reply = await agent.put('/v1/job/scaled-badly/scale', body);
    expect([reply.status, reply.text]).toEqual([status, text]);
  });

  test('revert registers an older version anew', async () => {
    await register(jobOf('reverted', { Priority: 40 }));
    await register(jobOf('reverted', { Priority: 60 }));
    const revert = (body: object) => agent.put('/v1/job/reverted/revert', { JobID: 'reverted', ...body });
    expect((await revert({ JobVersion: 1 })).text).toBe("can't revert to current version");
    expect((await revert({ JobVersion: 9 })).text).toBe('job "reverted" in namespace "default" at version 9 not found');
    expect((await revert({ JobVersion: 0, EnforcePriorVersion: 0 })).text).toBe(
      'Current job has version 1; enforcing version 0',
    );
    expect((await revert({ JobVersion: 0, EnforcePriorVersion: 1 })).status).toBe(200);
    expect(await agent.get('/v1/job/reverted')).toMatchObject({ Version: 2, Priority: 40 });
  });

  test('evaluate has it looked at again, and what failed replaced if that is asked for', async () => {
    const { JobModifyIndex } = await register(jobOf('evaluated'));
    const { id } = await agent.placeAllocation({
      id: uuidOf(2),
      jobId: 'evaluated',
      taskGroup: 'front',
      clientStatus: 'failed',
      jobModifyIndex: JobModifyIndex,
    });
    const written = (
      await agent.put('/v1/job/evaluated/evaluate', { JobID: 'evaluated', EvalOptions: { ForceReschedule: true } })
    ).json() as Written;
    expect(written.JobModifyIndex).toBe(JobModifyIndex);
    expect(await evalOf(written)).toMatchObject({ TriggeredBy: 'job-register' });
    expect(await agent.get(`/v1/allocation/${id}`)).toMatchObject({ DesiredTransition: { ForceReschedule: true } });
    const missing = await agent.put('/v1/job/nobody/evaluate', {});
    expect([missing.status, missing.text]).toEqual([404, 'job not found']);
  });
});

describe('reading jobs', () => {
  test.each(['services', 'actions'])('there are no %s, as no job can have any', async (what) => {
    const task = { Name: 'main', Driver: 'raw_exec', [what === 'services' ? 'Services' : 'Actions']: [{ Name: 'x' }] };
    const refused = await agent.put('/v1/jobs', {
      Job: jobOf('with', { TaskGroups: [{ Name: 'front', Tasks: [task] }] }),
    });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining(`${what} are not supported`)]);
    await register(jobOf('without'));
    expect(await agent.get(`/v1/job/without/${what}`)).toEqual([]);
    const missing = await agent.request(`/v1/job/nobody/${what}`);
    expect([missing.status, missing.text]).toEqual([404, 'job not found']);
  });

  test('the list has a summary of each, by prefix and page', async () => {
    for (const id of ['page-a', 'page-b', 'page-c']) await register(jobOf(id));
    const { JobModifyIndex } = await agent.get<JobShape>('/v1/job/page-a');
    const common = { jobId: 'page-a', taskGroup: 'front', jobModifyIndex: JobModifyIndex };
    await agent.placeAllocation({ id: uuidOf(3), clientStatus: 'running', ...common });
    await agent.placeAllocation({ id: uuidOf(4), clientStatus: 'pending', ...common });
    await agent.placeAllocation({ id: uuidOf(5), clientStatus: 'lost', desiredStatus: 'stop', ...common });
    await agent.placeEvaluation({
      id: uuidOf(6),
      jobId: 'page-a',
      status: 'complete',
      queuedAllocations: { front: 3 },
    });
    const first = await agent.request('/v1/jobs?prefix=page-&per_page=2');
    expect(first.json()).toMatchObject([
      {
        ID: 'page-a',
        JobSummary: {
          JobID: 'page-a',
          Namespace: 'default',
          Summary: { front: { Queued: 3, Running: 1, Starting: 1, Lost: 1, Failed: 0, Complete: 0, Unknown: 0 } },
          Children: { Pending: 0, Running: 0, Dead: 0 },
        },
      },
      { ID: 'page-b', Status: 'pending', JobSummary: { Summary: { front: { Queued: 0 } } } },
    ]);
    const token = first.headers.get('x-nomad-nexttoken') ?? '';
    expect(await agent.get(`/v1/jobs?prefix=page-&per_page=2&next_token=${encodeURIComponent(token)}`)).toMatchObject([
      { ID: 'page-c' },
    ]);
    expect(await agent.get(`/v1/jobs?prefix=page-&filter=${encodeURIComponent('ID == "page-b"')}`)).toMatchObject([
      { ID: 'page-b' },
    ]);
    expect(await agent.get('/v1/job/page-a/summary')).toMatchObject({ Summary: { front: { Running: 1, Queued: 3 } } });
    expect(await agent.get<readonly unknown[]>('/v1/job/page-a/allocations')).toHaveLength(3);
  });

  test('every read says how old it is', async () => {
    await register(jobOf('told'));
    for (const path of [
      '/v1/jobs',
      '/v1/job/told',
      '/v1/job/told/summary',
      '/v1/job/told/versions',
      '/v1/job/told/deployment',
    ]) {
      const { headers } = await agent.request(path);
      expect([path, Number(headers.get('x-nomad-index')) > 0]).toEqual([path, true]);
      expect(headers.get('x-nomad-lastcontact')).toMatch(/^\d+$/);
      expect(headers.get('x-nomad-knownleader')).toBe('true');
    }
    expect(await agent.get('/v1/job/told/deployment')).toBeNull();
    expect(await agent.get('/v1/job/told/deployments')).toEqual([]);
  });

  test('allocations of an earlier job of the name are only shown when asked for', async () => {
    const { JobModifyIndex } = await register(jobOf('again'));
    const { id } = await agent.placeAllocation({
      id: uuidOf(7),
      jobId: 'again',
      taskGroup: 'front',
      clientStatus: 'complete',
      jobModifyIndex: JobModifyIndex,
    });
    await agent.request('/v1/job/again?purge=true', { method: 'DELETE' });
    await register(jobOf('again'));
    expect(await agent.get('/v1/job/again/allocations')).toEqual([]);
    expect(await agent.get('/v1/job/again/allocations?all=true')).toMatchObject([{ ID: id }]);
  });

  test('a read that waits is answered by its own job’s change, not by another’s', async () => {
    const { JobModifyIndex } = await register(jobOf('watched'));
    const { headers } = await agent.request('/v1/job/watched');
    const index = Number(headers.get('x-nomad-index'));
    const waiting = agent.request(`/v1/job/watched?index=${index}&wait=20s`);
    await register(jobOf('unwatched'));
    const changed = await register(jobOf('watched', { Priority: 66 }));
    const reply = await waiting;
    expect(reply.json()).toMatchObject({ Priority: 66 });
    expect(Number(reply.headers.get('x-nomad-index'))).toBe(changed.JobModifyIndex);
    expect(changed.JobModifyIndex).toBeGreaterThan(JobModifyIndex);
  });
});
