import { afterEach, describe, expect, test } from '@jest/globals';
import type { Script, ScriptedAgent } from '../testing/scripted-agent.js';
import { runInMemory, startScriptedAgent } from '../testing/scripted-agent.js';

const EVAL = '26cfc69e-1111-4111-8111-000000000001';
const NEXT = '26cfc69e-2222-4222-8222-000000000002';
const ALLOC = '5b1c0d9a-3333-4333-8333-000000000003';
const NODE = 'fb2170a8-4444-4444-8444-000000000004';
const HCL = `job "web" {
  group "app" {
    count = 2
    task "server" {
      driver = "raw_exec"
      config { command = "/bin/true" }
    }
  }
}
`;

let agent: ScriptedAgent | undefined;
const start = async (script: Script): Promise<ScriptedAgent> => {
  agent = await startScriptedAgent({
    'PUT /v1/jobs': { EvalID: EVAL, JobModifyIndex: 7, Warnings: '' },
    [`GET /v1/evaluation/${EVAL}/allocations`]: [],
    ...script,
  });
  return agent;
};
afterEach(async () => {
  await agent?.stop();
  agent = undefined;
});

const evaluation = (changes: object = {}) => ({
  ID: EVAL,
  Type: 'service',
  Priority: 50,
  TriggeredBy: 'job-register',
  JobID: 'web',
  Status: 'complete',
  CreateIndex: 8,
  ...changes,
});
/** Output with every time as `T`. */
const timeless = (text: string): string => text.replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'T');

describe('job run', () => {
  test('-output prints what would be registered, and asks nobody', async () => {
    const { code, out } = await runInMemory(['job', 'run', '-output', '-'], HCL);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      Job: { ID: 'web', TaskGroups: [{ Name: 'app', Count: 2, Tasks: [{ Name: 'server', Driver: 'raw_exec' }] }] },
    });
    const again = await runInMemory(['job', 'run', '-output', '-'], out);
    expect(again).toEqual({ code: 0, out, error: '' });
  });

  test('-detach registers the job with its text, and names the evaluation', async () => {
    const { run, requests } = await start({});
    const result = await run(
      'job run',
      ['-detach', '-check-index=3', '-eval-priority=70', '-preserve-counts', '-'],
      HCL,
    );
    expect(result).toEqual({ code: 0, out: `Job registration successful\nEvaluation ID: ${EVAL}\n`, error: '' });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      method: 'PUT',
      path: '/v1/jobs',
      body: {
        Job: { ID: 'web' },
        Submission: { Source: HCL, Format: 'hcl2' },
        EnforceIndex: true,
        JobModifyIndex: 3,
        PreserveCounts: true,
        EvalPriority: 70,
      },
    });
  });

  test('JSON goes out as it is, in a field Job or not', async () => {
    const { run, requests } = await start({});
    const job = { ID: 'api', TaskGroups: null, Unknown: [1] };
    await run('job run', ['-detach', '-'], JSON.stringify({ Job: job }));
    await run('job run', ['-detach', '-json', '-'], JSON.stringify(job));
    for (const { body } of requests) expect(body).toMatchObject({ Job: job, Submission: { Format: 'json' } });
    expect(requests).toHaveLength(2);
  });

  test('follows the evaluation by blocking queries until it is through', async () => {
    let asked = 0;
    const { run, seen } = await start({
      [`GET /v1/evaluation/${EVAL}`]: () => {
        asked += 1;
        return { index: 10 + asked, body: evaluation({ Status: asked < 2 ? 'pending' : 'complete' }) };
      },
      [`GET /v1/evaluation/${EVAL}/allocations`]: [
        { ID: ALLOC, NodeID: NODE, TaskGroup: 'app', DesiredStatus: 'run', ClientStatus: 'pending', CreateIndex: 9 },
        { ID: NEXT, NodeID: NODE, TaskGroup: 'app', DesiredStatus: 'run', ClientStatus: 'running', CreateIndex: 5 },
        { ID: EVAL, NodeID: NODE, TaskGroup: 'app', DesiredStatus: 'stop', ClientStatus: 'running', CreateIndex: 5 },
      ],
    });
    const { code, out } = await run('job run', ['-'], HCL);
    expect(timeless(out)).toBe(
      [
        '==> T: Monitoring evaluation "26cfc69e"',
        '    T: Evaluation triggered by job "web"',
        '    T: Evaluation status changed: "pending" -> "complete"',
        '    T: Allocation "5b1c0d9a" created: node "fb2170a8", group "app"',
        '    T: Allocation "26cfc69e" modified: node "fb2170a8", group "app", status "running"',
        '    T: Allocation "26cfc69e" is to stop: node "fb2170a8", group "app"',
        '==> T: Evaluation "26cfc69e" finished with status "complete"',
        '',
      ].join('\n'),
    );
    expect(code).toBe(0);
    expect(seen().slice(1)).toEqual([
      `GET /v1/evaluation/${EVAL}?related=true`,
      `GET /v1/evaluation/${EVAL}?related=true&index=11`,
      `GET /v1/evaluation/${EVAL}/allocations`,
    ]);
  });

  test('says why something could not be placed, and exits with 2', async () => {
    const { run } = await start({
      [`GET /v1/evaluation/${EVAL}`]: evaluation({
        BlockedEval: NEXT,
        FailedTGAllocs: {
          app: {
            NodesEvaluated: 3,
            NodesFiltered: 2,
            ConstraintFiltered: { '${attr.kernel.name} = windows': 2 },
            NodesExhausted: 1,
            DimensionExhausted: { memory: 1 },
            CoalescedFailures: 1,
          },
          lost: { NodesInPool: 0, NodePool: 'gpu', NodesAvailable: { dc1: 0 } },
        },
      }),
    });
    const { code, out } = await run('job run', ['-'], HCL);
    expect(timeless(out).split('\n').slice(2)).toEqual([
      '==> T: Evaluation "26cfc69e" finished with status "complete" but failed to place all allocations:',
      '    Task Group "app" (failed to place 2 allocations):',
      '      * Nodes evaluated: 3, filtered: 2',
      '      * Constraint "${attr.kernel.name} = windows": 2 nodes excluded by filter',
      '      * Resources exhausted on 1 node',
      '      * Dimension "memory" exhausted on 1 node',
      '',
      '    Task Group "lost" (failed to place 1 allocation):',
      '      * No nodes were eligible for evaluation',
      '      * No nodes in node pool "gpu"',
      '      * No nodes are available in datacenter "dc1"',
      '    Evaluation "26cfc69e" waiting for additional capacity to place remainder',
      '',
    ]);
    expect(code).toBe(2);
  });

  test('goes on with the evaluation that follows a failed one', async () => {
    const { run } = await start({
      [`GET /v1/evaluation/${EVAL}`]: evaluation({
        Status: 'failed',
        StatusDescription: 'evaluation reached delivery limit (3)',
        NextEval: NEXT,
      }),
      [`GET /v1/evaluation/${NEXT}`]: { ...evaluation(), ID: NEXT, TriggeredBy: 'failed-follow-up' },
      [`GET /v1/evaluation/${NEXT}/allocations`]: [],
    });
    const { code, out } = await run('job run', ['-verbose', '-'], HCL);
    expect(timeless(out)).toContain(
      `finished with status "failed": evaluation reached delivery limit (3)\n==> T: Monitoring next evaluation "${NEXT}" in 0s\n==> T: Monitoring evaluation "${NEXT}"\n`,
    );
    expect(code).toBe(0);
  });

  test('an agent that fails for a moment is asked again, one that refuses is not', async () => {
    let asked = 0;
    const { run } = await start({
      [`GET /v1/evaluation/${EVAL}`]: () => {
        asked += 1;
        return asked === 1 ? { status: 500, body: 'No cluster leader' } : { body: evaluation() };
      },
    });
    expect((await run('job run', ['-'], HCL)).code).toBe(0);
    await agent?.stop();
    const other = await start({ [`GET /v1/evaluation/${EVAL}`]: () => ({ status: 403, body: 'Permission denied' }) });
    expect(await other.run('job run', ['-'], HCL)).toMatchObject({
      code: 1,
      error: 'Unexpected response code: 403 (Permission denied)\n',
    });
  });

  test.each([
    [[], '', 'This command takes one argument: <path>'],
    [['/no/such/job.hcl'], '', 'Error reading /no/such/job.hcl: ENOENT'],
    [['-'], 'job "x" {\n  periodic { }\n}', 'At 2:3: "periodic" of job "x": periodic jobs are not supported'],
    [['-'], '{', 'Error parsing job file from -: '],
    [['-json', '-'], '[1]', 'expected an object with a job'],
    [['-'], '{"Job":{}}', 'the job has no ID'],
    [['-json', '-'], HCL, 'Error parsing job file from -: '],
    [['-check-index=-1', '-'], HCL, '-check-index must not be below 0, got -1'],
  ])('%j of %j is refused', async (args, input, reason) => {
    const { code, error } = await runInMemory(['job', 'run', ...args], input);
    expect(error).toContain(reason);
    expect(code).toBe(1);
  });

  test('what servers refuse is shown in their words', async () => {
    const { run } = await start({
      'PUT /v1/jobs': () => ({ status: 500, body: 'Enforcing job modify index 0: job already exists' }),
    });
    expect(await run('job run', ['-check-index=0', '-'], HCL)).toEqual({
      code: 1,
      out: '',
      error: 'Error submitting job: Unexpected response code: 500 (Enforcing job modify index 0: job already exists)\n',
    });
  });
});
