import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@steppe/testing';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningAlloc } from './running-job.js';
import { realTasksModule, runJob, shellTask } from './running-job.js';
import type { TestAgent } from './test-agent.js';
import { secretOf, startServerAgent, startWorkerAgent } from './test-agent.js';

const TOKENS = {
  keeper: 'namespace "default" { capabilities = ["alloc-lifecycle", "read-job", "read-logs"] }',
  reader: 'namespace "default" { policy = "read" }',
  submitter: 'namespace "default" { capabilities = ["submit-job"] }',
  'node-reader': 'node { policy = "read" }',
  'node-writer': 'node { policy = "write" }',
};

/** Says that it has begun; and that it was asked to, on a hang-up. */
const LISTENS = 'trap "echo hang-up" HUP; echo begun; while :; do sleep 0.05; done';

const allocDir = mkdtempSync(join(tmpdir(), 'steppe-tasks-'));
let server: TestAgent;
let worker: TestAgent;
let alloc: RunningAlloc;
beforeAll(async () => {
  server = await startServerAgent({ tokens: TOKENS });
  const { Members } = (await server.request('/v1/agent/members', { token: 'root' })).json() as {
    Members: { Tags: { port: string } }[];
  };
  worker = await startWorkerAgent({
    tokens: TOKENS,
    settings: { client: { enabled: true, allocDir, servers: [`127.0.0.1:${Members[0]?.Tags.port}`] } },
    modules: [realTasksModule],
  });
  const policy = { Attempts: 0, Mode: 'fail', Interval: 60_000_000_000, Delay: 0 };
  const tasks = [
    shellTask('main', LISTENS),
    shellTask('other', LISTENS),
    shellTask('init', 'echo begun', { Lifecycle: { Hook: 'prestart' } }),
  ];
  alloc = await runJob(server, 'keeps', tasks, { RestartPolicy: policy });
  await eventually(20_000, async () => expect(await logOf('main')).toBe('begun\n'));
}, 60_000);
afterAll(async () => {
  await worker.stop();
  await server.stop();
  rmSync(allocDir, { recursive: true, force: true });
});

const put = (operation: string, body: unknown, { token = 'keeper', id = alloc.ID } = {}) =>
  server.request(`/v1/client/allocation/${id}/${operation}`, {
    method: 'PUT',
    token,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const logOf = async (task: string): Promise<string> =>
  (
    await server.request(`/v1/client/fs/logs/${alloc.ID}?task=${task}&type=stdout&plain=true`, {
      token: 'keeper',
    })
  ).text;

const taskStates = async (): Promise<RunningAlloc['TaskStates']> =>
  ((await server.request(`/v1/allocation/${alloc.ID}`, { token: 'keeper' })).json() as RunningAlloc).TaskStates;

const nodeId = async (): Promise<string> => {
  const [node] = (await server.request('/v1/nodes', { token: 'root' })).json() as { ID: string }[];
  return node?.ID ?? '';
};

describe('what the machine of a node is doing', () => {
  const NUMBER = expect.any(Number);
  const statsOf = (query: string, { agent = server, token = 'node-reader' } = {}) =>
    agent.request(`/v1/client/stats${query}`, { token });

  test('is told by the node that is named, or asked', async () => {
    const disk = { Device: expect.any(String), Mountpoint: expect.any(String), InodesUsedPercent: NUMBER };
    const usage = { ...disk, Size: NUMBER, Used: NUMBER, Available: NUMBER, UsedPercent: NUMBER };
    const replies = [await statsOf(`?node_id=${await nodeId()}`), await statsOf('', { agent: worker })];
    for (const reply of replies) {
      expect(reply.status).toBe(200);
      expect(reply.json()).toEqual({
        AllocDirStats: usage,
        CPU: cpus().map((_, i) => ({ CPU: `cpu${i}`, Idle: NUMBER, System: NUMBER, Total: NUMBER, User: NUMBER })),
        CPUTicksConsumed: NUMBER,
        DeviceStats: [],
        DiskStats: expect.arrayContaining([usage]),
        Memory: { Available: NUMBER, Free: NUMBER, Total: NUMBER, Used: NUMBER },
        Timestamp: NUMBER,
        Uptime: NUMBER,
      });
    }
  });

  test.each([
    ['', {}, 400, 'No local Node and node_id not provided'],
    [`?node_id=${secretOf('nobody')}`, {}, 404, `Unknown node "${secretOf('nobody')}"`],
    ['', { token: 'keeper' }, 403, 'Permission denied'],
  ])('asked of a server with "%s" and %j, is %i', async (query, how, status, text) => {
    expect(await statsOf(query, how)).toMatchObject({ status, text });
  });

  test('is nothing for whoever may not read nodes, asked of the node neither', async () => {
    expect(await statsOf('', { agent: worker, token: 'keeper' })).toMatchObject({ status: 403 });
  });
});

test.each<[string, { id?: string; token?: string }, number, string]>([
  ['an allocation', {}, 200, '{}'],
  ['one that there is not', { id: 'none' }, 404, 'Unknown allocation "none"'],
  ['one whose job the caller may not read', { token: 'submitter' }, 403, 'Permission denied'],
])('the checks of %s, asked for with %j, are %i', async (_, { id = alloc.ID, token = 'reader' }, status, text) => {
  expect(await server.request(`/v1/client/allocation/${id}/checks`, { token })).toMatchObject({ status, text });
});

describe('pages of other origins', () => {
  const Origin = 'https://ui.example';
  const corsOf = ({ headers }: Awaited<ReturnType<TestAgent['request']>>) =>
    [...headers].filter(([name]) => name.startsWith('access-control-')).map(([name, value]) => `${name}: ${value}`);
  const ALLOWED = ['access-control-allow-credentials: true', 'access-control-allow-origin: *'];

  test('may read files, allocations and the machine of a node, and nothing else', () => {
    for (const { agent } of [server, worker]) {
      const open = agent.routes.filter(({ cors }) => cors === true).map(({ path }) => path);
      const expected = agent.routes.map(({ path }) => path);
      expect(open).toEqual(expected.filter((path) => /^\/v1\/client\/(fs|stats|allocation)(\/|$)/.test(path)));
      expect(open).toContain('/v1/client/fs/logs/:id');
    }
  });

  test('are told so with what other agents answer, with failures, too', async () => {
    const statsOf = (id: string): string => `/v1/client/allocation/${id}/stats`;
    const unknown = `/v1/client/stats?node_id=${secretOf('nobody')}`;
    for (const [path, token, status] of [
      [statsOf(alloc.ID), 'keeper', 200],
      [statsOf(alloc.ID), 'submitter', 403],
      [statsOf(secretOf('nothing')), 'keeper', 404],
      [unknown, 'node-reader', 404],
    ] as const) {
      for (const agent of [server, worker]) {
        const reply = await agent.request(path, { token, headers: { Origin } });
        expect([path, reply.status, corsOf(reply)]).toEqual([path, status, ALLOWED]);
        expect(reply.headers.get('vary')).toBe('Accept-Encoding, Origin');
      }
    }
    expect(corsOf(await server.request('/v1/nodes', { token: 'root', headers: { Origin } }))).toEqual([]);
  });

  test('ask before, without a token, and nothing comes of it', async () => {
    const headers = {
      Origin,
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'x-nomad-token',
    };
    const reply = await server.request(`/v1/client/allocation/${alloc.ID}/gc`, { method: 'OPTIONS', headers });
    expect([reply.status, reply.text, corsOf(reply)]).toEqual([
      204,
      '',
      [ALLOWED[0], 'access-control-allow-headers: x-nomad-token', 'access-control-allow-methods: GET', ALLOWED[1]],
    ]);
    expect((await server.request('/v1/nodes', { method: 'OPTIONS', headers })).status).toBe(405);
  });

  test('HEAD is GET without the body, whoever answers, and ends where a stream would go on', async () => {
    const logs = `/v1/client/fs/logs/${alloc.ID}?task=main&type=stdout&follow=true`;
    for (const agent of [server, worker]) {
      const followed = await agent.request(logs, { method: 'HEAD', token: 'keeper' });
      expect([followed.status, followed.text]).toEqual([200, '']);
      expect(followed.headers.get('content-type')).toBe('application/json');
      expect(await agent.request(logs, { method: 'HEAD', token: 'submitter' })).toMatchObject({ status: 403 });
    }
  });

  test('HEAD of what GET would collect is refused', async () => {
    const path = `/v1/client/allocation/${alloc.ID}/gc`;
    expect(await server.request(path, { method: 'HEAD', token: 'root' })).toMatchObject({ status: 405 });
    expect(await server.request(path, { token: 'root' })).toMatchObject({ status: 400 });
  });
});

describe('signal', () => {
  test('reaches the task by way of a server, and is an event of it', async () => {
    expect(await put('signal', { Task: 'main', Signal: 'SIGHUP' })).toMatchObject({ status: 200, text: '{"Index":0}' });
    await eventually(10_000, async () => {
      expect(await logOf('main')).toBe('begun\nhang-up\n');
      const { main, other } = await taskStates();
      expect(main?.Events.at(-1)).toMatchObject({
        Type: 'Signaling',
        DisplayMessage: 'Task being sent signal SIGHUP',
      });
      expect(other?.Events.map(({ Type }) => Type)).not.toContain('Signaling');
    });
  });

  test.each([
    [{ Task: 'main', Signal: 'SIGFOO' }, {}, 400, 'unknown signal "SIGFOO"'],
    [{ Task: 'main' }, {}, 400, 'must provide a signal: Signal is empty'],
    [{ Task: 'db', Signal: 'SIGHUP' }, {}, 404, 'unknown task name "db"'],
    [{ Task: 'init', Signal: 'SIGHUP' }, {}, 400, 'Task "init" is not running'],
    [{ Task: 7, Signal: 'SIGHUP' }, {}, 400, 'Request.Task must be'],
    ['', {}, 400, 'Request body is empty'],
    [{ Task: 'main', Signal: 'SIGHUP' }, { token: 'reader' }, 403, 'Permission denied'],
    [{ Signal: 'SIGHUP' }, { id: 'none' }, 404, 'Unknown allocation "none"'],
  ])('%j %j is %i', async (body, how, status, text) => {
    const reply = await put('signal', body, how);
    expect(reply.text).toContain(text);
    expect(reply.status).toBe(status);
  });
});

describe('restart', () => {
  test('runs a task anew, although its policy allows no restarts; the others go on', async () => {
    const before = await taskStates();
    const written = await logOf('main');
    expect(await put('restart', { TaskName: 'main' })).toMatchObject({ status: 200, text: '{"Index":0}' });
    await eventually(10_000, async () => {
      const { main, other } = await taskStates();
      expect(main).toMatchObject({ State: 'running', Restarts: (before['main']?.Restarts ?? 0) + 1 });
      expect(main?.Events.slice(-4).map(({ Type }) => Type)).toEqual([
        'Restart Signaled',
        'Terminated',
        'Restarting',
        'Started',
      ]);
      expect(other).toEqual(before['other']);
      expect(await logOf('main')).toBe(`${written}begun\n`);
    });
  });

  test('of all tasks runs those again that had ended, too', async () => {
    const before = await taskStates();
    expect((await put('restart', { AllTasks: true })).status).toBe(200);
    await eventually(10_000, async () => {
      const after = await taskStates();
      for (const task of ['init', 'main', 'other']) {
        expect(after[task]?.Restarts).toBe((before[task]?.Restarts ?? 0) + 1);
      }
      expect([after['init']?.State, after['main']?.State]).toEqual(['dead', 'running']);
      expect(await logOf('init')).toBe('begun\nbegun\n');
    });
  });

  test.each([
    [{ TaskName: 'db' }, {}, 404, 'unknown task name "db"'],
    [{ TaskName: 'init' }, {}, 400, 'Task "init" is not running'],
    [{ TaskName: 'main', AllTasks: true }, {}, 400, 'TaskName must be empty with AllTasks, got "main"'],
    ['{', {}, 400, 'invalid JSON'],
    [{}, { token: 'reader' }, 403, 'Permission denied'],
    [{}, { id: 'none' }, 404, 'Unknown allocation "none"'],
  ])('%j %j is %i', async (body, how, status, text) => {
    const reply = await put('restart', body, how);
    expect(reply.text).toContain(text);
    expect(reply.status).toBe(status);
  });

  test('of an allocation that has been stopped is refused', async () => {
    await server.request('/v1/job/keeps', { method: 'DELETE', token: 'root' });
    await eventually(10_000, async () => expect((await taskStates())['main']?.State).toBe('dead'));
    expect(await put('restart', '')).toMatchObject({
      status: 400,
      text: `Allocation "${alloc.ID}" is not running`,
    });
  });
});

describe('what an allocation has left on its node', () => {
  const collectAll = async (how: { method?: string; token?: string } = {}) =>
    server.request(`/v1/client/gc?node_id=${await nodeId()}`, { method: 'PUT', token: 'node-writer', ...how });
  const folder = (id: string): string => join(allocDir, id);

  test('is removed when it has ended, and asked for', async () => {
    expect(existsSync(folder(alloc.ID))).toBe(true);
    expect(await put('gc', '', { token: 'reader' })).toMatchObject({ status: 403, text: 'Permission denied' });
    await eventually(10_000, async () =>
      expect(await put('gc', '', { token: 'submitter' })).toMatchObject({ status: 200, text: '{}' }),
    );
    expect(existsSync(folder(alloc.ID))).toBe(false);
  });

  test('is unknown afterwards, whoever is asked', async () => {
    const unknown = { status: 404, text: `Unknown allocation "${alloc.ID}"` };
    expect(await put('gc', '', { token: 'submitter' })).toMatchObject(unknown);
    for (const agent of [server, worker]) {
      expect(await agent.request(`/v1/client/fs/ls/${alloc.ID}`, { token: 'root' })).toMatchObject(unknown);
    }
  });

  test('goes with that of all others, but for those that run', async () => {
    const ended = await runJob(server, 'ends', [shellTask('main', LISTENS)]);
    const running = await runJob(server, 'runs', [shellTask('main', LISTENS)]);
    expect(await put('gc', '', { token: 'submitter', id: running.ID })).toMatchObject({
      status: 400,
      text: `Allocation "${running.ID}" has not ended, or the servers do not take that it has`,
    });
    await server.request('/v1/job/ends', { method: 'DELETE', token: 'root' });
    await eventually(10_000, async () => {
      expect(await collectAll()).toMatchObject({ status: 200, text: '' });
      expect(existsSync(folder(ended.ID))).toBe(false);
    });
    expect(existsSync(folder(running.ID))).toBe(true);
  });

  test.each([
    [{ token: 'node-reader' }, 403, 'Permission denied'],
    [{ method: 'GET' }, 200, ''],
    [{ method: 'DELETE' }, 405, 'Invalid method'],
  ])('of all that have ended, asked for with %j, is %i', async (how, status, text) => {
    expect(await collectAll(how)).toMatchObject({ status, text });
  });
});
