import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Layer } from '@steppe/config';
import { eventually } from '@steppe/testing';
import type { SchedulingAgent } from './scheduling-agent.js';
import { jobOf, startSchedulingAgent } from './scheduling-agent.js';
import type { TestAgent } from './test-agent.js';
import { SPEC_TOKENS, startServerAgent, startWorkerAgent } from './test-agent.js';

interface Listed {
  readonly server_id: string;
  readonly schedulers: readonly {
    readonly id: string;
    readonly enabled_schedulers: readonly string[];
    readonly started: string;
  }[];
}
interface Config {
  readonly server_id: string;
  readonly num_schedulers: number;
  readonly enabled_schedulers: readonly string[];
}

const LIST = '/v1/agent/schedulers';
const CONFIG = '/v1/agent/schedulers/config';
const CPU_COUNT = 4;
const FOUR: Layer = { server: { enabled: true, bootstrapExpect: 1, numSchedulers: 4 } };
const ALL = ['_core', 'batch', 'service', 'sysbatch', 'system'];
const body = (num_schedulers: number, enabled_schedulers: readonly string[] = ALL): string =>
  JSON.stringify({ num_schedulers, enabled_schedulers });
const INVALID = body(-1);

/** What a server tells of its workers, and how they are changed. */
function schedulersOf(agent: TestAgent) {
  const read = async <T>(path: string, token?: string): Promise<T> => {
    const reply = await agent.request(path, token === undefined ? {} : { token });
    expect(reply.status).toBe(200);
    return reply.json();
  };
  const list = (token?: string) => read<Listed>(LIST, token);
  return {
    list,
    ids: async (token?: string) => (await list(token)).schedulers.map(({ id }) => id),
    config: (token?: string) => read<Config>(CONFIG, token),
    put: (content: string | undefined, token?: string) =>
      agent.request(CONFIG, {
        method: 'PUT',
        ...(content === undefined ? {} : { body: content }),
        ...(token === undefined ? {} : { token }),
      }),
  };
}

test('scheduling row 1: an agent without a server says so, whatever token or body comes with the request', async () => {
  const worker = await startWorkerAgent({ tokens: {} });
  for (const path of [LIST, CONFIG]) {
    for (const token of [undefined, 'unknown', 'garbage']) {
      for (const [method, content] of [
        ['GET', undefined],
        ['PUT', body(1)],
        ['PUT', '{'],
        ['POST', undefined],
        ['POST', INVALID],
      ] as const) {
        const reply = await worker.request(path, {
          method,
          ...(content === undefined ? {} : { body: content }),
          ...(token === undefined ? {} : { token }),
        });
        expect(reply).toMatchObject({ status: 400, text: 'Server only endpoint' });
      }
    }
  }
  await worker.stop();
});

describe('a server of four workers', () => {
  let agent: TestAgent;
  let schedulers: ReturnType<typeof schedulersOf>;
  beforeAll(async () => {
    agent = await startServerAgent({ settings: FOUR, cpuCount: CPU_COUNT });
    schedulers = schedulersOf(agent);
  });
  beforeEach(async () => expect((await schedulers.put(body(4))).status).toBe(200));
  afterAll(() => agent.stop());

  test('scheduling row 2: lists them, each with an id of its own and the time it was made', async () => {
    const { server_id, schedulers: workers } = await schedulers.list();
    expect(server_id).not.toBe('');
    expect(workers).toHaveLength(4);
    expect(new Set(workers.map(({ id }) => id)).size).toBe(4);
    for (const { started } of workers) {
      expect(started).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d*[1-9])?Z$/);
      expect(Math.abs(Date.now() - Date.parse(started))).toBeLessThan(60_000);
    }
  });

  test.each([
    ['scheduling row 3', 'POST', LIST],
    ['scheduling row 3', 'PUT', LIST],
    ['scheduling row 4', 'DELETE', CONFIG],
  ])('%s: %s %s is no method of it', async (_, method, path) => {
    expect(await agent.request(path, { method })).toMatchObject({ status: 405, text: 'Invalid method' });
  });

  test.each([
    ['scheduling row 10', body(-1)],
    ['scheduling row 10', body(CPU_COUNT + 1)],
    ['scheduling row 10', body(1).replace('1', '9223372036854775807')],
    ['scheduling row 11', body(1, ['batch', 'service'])],
    ['scheduling row 11', body(1, ['_core', 'cron'])],
  ])('%s: %s is out of range, and changes nothing', async (_, content) => {
    const before = [await schedulers.config(), await schedulers.ids()];
    for (const method of ['PUT', 'POST']) {
      const reply = await agent.request(CONFIG, { method, body: content });
      expect(reply).toMatchObject({ status: 400, text: 'Invalid request' });
    }
    expect([await schedulers.config(), await schedulers.ids()]).toEqual(before);
  });

  test.each([[`{num_schedulers:-1}`], [undefined]])(
    'scheduling row 12: what is no JSON (%j) is told what is wrong with it',
    async (content) => {
      const reply = await schedulers.put(content);
      expect(reply.status).toBe(400);
      expect(reply.text).toMatch(/^Invalid request: ./);
    },
  );

  test('scheduling row 13: what was read can be sent back, and changes nothing', async () => {
    const before = await schedulers.config();
    const ids = await schedulers.ids();
    expect(before).toEqual({ server_id: expect.stringMatching(/./), num_schedulers: 4, enabled_schedulers: ALL });
    const reply = await schedulers.put(JSON.stringify(before));
    expect([reply.status, reply.json()]).toEqual([200, before]);
    expect([await schedulers.config(), await schedulers.ids()]).toEqual([before, ids]);
  });

  test('scheduling row 14: another number is another pool, at once', async () => {
    const before = await schedulers.ids();
    const reply = await schedulers.put(body(2));
    expect([reply.status, reply.json()]).toMatchObject([200, { num_schedulers: 2 }]);
    const ids = await schedulers.ids();
    expect([ids.length, ids.filter((id) => before.includes(id))]).toEqual([2, []]);
  });

  test.each([
    ['scheduling row 15', ['_core', 'batch']],
    // The last in the order of the alphabet.
    ['scheduling row 16', ALL.slice(0, -1)],
  ])('%s: another list (%j) is another pool, all of whose workers have it', async (_, types) => {
    const before = await schedulers.ids();
    const reply = await schedulers.put(body(4, types));
    expect([reply.status, reply.json()]).toMatchObject([200, { num_schedulers: 4, enabled_schedulers: types }]);
    const { schedulers: workers } = await schedulers.list();
    expect(workers.map(({ enabled_schedulers }) => enabled_schedulers)).toEqual([types, types, types, types]);
    expect(workers.filter(({ id }) => before.includes(id))).toEqual([]);
  });
});

describe('a server with ACLs on', () => {
  let agent: TestAgent;
  let schedulers: ReturnType<typeof schedulersOf>;
  beforeAll(async () => {
    agent = await startServerAgent({ settings: FOUR, cpuCount: CPU_COUNT, tokens: SPEC_TOKENS });
    schedulers = schedulersOf(agent);
  });
  afterAll(() => agent.stop());

  test.each([
    ['scheduling row 5', undefined, 403],
    ['scheduling row 5', 'unknown', 403],
    ['scheduling row 6', 'agent-read', 200],
    ['scheduling row 6', 'agent-write', 200],
    ['scheduling row 6', 'root', 200],
  ])('%s: read as "%s" it is %i', async (_, token, status) => {
    for (const path of [LIST, CONFIG]) {
      expect((await agent.request(path, token === undefined ? {} : { token })).status).toBe(status);
    }
  });

  test('scheduling row 7: whoever may read it may not change it', async () => {
    const before = [await schedulers.config('root'), await schedulers.ids('root')];
    expect(await schedulers.put(body(1), 'agent-read')).toMatchObject({ status: 403, text: 'Permission denied' });
    expect([await schedulers.config('root'), await schedulers.ids('root')]).toEqual(before);
  });

  test.each([
    ['scheduling row 8', undefined, 403, 'Permission denied'],
    ['scheduling row 8', 'unknown', 403, 'Permission denied'],
    ['scheduling row 8', 'agent-read', 403, 'Permission denied'],
    ['scheduling row 9', 'agent-write', 400, 'Invalid request'],
    ['scheduling row 9', 'root', 400, 'Invalid request'],
  ])('%s: a value out of range as "%s" is %i', async (_, token, status, text) => {
    expect(await schedulers.put(INVALID, token)).toMatchObject({ status, text });
  });
});

test('scheduling row 17: without workers evaluations stay ready, and are processed once there are two', async () => {
  const agent: SchedulingAgent = await startSchedulingAgent({
    settings: { ...FOUR, telemetry: { prometheusMetrics: true } },
    cpuCount: CPU_COUNT,
  });
  const { list, put } = schedulersOf(agent);
  expect((await put(body(2))).status).toBe(200);
  expect((await put(body(0))).json()).toMatchObject({ num_schedulers: 0, enabled_schedulers: ALL });
  expect((await list()).schedulers).toEqual([]);
  const evaluations: string[] = [];
  for (const id of ['one', 'two']) {
    const { EvalID } = (await agent.put('/v1/jobs', { Job: jobOf(id) })).json() as { readonly EvalID: string };
    evaluations.push(EvalID);
  }
  const statuses = () =>
    Promise.all(
      evaluations.map(async (id) => (await agent.get<{ readonly Status: string }>(`/v1/evaluation/${id}`)).Status),
    );
  await eventually(10_000, async () => {
    expect((await agent.request('/v1/metrics?format=prometheus')).text).toMatch(/^\w*broker_total_ready\S* 2$/m);
  });
  expect(await statuses()).toEqual(['pending', 'pending']);
  expect((await put(body(2))).status).toBe(200);
  await eventually(10_000, async () => expect(await statuses()).toEqual(['complete', 'complete']));
  await agent.stop();
});
