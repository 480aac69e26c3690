import { afterEach, describe, expect, test } from '@jest/globals';
import { allocOf, EVAL_ID, evalOf, jobOf, jobStubOf } from '../testing/job-shapes.js';
import type { Script, ScriptedAgent } from '../testing/scripted-agent.js';
import { startScriptedAgent } from '../testing/scripted-agent.js';

let agent: ScriptedAgent | undefined;
const start = async (script: Script = {}): Promise<ScriptedAgent> => {
  agent = await startScriptedAgent({
    'GET /v1/jobs': ({ query }) => ({
      body: [jobStubOf('web'), jobStubOf('web-2', { Namespace: 'team', Stop: true, Status: 'dead' })].filter(({ ID }) =>
        ID.startsWith(query['prefix'] ?? ''),
      ),
    }),
    'GET /v1/job/web': jobOf('web'),
    ...script,
  });
  return agent;
};
afterEach(async () => {
  await agent?.stop();
  agent = undefined;
});

describe('job status', () => {
  test('lists jobs, with their namespace when it is of all', async () => {
    const { run } = await start();
    expect((await run('job status')).out).toBe(
      [
        'ID     Type     Priority  Status          Submit Date',
        'web    service  50        running         2026-01-02T03:04:05Z',
        'web-2  service  50        dead (stopped)  2026-01-02T03:04:05Z',
        '',
      ].join('\n'),
    );
    expect((await run('job status', ['-namespace=*'])).out).toMatch(/^ID +Namespace +Type.*\n.*\nweb-2 +team /);
    expect((await run('job status', ['-t', '{{range .}}{{.ID}} {{end}}'])).out).toBe('web web-2 \n');
  });

  test('without any', async () => {
    const { run } = await start({ 'GET /v1/jobs': [] });
    expect(await run('job status')).toEqual({ code: 0, out: 'No running jobs\n', error: '' });
    expect(await run('job status', ['web'])).toEqual({
      code: 1,
      out: '',
      error: 'No job(s) with prefix or ID "web" found\n',
    });
  });

  test('of one job shows how it is doing, and what waits for room', async () => {
    const counts = { Queued: 1, Starting: 0, Running: 1, Failed: 0, Complete: 0, Lost: 0, Unknown: 0 };
    const { run, seen } = await start({
      'GET /v1/job/web/summary': { Summary: { app: counts } },
      'GET /v1/job/web/allocations': [allocOf()],
      'GET /v1/job/web/evaluations': [
        evalOf({ FailedTGAllocs: { app: { NodesEvaluated: 0 } } }),
        evalOf({ ID: '77777777-1111-4111-8111-000000000001', Status: 'blocked', CreateIndex: 11 }),
      ],
    });
    const { out, code } = await run('job status', ['-evals', 'web']);
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'ID          = web',
        'Name        = web',
        'Submit Date = 2026-01-02T03:04:05Z',
        'Type        = service',
        'Priority    = 50',
        'Datacenters = *',
        'Namespace   = default',
        'Node Pool   = default',
        'Version     = 1',
        'Status      = running',
        '',
        'Summary',
        'Task Group  Queued  Starting  Running  Failed  Complete  Lost  Unknown',
        'app         1       0         1        0       0         0     0',
        '',
        'Evaluations',
        'ID        Priority  Triggered By  Status    Placement Failures',
        '77777777  50        job-register  blocked   N/A - In Progress',
        '26cfc69e  50        job-register  complete  true',
        '',
        'Placement Failure',
        'Task Group "app" (failed to place 1 allocation):',
        '  * No nodes were eligible for evaluation',
        '',
        'Allocations',
        'ID        Node ID   Task Group  Version  Desired  Status   Created   Modified',
        '5b1c0d9a  fb2170a8  app         1        run      running  1h1m ago  2h ago',
        '',
      ].join('\n'),
    );
    expect(seen()).toContain('GET /v1/job/web/allocations?namespace=default&all=false');
    const json = await run('job status', ['-json', '-all-allocs', 'web']);
    expect(JSON.parse(json.out)).toMatchObject({ ID: 'web', Summary: { app: counts }, Allocations: [{}] });
    expect((await run('job status', ['-short', 'web'])).out).toMatch(/^ID .*\n[^]*Status +=.*\n$/);
  });

  test('a prefix of one job is enough, of its own namespace; of several it is not', async () => {
    const { run, seen } = await start({ 'GET /v1/job/web-2': jobOf('web-2') });
    expect((await run('job status', ['-short', 'web-'])).code).toBe(0);
    expect(seen()).toEqual(['GET /v1/jobs?prefix=web-&per_page=20', 'GET /v1/job/web-2?namespace=team']);
    const several = await run('job status', ['we']);
    expect(several.error).toMatch(/^Prefix matched multiple jobs\n\nID +Namespace [^]*web-2 +team/);
    expect(several.code).toBe(1);
  });
});

describe('job stop', () => {
  const stopped = { EvalID: EVAL_ID, JobModifyIndex: 9, Warnings: '' };

  test('a job named in full stops at once', async () => {
    const { run, seen } = await start({ 'DELETE /v1/job/web': stopped });
    const { out, code } = await run('job stop', ['-detach', '-purge', '-no-shutdown-delay', '-eval-priority=7', 'web']);
    expect([code, out]).toEqual([0, `Job "web" is to stop\nEvaluation ID: ${EVAL_ID}\n`]);
    expect(seen().at(-1)).toBe(
      'DELETE /v1/job/web?namespace=default&purge=true&global=false&eval_priority=7&no_shutdown_delay=true',
    );
  });

  test.each([
    ['y\n', [], 1],
    ['n\n', [], 0],
    ['', [], 0],
    ['', ['-yes'], 1],
  ])('one named by a prefix stops after a yes (%j %j)', async (input, flags, expected) => {
    const { run, requests } = await start({
      'DELETE /v1/job/web-2': { ...stopped, EvalID: '' },
      'GET /v1/job/web-2': jobOf('web-2'),
    });
    expect((await run('job stop', [...flags, 'web-'], input)).code).toBe(0);
    expect(requests.filter(({ method }) => method === 'DELETE')).toHaveLength(expected);
  });
});

describe('job scale, job eval', () => {
  const written = { EvalID: EVAL_ID, JobModifyIndex: 9, Warnings: '' };

  test('the only group need not be named', async () => {
    const { run, requests } = await start({ 'PUT /v1/job/web/scale': written });
    expect((await run('job scale', ['-detach', 'web', '5'])).out).toBe(`Job scaled\nEvaluation ID: ${EVAL_ID}\n`);
    expect((await run('job scale', ['-detach', 'web', 'app', '0'])).code).toBe(0);
    expect(requests.filter(({ method }) => method === 'PUT').map(({ body }) => body)).toMatchObject([
      { Count: 5, Target: { Group: 'app', Job: 'web', Namespace: 'default' } },
      { Count: 0, Target: { Group: 'app' } },
    ]);
  });

  test.each([
    [['web', 'many'], 'The count must be an integer of at least 0, got "many"'],
    [['web', 'app', '-1'], 'The count must be an integer of at least 0, got "-1"'],
    [['web'], 'This command takes two or three arguments'],
    [['web', '5'], 'Group name required: job "web" has the groups "a", "b"'],
  ])('%j is refused', async (args, reason) => {
    const { run } = await start({ 'GET /v1/job/web': jobOf('web', { TaskGroups: [{ Name: 'a' }, { Name: 'b' }] }) });
    const { code, error } = await run('job scale', args);
    expect(error).toContain(reason);
    expect(code).toBe(1);
  });

  test('an evaluation may be forced, and is followed', async () => {
    const { run, requests } = await start({
      'PUT /v1/job/web/evaluate': written,
      [`GET /v1/evaluation/${EVAL_ID}`]: evalOf(),
      [`GET /v1/evaluation/${EVAL_ID}/allocations`]: null,
    });
    const { out, code } = await run('job eval', ['-force-reschedule', 'web']);
    expect(out).toContain('finished with status "complete"');
    expect(code).toBe(0);
    expect(requests[1]?.body).toEqual({ JobID: 'web', EvalOptions: { ForceReschedule: true } });
  });
});

describe('job inspect, history and allocs', () => {
  const versions = {
    Versions: [jobOf('web'), jobOf('web', { Version: 0, TaskGroups: [{ Name: 'app', Count: 1, Tasks: [] }] })],
  };

  test('inspect prints what can be registered again, or its text', async () => {
    const { run } = await start({
      'GET /v1/job/web/versions': versions,
      'GET /v1/job/web/submission': ({ query }) => ({ body: { Source: `# version ${query['version']}` } }),
    });
    expect(JSON.parse((await run('job inspect', ['web'])).out)).toEqual({ Job: jobOf('web') });
    expect((await run('job inspect', ['-version=0', '-t', '{{.Version}}', 'web'])).out).toBe('0\n');
    expect((await run('job inspect', ['-hcl', 'web'])).out).toBe('# version 1\n');
    expect((await run('job inspect', ['-version=7', 'web'])).error).toContain('version 7 is not kept; there are 1, 0');
    expect((await run('job inspect', ['-hcl', '-json', 'web'])).code).toBe(1);
  });

  test('history tells versions, and what each has changed', async () => {
    const { run } = await start({ 'GET /v1/job/web/versions': versions });
    expect((await run('job history', ['web'])).out).toBe(
      'Version     = 1\nStable      = false\nSubmit Date = 2026-01-02T03:04:05Z\n\n' +
        'Version     = 0\nStable      = false\nSubmit Date = 2026-01-02T03:04:05Z\n',
    );
    const { out } = await run('job history', ['-p', '-version=1', 'web']);
    expect(out).toMatch(/\nDiff = \n\+\/- Job: "web"\n\+\/- Task Group: "app"\n {2}\+\/- Count: "1" => "2"/);
    expect(out).toMatch(/\n {2}\+ +Task: "server"/);
    expect(JSON.parse((await run('job history', ['-json', 'web'])).out)).toHaveLength(2);
    expect((await run('job history', ['-full', '-version=0', 'web'])).out).toContain('"Version": 0');
    expect((await run('job history', ['-version=5', 'web'])).error).toBe('Job version 5 not found\n');
  });

  test('allocs lists them, in full with -verbose', async () => {
    const { run } = await start({ 'GET /v1/job/web/allocations': [allocOf()] });
    expect((await run('job allocs', ['web'])).out).toMatch(
      /\n5b1c0d9a +fb2170a8 +app +1 +run +running +1h1m ago +2h ago\n$/,
    );
    expect((await run('job allocs', ['-verbose', 'web'])).out).toMatch(
      /\n[0-9a-f-]{36} +[0-9a-f-]{36} +[0-9a-f-]{36} +alder /,
    );
  });
});

test('job scaling-events lists those of all groups, the newest first', async () => {
  const event = {
    Error: false,
    Message: '',
    Meta: null,
    EvalID: EVAL_ID,
    Time: Date.parse('2026-01-02T03:04:05Z') * 1e6,
  };
  const app = [
    { ...event, Count: null, PreviousCount: 3, Error: true, Message: 'no room', EvalID: null, CreateIndex: 9 },
    { ...event, Count: 3, PreviousCount: 1, CreateIndex: 5 },
  ];
  const TaskGroups = {
    app: { Desired: 3, Events: app },
    db: { Desired: 1, Events: [{ ...event, Count: 1, PreviousCount: 2, CreateIndex: 7 }] },
    idle: { Desired: 1, Events: null },
  };
  const { run } = await start({ 'GET /v1/job/web/scale': { JobID: 'web', TaskGroups } });
  expect((await run('job scaling-events', ['web'])).out).toBe(
    [
      'Task Group  Count  PrevCount  Date',
      'app                3          2026-01-02T03:04:05Z',
      'db          1      2          2026-01-02T03:04:05Z',
      'app         3      1          2026-01-02T03:04:05Z',
      '',
    ].join('\n'),
  );
  const { out } = await run('job scaling-events', ['-verbose', 'web']);
  expect(out).toMatch(/^Task Group +Count +PrevCount +Error +Message +Eval ID +Date\napp +3 +true +no room +2026/);
  expect(out).toContain(EVAL_ID);
  expect(JSON.parse((await run('job scaling-events', ['-json', 'web'])).out)).toEqual(TaskGroups);
  const none = await start({ 'GET /v1/job/web/scale': { JobID: 'web', TaskGroups: { idle: { Events: null } } } });
  expect((await none.run('job scaling-events', ['web'])).out).toBe('No events found\n');
});

describe('job plan and validate', () => {
  const HCL = 'job "web" {\n  group "app" {\n    task "server" {\n      driver = "raw_exec"\n    }\n  }\n}\n';
  const diff = {
    Type: 'Edited',
    ID: 'web',
    Fields: [{ Type: 'Edited', Name: 'Priority', Old: '50', New: '60', Annotations: null }],
    Objects: null,
    TaskGroups: [
      {
        Type: 'Edited',
        Name: 'app',
        Fields: [{ Type: 'Edited', Name: 'Count', Old: '1', New: '3', Annotations: ['forces create'] }],
        Objects: null,
        Updates: { create: 2, ignore: 1, destroy: 0 },
        Tasks: [
          {
            Type: 'Edited',
            Name: 'server',
            Annotations: ['forces create/destroy update'],
            Fields: null,
            Objects: [
              {
                Type: 'Added',
                Name: 'Config',
                Fields: [{ Type: 'Added', Name: 'command', Old: '', New: '/bin/x', Annotations: null }],
                Objects: null,
              },
            ],
          },
        ],
      },
    ],
  };
  const plan = (changes: object = {}) => ({
    Annotations: { DesiredTGUpdates: { app: { Ignore: 1, Place: 0, InPlaceUpdate: 1 } } },
    FailedTGAllocs: null,
    CreatedEvals: null,
    Diff: diff,
    JobModifyIndex: 12,
    Warnings: '',
    ...changes,
  });

  test('shows the difference, and how to register just that', async () => {
    const { run, requests } = await start({ 'PUT /v1/job/web/plan': plan() });
    const { out, code } = await run('job plan', ['-verbose', '-'], HCL);
    expect(out).toBe(
      [
        '+/- Job: "web"',
        '  +/- Priority: "50" => "60"',
        '+/- Task Group: "app" (2 create, 1 ignore)',
        '  +/- Count: "1" => "3" (forces create)',
        '  +/- Task: "server" (forces create/destroy update)',
        '    +   Config {',
        '      +   command: "/bin/x"',
        '        }',
        '',
        'Changes:',
        '- app: 1 Ignore, 1 InPlaceUpdate',
        '',
        'Scheduler dry-run:',
        '- All tasks successfully allocated.',
        '',
        'Job Modify Index: 12',
        'To submit the job with version verification run:',
        '',
        'steppe job run -check-index 12 -',
        '',
        'With -check-index the job is only registered if it has not been changed since this plan.',
        '',
      ].join('\n'),
    );
    expect(code).toBe(0);
    expect(requests[0]?.body).toMatchObject({ Job: { ID: 'web' }, Diff: true });
  });

  test('exits with 1 when allocations would start or end, and says what does not fit', async () => {
    const { run, requests } = await start({
      'PUT /v1/job/web/plan': plan({
        Annotations: { DesiredTGUpdates: { app: { Place: 1 } } },
        FailedTGAllocs: { app: { NodesEvaluated: 1, NodesExhausted: 1, DimensionExhausted: { cpu: 1 } } },
        CreatedEvals: [evalOf({ WaitUntil: '2026-05-05T00:00:00Z' }), evalOf()],
        Diff: null,
        Warnings: 'beware',
      }),
    });
    const { out, code, error } = await run('job plan', ['-diff=false', '-'], HCL);
    expect(out).toMatch(/^Scheduler dry-run:\n- WARNING: Failed to place all allocations.\nTask Group "app"/);
    expect(out).toContain('* Dimension "cpu" exhausted on 1 node\n- A follow-up evaluation is due at 2026-05-05');
    expect(error).toContain('beware');
    expect(code).toBe(1);
    expect(requests[0]?.body).toMatchObject({ Diff: false });
  });

  test('exits with 255 on errors', async () => {
    const { run } = await start({ 'PUT /v1/job/web/plan': () => ({ status: 403, body: 'Permission denied' }) });
    expect(await run('job plan', ['-'], HCL)).toEqual({
      code: 255,
      out: '',
      error: 'Error during plan: Unexpected response code: 403 (Permission denied)\n',
    });
    expect((await run('job plan')).code).toBe(255);
  });

  test('validate lists what is wrong', async () => {
    let problems: readonly string[] | null = ['Missing job task groups', 'Task group 1 has no name'];
    const { run } = await start({
      'PUT /v1/validate/job': () => ({ body: { ValidationErrors: problems, Error: '2 errors', Warnings: '' } }),
    });
    expect(await run('job validate', ['-'], HCL)).toEqual({
      code: 1,
      out: '',
      error: 'Job validation errors:\n  * Missing job task groups\n  * Task group 1 has no name\n',
    });
    problems = [];
    expect(await run('job validate', ['-'], HCL)).toMatchObject({ code: 0, out: 'Job validation successful\n' });
  });
});
