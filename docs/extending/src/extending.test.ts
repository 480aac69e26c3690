import { afterEach, describe, expect, test } from '@jest/globals';
import type { Agent } from '@steppe/agent';
import { nodeHost } from '@steppe/agent';
import { HealthCheck, HttpRouteContribution, TargetResolver } from '@steppe/agent/di';
import { defaultAgentConfig, resolveAddresses, withSettings } from '@steppe/config';
import { createServerAgent } from '@steppe/server';
import { ContainerModule } from 'inversify';
import { memoryCheckModule } from './add-a-health-check.js';
import { greetingModule } from './add-a-route.js';
import { timerModule } from './add-a-task-driver.js';
import { batchHoursModule } from './hold-batch-work.js';
import { loggerModule } from './replace-the-logger.js';
import { countFailuresModule } from './wrap-a-service.js';

const settings = { bindAddr: '127.0.0.1', server: { enabled: true, bootstrapExpect: 1 } };
const base = { ...withSettings(defaultAgentConfig(), settings), devMode: true, ports: { http: 0, rpc: 0, serf: 0 } };
const config = resolveAddresses(base, () => []);
const quiet = { ...nodeHost(process, () => Promise.resolve(config)), writeLog: () => undefined };

const asNode = { ...config, client: { ...config.client, enabled: true } };

let agent: Agent | undefined;
afterEach(async () => {
  await agent?.stop();
  agent = undefined;
});

async function start(...modules: readonly ContainerModule[]): Promise<string> {
  return startWith(config, ...modules);
}

async function startWith(settings: typeof config, ...modules: readonly ContainerModule[]): Promise<string> {
  agent = createServerAgent({ config: settings, modules, host: quiet });
  await agent.start();
  return `http://127.0.0.1:${agent.httpAddresses[0]?.port}`;
}

describe('extending an agent', () => {
  test('add a route', async () => {
    const url = await start(greetingModule);
    const reply = await fetch(`${url}/v1/acme/greeting?name=Ada`);
    expect([reply.status, await reply.text()]).toEqual([200, '{"Greeting":"Hello, Ada!"}']);
    expect((await fetch(`${url}/v1/acme/greeting`, { method: 'PUT' })).status).toBe(405);
  });

  test('add a health check', async () => {
    const url = await start(memoryCheckModule(1));
    const reply = await fetch(`${url}/v1/agent/health`);
    expect(reply.status).toBe(500);
    expect(await reply.json()).toMatchObject({
      server: { ok: false, message: expect.stringMatching(/^memory: \d+ of 1 bytes used$/) },
    });
  });

  test('replace the logger', async () => {
    const lines: string[] = [];
    await start(loggerModule(({ name, message }) => lines.push(`${name}: ${message}`)));
    expect(lines).toContain('nomad: cluster leadership acquired');
  });

  test('wrap a service', async () => {
    const counts = new Map<number, number>();
    const url = await start(countFailuresModule(counts));
    await fetch(`${url}/v1/agent/self`, { method: 'DELETE' });
    expect(counts).toEqual(new Map([[405, 1]]));
  });
});

test('replace a scheduler', async () => {
  // No hour is open.
  const url = await start(batchHoursModule({ from: 0, to: 0 }));
  const task = { Name: 'main', Driver: 'raw_exec', Config: { command: 'true' } };
  const job = { ID: 'sum', Type: 'batch', TaskGroups: [{ Name: 'all', Tasks: [task] }] };
  const reply = await fetch(`${url}/v1/jobs`, { method: 'PUT', body: JSON.stringify({ Job: job }) });
  const { EvalID } = (await reply.json()) as { EvalID: string };
  const read = async (index: number) => {
    const answer = await fetch(`${url}/v1/evaluation/${EvalID}?index=${index}&wait=5s`);
    return (await answer.json()) as { Status: string; NextEval: string; ModifyIndex: number };
  };
  let evaluation = await read(0);
  while (evaluation.Status === 'pending') evaluation = await read(evaluation.ModifyIndex);
  expect(evaluation.Status).toBe('complete');
  const next = await (await fetch(`${url}/v1/evaluation/${evaluation.NextEval}`)).json();
  expect(next).toMatchObject({
    PreviousEval: EvalID,
    Status: 'pending',
    StatusDescription: 'waits for the hours of batch work',
    WaitUntil: expect.any(String),
  });
  expect(await (await fetch(`${url}/v1/allocations`)).json()).toEqual([]);
});

test('add a task driver', async () => {
  const url = await startWith(asNode, timerModule);
  const task = (name: string, ms: unknown) => ({ Name: name, Driver: 'timer', Config: { ms } });
  const groups = [
    { Name: 'good', Tasks: [task('main', 5)] },
    {
      Name: 'bad',
      Tasks: [task('main', 'soon')],
      RestartPolicy: { Attempts: 0, Mode: 'fail' },
      ReschedulePolicy: { Attempts: 0 },
    },
  ];
  const job = { ID: 'timers', Type: 'batch', TaskGroups: groups };
  const answer = await fetch(`${url}/v1/jobs`, { method: 'PUT', body: JSON.stringify({ Job: job }) });
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('EvalID')]);
  let allocations: readonly Allocation[] = [];
  for (let index = '0'; !(allocations.length === 2 && allocations.every(hasEnded)); ) {
    const reply = await fetch(`${url}/v1/allocations?index=${index}&wait=5s`);
    allocations = (await reply.json()) as Allocation[];
    index = reply.headers.get('X-Nomad-Index') ?? '';
  }
  expect(allocations.map(({ TaskGroup, ClientStatus }) => `${TaskGroup} ${ClientStatus}`).toSorted()).toEqual([
    'bad failed',
    'good complete',
  ]);
  const texts = allocations.flatMap(({ TaskStates }) =>
    TaskStates['main']?.Events.map((event) => event.DisplayMessage),
  );
  expect(texts).toEqual(expect.arrayContaining(['Exit Code: 0', 'driver "timer": ms must be a number, got "soon"']));
});

interface Allocation {
  readonly TaskGroup: string;
  readonly ClientStatus: string;
  readonly TaskStates: Readonly<Record<string, { readonly Events: readonly { readonly DisplayMessage: string }[] }>>;
}

const hasEnded = ({ ClientStatus }: Allocation): boolean => ClientStatus === 'complete' || ClientStatus === 'failed';

describe('a composition that cannot work fails at once, naming what is wrong', () => {
  const compose = (module: ContainerModule) => () => createServerAgent({ config, modules: [module], host: quiet });

  test('a service nobody provides', () => {
    const missing = Symbol.for('@acme/Missing');
    const broken = new ContainerModule(({ bind }) => {
      bind(HealthCheck).toResolvedValue(
        () => ({ name: 'x', role: 'server' as const, check: () => ({ ok: true, message: '' }) }),
        [missing] as never,
      );
    });
    expect(compose(broken)).toThrow(/^cannot compose the agent: .*@acme\/Missing/);
  });

  test('two providers of a service there is one of', () => {
    const broken = new ContainerModule(({ bind }) => {
      const never = () => Promise.reject(new Error('never'));
      bind(TargetResolver).toConstantValue({ resolve: never, resolveAllocation: never });
    });
    expect(compose(broken)).toThrow(/^cannot compose the agent: .*@steppe\/agent\/TargetResolver/);
  });

  test('two routes for one operation', () => {
    const again = {
      routes: [
        {
          path: '/v1/agent/self',
          methods: ['GET' as const],
          summary: '',
          acl: undefined,
          handle: () => Promise.reject(new Error('never')),
        },
      ],
    };
    const broken = new ContainerModule(({ bind }) => {
      bind(HttpRouteContribution).toConstantValue(again);
    });
    expect(compose(broken)).toThrow('GET /v1/agent/self');
  });

  test('a constructor that throws', () => {
    const broken = new ContainerModule(({ bind }) => {
      bind(HealthCheck).toDynamicValue(() => {
        throw new Error('no database configured');
      });
    });
    expect(compose(broken)).toThrow(/no database configured/);
  });
});
