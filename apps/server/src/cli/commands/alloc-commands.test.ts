import { afterEach, describe, expect, test } from '@jest/globals';
import { ALLOC_ID, allocOf, EVAL_ID, evalOf, jobStubOf } from '../testing/job-shapes.js';
import type { Script, ScriptedAgent } from '../testing/scripted-agent.js';
import { startScriptedAgent } from '../testing/scripted-agent.js';

const OTHER_ID = '5b2fffff-3333-4333-8333-000000000003';
const frame = (data: string): string => JSON.stringify({ Offset: 0, Data: Buffer.from(data).toString('base64') });

let agent: ScriptedAgent | undefined;
const start = async (script: Script = {}, alloc: object = {}): Promise<ScriptedAgent> => {
  const full = {
    ...allocOf(),
    Job: { Type: 'service', TaskGroups: [{ Name: 'app', Tasks: [{ Name: 'server' }] }] },
    ...alloc,
  };
  agent = await startScriptedAgent({
    'GET /v1/allocations': ({ query }) => ({
      body: [allocOf(), allocOf({ ID: OTHER_ID })].filter(({ ID }) => ID.startsWith(query['prefix'] ?? '')),
    }),
    [`GET /v1/allocation/${ALLOC_ID}`]: full,
    ...script,
  });
  return agent;
};
afterEach(async () => {
  await agent?.stop();
  agent = undefined;
});

describe('alloc status', () => {
  const running = {
    TaskStates: {
      server: {
        State: 'running',
        Failed: false,
        Restarts: 1,
        LastRestart: '2026-01-02T03:05:00.5Z',
        StartedAt: '2026-01-02T03:04:05Z',
        FinishedAt: '0001-01-01T00:00:00Z',
        Events: [
          { Type: 'Received', Time: Date.UTC(2026, 0, 1) * 1e6, DisplayMessage: 'Task received by client' },
          { Type: 'Started', Time: Date.UTC(2026, 0, 2) * 1e6, DisplayMessage: '', Message: 'runs' },
        ],
      },
    },
    AllocatedResources: {
      Tasks: { server: { Cpu: { CpuShares: 100 }, Memory: { MemoryMB: 64 } } },
      Shared: { DiskMB: 300, Ports: [{ Label: 'http', Value: 20_345, HostIP: '127.0.0.1' }] },
    },
  };

  test('shows tasks with what they have, use and went through', async () => {
    const { run } = await start(
      {
        [`GET /v1/client/allocation/${ALLOC_ID}/stats`]: {
          Tasks: {
            server: {
              ResourceUsage: {
                CpuStats: { TotalTicks: 12.4, Percent: 0.527, Measured: ['Total Ticks', 'Percent'] },
                MemoryStats: { RSS: 20_971_520, Cache: 0, Measured: ['RSS'] },
              },
            },
          },
        },
      },
      running,
    );
    const { out, code, error } = await run('alloc status', ['-stats', '5b1c']);
    expect([code, error]).toEqual([0, '']);
    expect(out).toMatch(/^ID +=.5b1c0d9a\nEval ID +=.26cfc69e\nName +=.web\.app\[0\]\nNode ID +=.fb2170a8\n/);
    expect(out.slice(out.indexOf('\n\n'))).toBe(
      [
        '',
        '',
        'Allocation Addresses',
        'Label  Address          To',
        'http   127.0.0.1:20345',
        '',
        'Task "server" is "running"',
        '',
        'Task Resources',
        'CPU         Memory         Disk',
        '12/100 MHz  20 MiB/64 MiB  300 MiB',
        '',
        'Memory Stats',
        'RSS',
        '20 MiB',
        '',
        'CPU Stats',
        'Total Ticks  Percent',
        '12.4         0.53',
        '',
        'Task Events',
        'Started At     = 2026-01-02T03:04:05Z',
        'Finished At    = N/A',
        'Total Restarts = 1',
        'Last Restart   = 2026-01-02T03:05:00Z',
        '',
        'Recent Events',
        'Time                  Type      Description',
        '2026-01-02T00:00:00Z  Started   runs',
        '2026-01-01T00:00:00Z  Received  Task received by client',
        '',
      ].join('\n'),
    );
  });

  test('goes without what its node does not tell', async () => {
    const { run } = await start(
      { [`GET /v1/client/allocation/${ALLOC_ID}/stats`]: () => ({ status: 404, body: 'No path to node' }) },
      running,
    );
    const { out, error, code } = await run('alloc status', [ALLOC_ID]);
    expect(out).toContain('\n100 MHz  64 MiB  300 MiB\n');
    expect(error).toContain('No path to node');
    expect(code).toBe(0);
  });

  test('-short, -json, -verbose', async () => {
    const { run } = await start({}, { ...running, Metrics: { NodesEvaluated: 1, ScoreMetaData: null } });
    expect((await run('alloc status', ['-short', ALLOC_ID])).out).toMatch(
      /\n\nTasks\nName +State +Last Event +Time\nserver +running +Started +2026-01-02T00:00:00Z\n$/,
    );
    expect(JSON.parse((await run('alloc status', ['-json', ALLOC_ID])).out)).toMatchObject({ ID: ALLOC_ID });
    expect((await run('alloc status', ['-verbose', ALLOC_ID])).out).toContain(
      'Placement Metrics\n  * Nodes evaluated: 1',
    );
  });

  test.each([
    [['5'], 'Identifier must contain at least two characters.'],
    [['5b'], 'Prefix matched multiple allocations\n\nID '],
    [['77'], 'No allocation(s) with prefix or id "77" found'],
    [[], 'This command takes one argument: <allocation>'],
  ])('%j is refused', async (args, reason) => {
    const { run } = await start();
    const { code, error } = await run('alloc status', args);
    expect(error).toContain(reason);
    expect(code).toBe(1);
  });
});

test('alloc stop stops an allocation in its namespace, and follows what comes of it', async () => {
  const { run, seen } = await start({
    [`PUT /v1/allocation/${ALLOC_ID}/stop`]: { EvalID: EVAL_ID },
    [`GET /v1/evaluation/${EVAL_ID}`]: evalOf({ TriggeredBy: 'alloc-stop' }),
    [`GET /v1/evaluation/${EVAL_ID}/allocations`]: [],
  });
  expect((await run('alloc stop', ['-detach', '5b1'])).out).toBe(`Allocation is to stop\nEvaluation ID: ${EVAL_ID}\n`);
  expect((await run('alloc stop', ['-reschedule', ALLOC_ID])).out).toContain('finished with status "complete"');
  expect(seen()).toContain(
    `PUT /v1/allocation/${ALLOC_ID}/stop?namespace=default&no_shutdown_delay=false&reschedule=true`,
  );
});

describe('alloc restart and alloc signal', () => {
  const RESTART = `PUT /v1/client/allocation/${ALLOC_ID}/restart`;
  const SIGNAL = `PUT /v1/client/allocation/${ALLOC_ID}/signal`;

  test.each([
    [[], { TaskName: '', AllTasks: false }],
    [['server'], { TaskName: 'server', AllTasks: false }],
    [['-task=server'], { TaskName: 'server', AllTasks: false }],
    [['-all-tasks'], { TaskName: '', AllTasks: true }],
  ])('restart %j sends %j', async (args, body) => {
    const { run, requests, seen } = await start({ [RESTART]: { Index: 0 } });
    const flags = args.filter((arg) => arg.startsWith('-'));
    const rest = args.filter((arg) => !arg.startsWith('-'));
    expect(await run('alloc restart', [...flags, '5b1c', ...rest])).toEqual({ code: 0, out: '', error: '' });
    expect([seen().at(-1), requests.at(-1)?.body]).toEqual([`${RESTART}?namespace=default`, body]);
  });

  test('signal sends SIGKILL, or what -s says', async () => {
    const { run, requests } = await start({ [SIGNAL]: { Index: 0 } });
    expect((await run('alloc signal', [ALLOC_ID])).code).toBe(0);
    expect((await run('alloc signal', ['-s', 'SIGHUP', ALLOC_ID, 'server'])).code).toBe(0);
    expect(requests.flatMap(({ method, body }) => (method === 'PUT' ? [body] : []))).toEqual([
      { Task: '', Signal: 'SIGKILL' },
      { Task: 'server', Signal: 'SIGHUP' },
    ]);
  });

  test('what the node refuses is told', async () => {
    const { run } = await start({ [SIGNAL]: () => ({ status: 400, body: 'unknown signal "SIGFOO"' }) });
    const { code, error } = await run('alloc signal', ['-s=SIGFOO', ALLOC_ID]);
    expect([code, error]).toEqual([
      1,
      'Error signalling allocation: Unexpected response code: 400 (unknown signal "SIGFOO")\n',
    ]);
  });

  test.each([
    ['restart', [ALLOC_ID, 'db'], 'has no task "db". Its tasks: server'],
    ['restart', ['-all-tasks', ALLOC_ID, 'server'], '-all-tasks cannot be used with a task'],
    ['signal', ['-task=a', ALLOC_ID, 'b'], 'The task is given twice'],
    ['signal', [], 'This command takes one or two arguments: <allocation> [<task>]'],
  ])('%s %j is refused', async (command, args, reason) => {
    const { run } = await start();
    const { code, error } = await run(`alloc ${command}`, args);
    expect(error).toContain(reason);
    expect(code).toBe(1);
  });
});

describe('alloc logs', () => {
  const LOGS = `GET /v1/client/fs/logs/${ALLOC_ID}`;

  test('shows what the only task has written, and -stderr', async () => {
    const { run, seen } = await start({
      [LOGS]: ({ query }) => ({ body: `${frame(`${query['type']} 1\n`)}{}${frame('2\n')}` }),
    });
    expect(await run('alloc logs', ['5b1c'])).toEqual({ code: 0, out: 'stdout 1\n2\n', error: '' });
    expect((await run('alloc logs', ['-stderr', ALLOC_ID, 'server'])).out).toBe('stderr 1\n2\n');
    expect((await run('alloc logs', ['-stderr', '-stdout', ALLOC_ID])).out.split('\n').toSorted()).toEqual(
      ['', '2', '2', 'stderr 1', 'stdout 1'].toSorted(),
    );
    expect(seen().find((request) => request.includes('/fs/logs/'))).toBe(
      `${LOGS}?namespace=default&task=server&follow=false&origin=start&offset=0&type=stdout`,
    );
  });

  test('-tail shows the last lines, -n so many, -c so many bytes', async () => {
    const lines = Array.from({ length: 30 }, (_, i) => `line ${i}\n`);
    const { run, seen } = await start({ [LOGS]: () => ({ body: lines.map(frame).join('') }) });
    expect((await run('alloc logs', ['-tail', ALLOC_ID])).out).toBe(lines.slice(-10).join(''));
    expect((await run('alloc logs', ['-tail', '-n', '2', ALLOC_ID])).out).toBe('line 28\nline 29\n');
    expect((await run('alloc logs', ['-n=100', ALLOC_ID])).out).toBe(lines.join(''));
    await run('alloc logs', ['-c=7', ALLOC_ID]);
    expect(seen().at(-1)).toContain('origin=end&offset=7&type=stdout');
  });

  test('-f goes on after the last lines there were', async () => {
    const { run, seen } = await start({
      // A heartbeat says that everything there was has come.
      [LOGS]: () => ({ body: `${frame('1\n2\n3\n')}{}${frame('4\n')}${frame('5\n')}` }),
    });
    expect((await run('alloc logs', ['-f', '-n=1', ALLOC_ID])).out).toBe('3\n4\n5\n');
    expect(seen().at(-1)).toContain('follow=true');
  });

  test('-job takes a running allocation of the job', async () => {
    const { run } = await start({
      'GET /v1/jobs': [jobStubOf('web')],
      'GET /v1/job/web/allocations': [allocOf({ ID: OTHER_ID, ClientStatus: 'failed', CreateIndex: 30 }), allocOf()],
      [LOGS]: () => ({ body: frame('of the job\n') }),
    });
    expect((await run('alloc logs', ['-job=web', '-task=server'])).out).toBe('of the job\n');
  });

  test('an error behind the frames is told', async () => {
    const { run } = await start({ [LOGS]: () => ({ body: `${frame('1\n')}the node is gone` }) });
    const { code, out, error } = await run('alloc logs', [ALLOC_ID]);
    expect([code, out]).toEqual([1, '1\n']);
    expect(error).toMatch(/^Error reading logs: .*the node is gone/);
  });

  test.each([
    [[ALLOC_ID, 'other'], 'has no task "other". Its tasks: server'],
    [['-n=1', '-c=1', ALLOC_ID], '-n and -c are mutually exclusive'],
    [['-n=-1', ALLOC_ID], '-n must not be below 0, got -1'],
    [['-task=a', ALLOC_ID, 'b'], 'The task is given twice'],
    [[], 'This command takes one or two arguments'],
  ])('%j is refused', async (args, reason) => {
    const { run } = await start();
    const { code, error } = await run('alloc logs', args);
    expect(error).toContain(reason);
    expect(code).toBe(1);
  });
});

describe('alloc fs', () => {
  const folder = { Name: 'alloc', IsDir: true, Size: 4_096, FileMode: 'drwxr-xr-x', ModTime: '2026-01-02T03:04:05.7Z' };
  const STREAM = `GET /v1/client/fs/stream/${ALLOC_ID}`;
  const file = { ...folder, Name: 'x.log', IsDir: false, Size: 2_048, FileMode: '-rw-r--r--' };
  const script: Script = {
    [`GET /v1/client/fs/stat/${ALLOC_ID}`]: ({ query }) => ({ body: query['path'] === '/' ? folder : file }),
    [`GET /v1/client/fs/ls/${ALLOC_ID}`]: [folder, file],
    [STREAM]: () => ({ body: `${frame('a\nb\n')}{}${frame('c\n')}` }),
  };

  test('lists folders', async () => {
    const { run } = await start(script);
    expect((await run('alloc fs', ['5b1c'])).out).toBe(
      'Mode        Size     Modified Time         Name\n' +
        'drwxr-xr-x  4.0 KiB  2026-01-02T03:04:05Z  alloc/\n' +
        '-rw-r--r--  2.0 KiB  2026-01-02T03:04:05Z  x.log\n',
    );
  });

  test('shows files, their end, or what they are', async () => {
    const { run, seen } = await start(script);
    expect((await run('alloc fs', [ALLOC_ID, 'x.log'])).out).toBe('a\nb\nc\n');
    expect(seen().at(-1)).toBe(`${STREAM}?namespace=default&path=x.log&follow=false&origin=start&offset=0`);
    expect((await run('alloc fs', ['-stat', '-H', ALLOC_ID, 'x.log'])).out).toMatch(
      /\n-rw-r--r-- +2048 +2026.* x\.log\n$/,
    );
    await run('alloc fs', ['-c=7', ALLOC_ID, 'x.log']);
    expect(seen().at(-1)).toContain('origin=end&offset=7');
  });

  test('-tail shows the last lines, -n so many', async () => {
    const lines = Array.from({ length: 30 }, (_, i) => `line ${i}\n`);
    const { run, seen } = await start({ ...script, [STREAM]: () => ({ body: lines.map(frame).join('') }) });
    expect((await run('alloc fs', ['-tail', ALLOC_ID, 'x.log'])).out).toBe(lines.slice(-10).join(''));
    expect((await run('alloc fs', ['-n=2', ALLOC_ID, 'x.log'])).out).toBe('line 28\nline 29\n');
    expect(seen().at(-1)).toContain('follow=false&origin=end&offset=2048');
  });

  test('-f goes on with what is written, and says what happens to the file', async () => {
    const event = (FileEvent: string): string => JSON.stringify({ File: 'x.log', FileEvent });
    const { run, seen } = await start({
      ...script,
      [STREAM]: () => ({
        body: [frame('1\n2\n'), event('file truncated'), frame('3\n'), event('file deleted')].join('\n'),
      }),
    });
    expect(await run('alloc fs', ['-f', '-n=1', ALLOC_ID, 'x.log'])).toEqual({
      code: 0,
      out: '2\n3\n',
      error: 'file truncated\nfile deleted\n',
    });
    expect(seen().at(-1)).toContain('follow=true');
  });

  test('a file that cannot be read is told', async () => {
    const { run } = await start({ ...script, [STREAM]: () => ({ status: 404, body: 'gone' }) });
    const { code, error } = await run('alloc fs', [ALLOC_ID, 'x.log']);
    expect([code, error]).toEqual([1, 'Error reading file: Unexpected response code: 404 (gone)\n']);
  });
});

describe('eval list and eval status', () => {
  const script: Script = {
    'GET /v1/evaluations': ({ query }) => ({
      headers: { 'X-Nomad-NextToken': query['per_page'] === undefined ? '' : '77.x' },
      body: [evalOf({ Namespace: 'team' })],
    }),
    [`GET /v1/evaluation/${EVAL_ID}`]: evalOf({
      Namespace: 'team',
      Status: 'complete',
      BlockedEval: OTHER_ID,
      RelatedEvals: [evalOf({ ID: OTHER_ID, Status: 'blocked', TriggeredBy: 'queued-allocs' })],
      FailedTGAllocs: { app: { NodesEvaluated: 1, NodesFiltered: 1, ConstraintFiltered: { 'missing drivers': 1 } } },
    }),
    [`GET /v1/evaluation/${EVAL_ID}/allocations`]: [allocOf()],
  };

  test('lists pages', async () => {
    const { run, seen } = await start(script);
    expect((await run('eval list')).out).toBe(
      'ID        Priority  Triggered By  Job ID  Namespace  Node ID  Status    Placement Failures\n' +
        '26cfc69e  50        job-register  web     team                complete  false\n',
    );
    const { out } = await run('eval list', ['-job=web', '-status=complete', '-per-page=1', '-page-token=5.y']);
    expect(out).toContain('\n\nThere are more; the next page begins with -page-token=77.x\n');
    expect(seen().at(-1)).toBe('GET /v1/evaluations?job=web&status=complete&per_page=1&next_token=5.y');
    await agent?.stop();
    const empty = await start({ 'GET /v1/evaluations': [] });
    expect((await empty.run('eval list')).out).toBe('No evals found\n');
  });

  test('shows one with what it could not place', async () => {
    const { run, seen } = await start(script);
    const { out } = await run('eval status', ['26c']);
    expect(out).toMatch(
      /^ID +=.26cfc69e\n[^]*\nNamespace +=.team\n[^]*\nBlocked Eval +=.5b2fffff\n\nRelated Evaluations\n/,
    );
    expect(out).toContain(
      '\nFailed Placements\nTask Group "app" (failed to place 1 allocation):\n  * Nodes evaluated: 1, filtered: 1\n' +
        '  * Constraint "missing drivers": 1 node excluded by filter\n\nAllocations\nID ',
    );
    expect(seen()).toEqual([
      'GET /v1/evaluations?namespace=*&prefix=26',
      `GET /v1/evaluation/${EVAL_ID}?namespace=team&related=true`,
      `GET /v1/evaluation/${EVAL_ID}/allocations?namespace=team`,
    ]);
    expect(JSON.parse((await run('eval status', ['-json', EVAL_ID])).out)).toMatchObject({ ID: EVAL_ID });
  });

  test('-monitor follows it', async () => {
    const { run } = await start(script);
    const { out, code } = await run('eval status', ['-monitor', EVAL_ID]);
    expect(out).toContain('but failed to place all allocations:\n');
    expect(code).toBe(2);
  });
});
