import { afterEach, describe, expect, test } from '@jest/globals';
import { ALLOC_ID, allocOf, EVAL_ID, evalOf, jobOf, jobStubOf, NODE_ID } from '../testing/job-shapes.js';
import type { Script, ScriptedAgent } from '../testing/scripted-agent.js';
import { startScriptedAgent } from '../testing/scripted-agent.js';

const NODE_STUB = {
  ID: NODE_ID,
  Name: 'alder',
  NodePool: 'fast',
  NodeClass: '',
  Datacenter: 'dc1',
  Address: '127.0.0.1',
  Version: '1',
  Drain: false,
  SchedulingEligibility: 'eligible',
  Status: 'ready',
  Attributes: null,
};

let agent: ScriptedAgent | undefined;
const start = async (script: Script): Promise<ScriptedAgent> => {
  agent = await startScriptedAgent({ 'GET /v1/nodes': [NODE_STUB], ...script });
  return agent;
};
afterEach(async () => {
  await agent?.stop();
  agent = undefined;
});

describe('node drain', () => {
  const DRAIN = `PUT /v1/node/${NODE_ID}/drain`;
  /** Answers each of `bodies` in turn, and the last one for ever; a reader that waits gets the next. */
  const changing = (bodies: readonly object[]) => {
    let at = 0;
    return () => {
      const body = bodies[Math.min(at, bodies.length - 1)];
      at += 1;
      return { index: 10 + at, body };
    };
  };

  test('tells what becomes of each allocation, and goes on until the last has stopped', async () => {
    const moving = { DesiredTransition: { Migrate: true } };
    const allocs = [
      [allocOf(), allocOf({ ID: EVAL_ID, Name: 'web.app[1]', ClientStatus: 'complete', ...moving })],
      [allocOf(moving)],
      [allocOf({ ...moving, DesiredStatus: 'stop' })],
      [allocOf({ ...moving, DesiredStatus: 'stop', ClientStatus: 'complete' })],
    ];
    let round = 0;
    let finish: () => void = () => undefined;
    const drained = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { run, requests } = await start({
      [DRAIN]: { NodeModifyIndex: 9 },
      [`GET /v1/node/${NODE_ID}`]: async ({ query }) => {
        if (query['index'] === undefined) return { index: 11, body: { ...NODE_STUB, Drain: true } };
        await drained;
        return { index: 12, body: { ...NODE_STUB, LastDrain: { Status: 'complete' } } };
      },
      [`GET /v1/node/${NODE_ID}/allocations`]: async () => {
        const body = allocs[Math.min(round, allocs.length - 1)];
        round += 1;
        // The drain is over before the last allocation has stopped.
        if (round === 3) finish();
        if (round === 4) await new Promise((resolve) => setImmediate(resolve));
        return { index: 20 + round, body };
      },
    });
    const { out, code } = await run('node drain', [
      '-enable',
      '-deadline=5m',
      '-ignore-system',
      '-m=why',
      '-meta=ticket=a=b',
      NODE_ID.slice(0, 5),
    ]);
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toBe(`Node "${NODE_ID}" drain strategy set`);
    expect(lines.filter((line) => line.startsWith('Alloc '))).toEqual([
      'Alloc "5b1c0d9a" (web.app[0]) marked for migration',
      'Alloc "5b1c0d9a" (web.app[0]) draining',
      'Alloc "5b1c0d9a" (web.app[0]) status running -> complete',
    ]);
    expect(lines).toContain(`Node "${NODE_ID}" drain complete`);
    expect(requests.find(({ method }) => method === 'PUT')?.body).toEqual({
      NodeID: NODE_ID,
      DrainSpec: { Deadline: 300e9, IgnoreSystemJobs: true },
      MarkEligible: false,
      Meta: { message: 'why', ticket: 'a=b' },
    });
  });

  test('one that is canceled ends at once', async () => {
    const { run } = await start({
      [DRAIN]: { NodeModifyIndex: 9 },
      [`GET /v1/node/${NODE_ID}`]: changing([
        { ...NODE_STUB, Drain: true },
        { ...NODE_STUB, LastDrain: { Status: 'canceled' } },
      ]),
      [`GET /v1/node/${NODE_ID}/allocations`]: ({ query }) =>
        query['index'] === undefined
          ? { index: 20, body: [allocOf({ DesiredStatus: 'stop' })] }
          : new Promise(() => undefined),
    });
    const { out } = await run('node drain', ['-enable', '-force', NODE_ID]);
    expect(out).toBe(`Node "${NODE_ID}" drain strategy set\nNode "${NODE_ID}" drain canceled\n`);
  });

  test('-monitor changes nothing', async () => {
    const { run, requests } = await start({ [`GET /v1/node/${NODE_ID}`]: NODE_STUB });
    expect((await run('node drain', ['-monitor', NODE_ID])).out).toBe(`No drain strategy set for node "${NODE_ID}"\n`);
    expect(requests.every(({ method }) => method === 'GET')).toBe(true);
    expect((await run('node drain', ['-monitor', '-enable', NODE_ID])).error).toContain('-monitor cannot be combined');
    expect((await run('node drain', ['-monitor'])).error).toContain('Node ID must be specified');
    expect((await run('node drain', ['-enable', '-meta=x', NODE_ID])).error).toContain('-meta must be <key>=<value>');
  });

  test('-disable keeps the node ineligible when asked to', async () => {
    const { run, requests } = await start({ [DRAIN]: { NodeModifyIndex: 9 } });
    expect((await run('node drain', ['-disable', '-keep-ineligible', NODE_ID])).out).toBe(
      `Node "${NODE_ID}" drain strategy unset\n`,
    );
    expect(requests.at(-1)?.body).toEqual({ NodeID: NODE_ID, DrainSpec: null, MarkEligible: false, Meta: null });
  });
});

test('node status tells what runs on nodes', async () => {
  const { run } = await start({
    [`GET /v1/node/${NODE_ID}`]: { ...NODE_STUB, Meta: null, Drivers: null, Events: null },
    [`GET /v1/node/${NODE_ID}/allocations`]: [allocOf(), allocOf({ ClientStatus: 'failed' })],
    'GET /v1/client/stats': () => ({ status: 404, body: 'No path to node' }),
  });
  expect((await run('node status', ['-allocs'])).out).toMatch(/ Status +Running Allocs\nfb2170a8 .* ready +1\n$/);
  const { code, error, out } = await run('node status', ['fb']);
  expect([code, error]).toEqual([
    0,
    "Couldn't retrieve stats of 1 of 1 running allocations\nCouldn't retrieve stats: Unexpected response code: 404 (No path to node)\n",
  ]);
  expect(out).toMatch(
    /\n\nNode Events\nTime .*\n\nAllocated Resources\n[^]*\n\nAllocation Resource Utilization\n[^]*\n\nAllocations\nID +Node ID .*\n5b1c0d9a +fb2170a8 +app +1 +run +running /,
  );
  expect((await run('node status', ['-short', 'fb'])).out).not.toContain('Allocations');
});

describe('node status', () => {
  const disk = { Device: '/dev/vda1', Mountpoint: '/data', Size: 2 ** 34, Used: 2 ** 32, Available: 3 * 2 ** 32 };
  const stats = {
    CPUTicksConsumed: 1_234.5,
    Memory: { Total: 2 ** 32, Available: 3 * 2 ** 30, Used: 2 ** 30, Free: 2 ** 29 },
    CPU: [
      { CPU: 'cpu0', User: 12.345, System: 1, Idle: 86.655, Total: 13.345 },
      { CPU: 'cpu1', User: 0, System: 0, Idle: 100, Total: 0 },
    ],
    DiskStats: [{ ...disk, UsedPercent: 25, InodesUsedPercent: 0.5 }],
    AllocDirStats: { ...disk, UsedPercent: 25, InodesUsedPercent: 0.5 },
  };
  const resourcesOf = (CpuShares: number, MemoryMB: number, DiskMB: number) => ({
    Cpu: { CpuShares },
    Memory: { MemoryMB },
    Disk: { DiskMB },
  });
  const startNode = (usage: object, allocs: readonly object[] = [], script: Script = {}) =>
    start({
      [`GET /v1/node/${NODE_ID}`]: {
        ...NODE_STUB,
        NodeResources: resourcesOf(4_000, 4_096, 16_384),
        ReservedResources: resourcesOf(500, 1_024, 6_144),
      },
      [`GET /v1/node/${NODE_ID}/allocations`]: allocs,
      'GET /v1/client/stats': usage,
      ...script,
    });
  const using = (ticks: number, rss: number) => ({
    ResourceUsage: { CpuStats: { TotalTicks: ticks }, MemoryStats: { RSS: rss } },
  });

  test('tells what those that run have and use, of what the node does not keep for itself', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `${ALLOC_ID.slice(0, -2)}${i + 10}`);
    const Resources = { CPU: 100, MemoryMB: 64, DiskMB: 300 };
    const allocs = [...ids.map((ID) => allocOf({ ID, Resources })), allocOf({ ClientStatus: 'complete', Resources })];
    const [lost = '', ...asked] = ids.map((id) => `GET /v1/client/allocation/${id}/stats`);
    const { run, seen } = await startNode(stats, allocs, {
      [lost]: () => ({ status: 404, body: 'Unknown allocation' }),
      ...Object.fromEntries(asked.map((key) => [key, using(12.4, 2 ** 20)])),
    });
    const { code, error, out } = await run('node status', ['fb']);
    expect([code, error]).toEqual([0, "Couldn't retrieve stats of 1 of 20 running allocations\n"]);
    expect(out).toContain(
      [
        '',
        'Allocated Resources',
        'CPU            Memory           Disk',
        '2000/3500 MHz  1.3 GiB/3.0 GiB  5.9 GiB/10 GiB',
        '',
        'Allocation Resource Utilization',
        'CPU           Memory',
        '236/3500 MHz  19 MiB/3.0 GiB',
        '',
        'Host Resource Utilization',
      ].join('\n'),
    );
    const told = seen().filter((line) => line.includes('/v1/client/allocation/'));
    expect(told.toSorted()).toEqual([lost, ...asked].map((key) => `${key}?namespace=default`));
  });

  test('tells what its machine is doing', async () => {
    const { run, seen } = await startNode(stats);
    const { out } = await run('node status', ['fb']);
    expect(out).toMatch(
      /\n\nHost Resource Utilization\nCPU +Memory +Disk\n1235\/4000 MHz +1.0 GiB\/4.0 GiB +4.0 GiB\/16 GiB\n\nAllocations/,
    );
    expect(out).not.toContain('CPU Stats');
    expect(seen()).toContain(`GET /v1/client/stats?node_id=${NODE_ID}`);
  });

  test('-stats tells of each processor and disk', async () => {
    const { run } = await startNode(stats);
    expect((await run('node status', ['-stats', 'fb'])).out).toContain(
      [
        'CPU Stats',
        'CPU    = cpu0',
        'User   = 12.35%',
        'System = 1.00%',
        'Idle   = 86.66%',
        '',
        'CPU    = cpu1',
        'User   = 0.00%',
        'System = 0.00%',
        'Idle   = 100.00%',
        '',
        'Memory Stats',
        'Total     = 4.0 GiB',
        'Available = 3.0 GiB',
        'Used      = 1.0 GiB',
        'Free      = 512 MiB',
        '',
        'Disk Stats',
        'Device         = /dev/vda1',
        'MountPoint     = /data',
        'Size           = 16 GiB',
        'Used           = 4.0 GiB',
        'Available      = 12 GiB',
        'Used Percent   = 25.00%',
        'Inodes Percent = 0.50%',
        '',
        'Allocations',
      ].join('\n'),
    );
  });

  test('takes an agent that tells less', async () => {
    const { run } = await startNode({ Memory: null, CPU: null });
    expect((await run('node status', ['-stats', 'fb'])).out).toContain(
      'Host Resource Utilization\nCPU         Memory  Disk\n0/4000 MHz\n\nCPU Stats\n\nDisk Stats\n\nAllocations',
    );
  });

  test('-short does not ask', async () => {
    const { run, seen } = await startNode(stats);
    expect((await run('node status', ['-short', '-stats', 'fb'])).out).not.toContain('Stats');
    expect(seen().join()).not.toContain('/v1/client/stats');
  });
});

describe('operator scheduler', () => {
  const settings = {
    SchedulerAlgorithm: 'binpack',
    MemoryOversubscriptionEnabled: false,
    RejectJobRegistration: false,
    PauseEvalBroker: false,
    NodeLimitForFeasibilityChecks: 0,
    PreemptionConfig: {
      SystemSchedulerEnabled: true,
      SysBatchSchedulerEnabled: false,
      BatchSchedulerEnabled: false,
      ServiceSchedulerEnabled: false,
    },
    CreateIndex: 5,
    ModifyIndex: 6,
  };
  const PATH = '/v1/operator/scheduler/configuration';
  const script = (isUpdated: boolean): Script => ({
    [`GET ${PATH}`]: { SchedulerConfig: settings, Index: 6 },
    [`PUT ${PATH}`]: { Updated: isUpdated, Index: 7 },
  });

  test('get-config shows the settings', async () => {
    const { run } = await start(script(true));
    expect((await run('operator scheduler get-config')).out).toMatch(
      /^Scheduler Algorithm += binpack\n[^]*Preemption System Scheduler += true\n[^]*Modify Index += 6\n$/,
    );
    expect(JSON.parse((await run('operator scheduler get-config', ['-json'])).out)).toEqual(settings);
  });

  test('set-config changes what is named, if nobody else has changed anything since', async () => {
    const { run, requests } = await start(script(true));
    const flags = ['-scheduler-algorithm=spread', '-pause-eval-broker', '-preempt-system-scheduler=false'];
    expect(await run('operator scheduler set-config', flags)).toEqual({
      code: 0,
      out: 'Scheduler configuration updated!\n',
      error: '',
    });
    expect(requests.at(-1)).toMatchObject({
      query: { cas: '6' },
      body: {
        ...settings,
        SchedulerAlgorithm: 'spread',
        PauseEvalBroker: true,
        PreemptionConfig: { ...settings.PreemptionConfig, SystemSchedulerEnabled: false },
      },
    });
  });

  test('set-config says when somebody has', async () => {
    const { run, requests } = await start(script(false));
    const { code, error } = await run('operator scheduler set-config', ['-check-index=3']);
    expect(error).toContain('could not be atomically updated');
    expect(code).toBe(1);
    expect(requests.at(-1)?.query).toEqual({ cas: '3' });
  });
});

test('system gc and reconcile summaries ask for it', async () => {
  const { run, requests } = await start({
    'PUT /v1/system/gc': () => ({ body: '' }),
    'PUT /v1/system/reconcile/summaries': () => ({ body: '' }),
  });
  expect(await run('system gc')).toEqual({ code: 0, out: '', error: '' });
  expect(await run('system reconcile summaries')).toEqual({ code: 0, out: '', error: '' });
  expect(requests.map(({ body }) => body)).toEqual([{}, {}]);
});

describe('namespaces', () => {
  const team = {
    Name: 'team',
    Description: 'of the team',
    Capabilities: { EnabledTaskDrivers: ['node'], DisabledTaskDrivers: null },
    NodePoolConfiguration: { Default: 'fast', Allowed: null, Denied: ['gpu'] },
    Meta: { owner: 'ops' },
  };
  const script: Script = {
    'GET /v1/namespaces': [{ Name: 'default', Description: '' }, team],
    'GET /v1/namespace/team': team,
    'PUT /v1/namespace': () => ({ body: '' }),
    'DELETE /v1/namespace/team': () => ({ body: '' }),
  };

  test('list, status and delete', async () => {
    const { run } = await start(script);
    expect((await run('namespace list')).out).toBe('Name     Description\ndefault  <none>\nteam     of the team\n');
    expect((await run('namespace status', ['team'])).out).toBe(
      [
        'Name                   = team',
        'Description            = of the team',
        'Enabled Drivers        = node',
        'Disabled Drivers       = <none>',
        'Enabled Network Modes  = *',
        'Disabled Network Modes = <none>',
        '',
        'Node Pool Configuration',
        'Default = fast',
        'Allowed = *',
        'Denied  = gpu',
        '',
        'Metadata',
        'owner = ops',
        '',
      ].join('\n'),
    );
    expect((await run('namespace delete', ['team'])).out).toBe('Successfully deleted namespace "team"!\n');
    expect((await run('namespace delete', ['nobody'])).code).toBe(1);
  });

  test('apply takes a name, HCL or JSON, and keeps what it is not told to change', async () => {
    const { run, requests } = await start(script);
    const applied = async (args: readonly string[], input = '') => {
      expect((await run('namespace apply', args, input)).error).toBe('');
      return requests.at(-1)?.body;
    };
    expect(await applied(['-description=new', 'team'])).toEqual({ ...team, Description: 'new' });
    expect(await applied(['fresh'])).toEqual({ Name: 'fresh' });
    expect(await applied(['-'], 'name = "x"\nmeta { a = "b" }')).toMatchObject({ Name: 'x', Meta: { a: 'b' } });
    expect(await applied(['-json', '-'], '{"Name":"y"}')).toEqual({ Name: 'y' });
    expect((await run('namespace apply', ['-'], '{}')).error).toContain(
      'Error reading namespace from -: it has no Name',
    );
  });
});

describe('node pools', () => {
  const fast = {
    Name: 'fast',
    Description: 'with disks',
    Meta: null,
    SchedulerConfiguration: { SchedulerAlgorithm: 'spread', MemoryOversubscriptionEnabled: false },
  };
  const script: Script = {
    'GET /v1/node/pools': [fast],
    'GET /v1/node/pool/fast': fast,
    'GET /v1/node/pool/fast/jobs': [jobStubOf('web')],
    'GET /v1/node/pool/fast/nodes': [NODE_STUB],
    'PUT /v1/node/pools': () => ({ body: '' }),
    'DELETE /v1/node/pool/fast': () => ({ body: '' }),
  };

  test.each([
    ['list', [], /^Name +Description\nfast +with disks\n$/],
    [
      'info',
      ['fast'],
      /^Name +=.fast\n[^]*\nMetadata\nNo metadata\n\n[^]*Algorithm +=.spread\nMemory Over.*=.false\n$/,
    ],
    ['jobs', ['fast'], /^ID +Type .*\nweb +service /],
    ['nodes', ['fast'], /^ID +Node Pool .*\nfb2170a8 +fast /],
    ['delete', ['fast'], /^Successfully deleted node pool "fast"!\n$/],
  ])('%s', async (command, args, shows) => {
    const { run } = await start(script);
    const { out, code } = await run(`node pool ${command}`, args);
    expect(out).toMatch(shows);
    expect(code).toBe(0);
  });

  test('apply takes HCL or JSON', async () => {
    const { run, requests } = await start(script);
    const hcl = 'node_pool "fast" {\n  description = "x"\n}\n';
    expect((await run('node pool apply', ['-'], hcl)).out).toBe('Successfully applied node pool "fast"!\n');
    expect(requests.at(-1)?.body).toMatchObject({ Name: 'fast', Description: 'x' });
    await run('node pool apply', ['-'], JSON.stringify(fast));
    expect(requests.at(-1)?.body).toEqual(fast);
  });
});

describe('status', () => {
  const script: Script = {
    'GET /v1/jobs': ({ query }) => ({
      body: [jobStubOf('web')].filter(({ ID }) => ID.startsWith(query['prefix'] ?? '')),
    }),
    'GET /v1/job/web': jobOf('web'),
    'GET /v1/job/web/summary': { Summary: null },
    'GET /v1/job/web/allocations': [],
    'GET /v1/job/web/evaluations': [],
    'GET /v1/allocations': ({ query }) => ({
      body: [allocOf()].filter(({ ID }) => ID.startsWith(query['prefix'] ?? '')),
    }),
    [`GET /v1/allocation/${ALLOC_ID}`]: allocOf({ ClientStatus: 'complete' }),
    'GET /v1/evaluations': ({ query }) => ({
      body: [evalOf()].filter(({ ID }) => ID.startsWith(query['prefix'] ?? '')),
    }),
    [`GET /v1/evaluation/${EVAL_ID}`]: evalOf(),
    [`GET /v1/evaluation/${EVAL_ID}/allocations`]: [],
    'GET /v1/nodes': ({ query }) => ({ body: [NODE_STUB].filter(({ ID }) => ID.startsWith(query['prefix'] ?? '')) }),
    [`GET /v1/node/${NODE_ID}`]: { ...NODE_STUB, Meta: null, Drivers: null, Events: null },
    [`GET /v1/node/${NODE_ID}/allocations`]: [],
    'GET /v1/client/stats': {},
    'GET /v1/namespaces': ({ query }) => ({
      body: [{ Name: 'website', Description: '' }].filter(({ Name }) => Name.startsWith(query['prefix'] ?? '')),
    }),
    'GET /v1/namespace/website': { Name: 'website', Description: '' },
    'GET /v1/node/pools': [],
  };

  test.each([
    [[], /^ID +Type +Priority/],
    [['web'], /^ID +=.web\n/],
    [['webs'], /^Name +=.website\n/],
    [['5b1c0'], /^ID +=.5b1c0d9a\nEval ID/],
    [[EVAL_ID], /^ID +=.26cfc69e\nCreate Time/],
    [['fb'], /^ID +=.fb2170a8\nName +=.alder\n/],
  ])('%j finds what is meant', async (args, shows) => {
    const { run } = await start(script);
    const { out, error } = await run('status', args);
    expect(error).toBe('');
    expect(out).toMatch(shows);
  });

  test.each([
    [['we'], 'prefix "we" matched job web, namespace website'],
    [['zz'], 'nothing has the id or prefix "zz"'],
    [['a', 'b'], 'takes either no arguments or one'],
  ])('%j is refused', async (args, reason) => {
    const { run } = await start(script);
    const { code, error } = await run('status', args);
    expect(error).toContain(reason);
    expect(code).toBe(1);
  });
});
