import { describe, expect, test } from '@jest/globals';
import { canonicalJob } from './canonical-job.js';
import type { Job } from './job.js';
import { JOB_WIRE, sameSpecification } from './job.js';
import { identitiesOf } from './task-identities.js';
import { jobProblems } from './validate-job.js';

const DEFAULTS = { priority: 50, region: 'global' };
const TASK = { Name: 'main', Driver: 'raw_exec', Config: { command: 'sleep' } };
const decode = (changes: object = {}): Job =>
  canonicalJob(
    JOB_WIRE.decode({ ID: 'web', TaskGroups: [{ Name: 'front', Tasks: [TASK] }], ...changes }, 'Job'),
    DEFAULTS,
  );
const problems = (changes: object): readonly string[] => jobProblems(decode(changes), { maxPriority: 100 });
const withGroup = (group: object, job: object = {}) => ({
  ...job,
  TaskGroups: [{ Name: 'front', Tasks: [TASK], ...group }],
});
const withTask = (task: object) => withGroup({ Tasks: [{ ...TASK, ...task }] });

describe('a canonical job', () => {
  test('has what its owner left out', () => {
    expect(JOB_WIRE.encode(decode())).toMatchObject({
      ID: 'web',
      Name: 'web',
      Namespace: 'default',
      Region: 'global',
      Type: 'service',
      Priority: 50,
      Datacenters: ['*'],
      NodePool: 'default',
      Periodic: null,
      TaskGroups: [
        {
          Count: 1,
          RestartPolicy: { Attempts: 2, Interval: 1_800_000_000_000, Delay: 15_000_000_000, Mode: 'fail' },
          ReschedulePolicy: { Unlimited: true, DelayFunction: 'exponential', Delay: 30_000_000_000 },
          Update: { MaxParallel: 1 },
          Migrate: { MaxParallel: 1 },
          EphemeralDisk: { SizeMB: 300 },
          Tasks: [
            {
              Resources: { CPU: 100, MemoryMB: 300 },
              RestartPolicy: { Attempts: 2 },
              LogConfig: { MaxFiles: 10, MaxFileSizeMB: 10 },
              KillTimeout: 5_000_000_000,
            },
          ],
        },
      ],
    });
  });

  test.each([
    ['batch', { attempts: 3 }, { attempts: 1, delayFunction: 'constant', unlimited: false }],
    ['system', { attempts: 2 }, undefined],
    ['sysbatch', { attempts: 3 }, undefined],
  ])('of type %s has its policies', (Type, restartPolicy, reschedulePolicy) => {
    const [group] = decode({ Type }).taskGroups;
    expect(group?.restartPolicy).toMatchObject(restartPolicy);
    if (reschedulePolicy === undefined) expect(group?.reschedulePolicy).toBeUndefined();
    else expect(group?.reschedulePolicy).toMatchObject(reschedulePolicy);
    expect(group?.migrate).toBeUndefined();
  });

  test('stays as it is when it is made canonical again', () => {
    const job = decode();
    expect(canonicalJob(job, { priority: 70, region: 'else' })).toEqual(job);
  });

  test('a restart policy that says only how often has the rest from the defaults', () => {
    expect(decode(withGroup({ RestartPolicy: { Attempts: 0 } })).taskGroups[0]?.restartPolicy).toMatchObject({
      attempts: 0,
      mode: 'fail',
      intervalMs: 1_800_000,
    });
  });

  test('a count of 0 is kept', () => {
    expect(decode(withGroup({ Count: 0 })).taskGroups[0]?.count).toBe(0);
  });
});

describe('sameSpecification', () => {
  test('looks at what the owner asks for, not at what servers note', () => {
    const job = decode();
    expect(sameSpecification(job, { ...job, version: 7, status: 'dead', modifyIndex: 9, submitTimeMs: 5 })).toBe(true);
    expect(sameSpecification(job, decode({ Priority: 51 }))).toBe(false);
    expect(sameSpecification(job, decode(withTask({ Env: { A: '1' } })))).toBe(false);
  });
});

test('a task has the default identity, and those that its job gives it', () => {
  const identities = (task: object) => {
    const [given] = decode(withTask(task)).taskGroups[0]?.tasks ?? [];
    return given === undefined
      ? []
      : identitiesOf(given).map(({ name, audience, ttlMs }) => ({ name, audience, ttlMs }));
  };
  const own = { name: 'default', audience: ['nomadproject.io'], ttlMs: 0 };
  expect(identities({})).toEqual([own]);
  expect(identities({ Identity: { TTL: 60e9 }, Identities: [{ Name: 'vault', Audience: ['v'] }] })).toEqual([
    { ...own, ttlMs: 60_000 },
    { name: 'vault', audience: ['v'], ttlMs: 0 },
  ]);
});

describe('jobProblems', () => {
  test('a good job has none', () => {
    expect(problems({})).toEqual([]);
    expect(
      problems(
        withTask({
          Identity: { TTL: 1e9, Filepath: 'local/deep/token' },
          Identities: [{ Name: 'a-b_1', TTL: 60e9, ChangeMode: 'signal', ChangeSignal: 'SIGHUP' }],
        }),
      ),
    ).toEqual([]);
    expect(
      problems({
        Type: 'service',
        Constraints: [
          { LTarget: '${attr.kernel.name}', RTarget: 'linux', Operand: '=' },
          { Operand: 'distinct_hosts', RTarget: 'true' },
        ],
        Affinities: [{ LTarget: '${node.class}', RTarget: 'big', Operand: '=', Weight: -50 }],
        Spreads: [{ Attribute: '${node.datacenter}', Weight: 100, SpreadTarget: [{ Value: 'dc1', Percent: 70 }] }],
      }),
    ).toEqual([]);
  });

  test.each<[object, string]>([
    [{ ID: '' }, 'Missing job ID'],
    [{ ID: 'a b' }, 'Job ID contains a space or NUL'],
    [{ ID: 'x'.repeat(257) }, 'Job ID is longer than 256 bytes'],
    [{ Type: 'cron' }, 'Invalid job type: "cron"'],
    [{ Priority: 101 }, 'Job priority must be between [1, 100]'],
    [{ Priority: -1 }, 'Job priority must be between [1, 100]'],
    [{ Datacenters: [''] }, 'Job datacenter must be non-empty string'],
    [{ TaskGroups: [] }, 'Missing job task groups'],
    [
      {
        TaskGroups: [
          { Name: 'a', Tasks: [TASK] },
          { Name: 'a', Tasks: [TASK] },
        ],
      },
      'Job task group a defined more than once',
    ],
    [{ Constraints: [{ LTarget: 'a', RTarget: 'b', Operand: '~' }] }, 'Unknown constraint type "~"'],
    [{ Constraints: [{ LTarget: 'a', Operand: '=' }] }, 'Operator "=" requires an RTarget'],
    [{ Constraints: [{ LTarget: 'a', RTarget: '(', Operand: 'regexp' }] }, 'Regular expression "(" cannot be read'],
    [{ Affinities: [{ LTarget: 'a', RTarget: 'b', Operand: '=', Weight: 0 }] }, 'Affinity weight must be within'],
    [{ Type: 'system', Spreads: [{ Attribute: 'a' }] }, 'System jobs may not have a spread block'],
    [
      {
        Spreads: [
          {
            Attribute: 'a',
            SpreadTarget: [
              { Value: 'x', Percent: 60 },
              { Value: 'y', Percent: 50 },
            ],
          },
        ],
      },
      'Sum of spread target percentages must not be greater than 100%; got 110%',
    ],
    [withGroup({ Count: -1 }), "Task group front validation failed: Task group count can't be negative"],
    [withGroup({ Tasks: [] }), 'Missing tasks for task group'],
    [withGroup({ Name: 'a/b' }), 'Task group name contains a slash or NUL'],
    [
      withGroup({ Tasks: [{ ...TASK, Lifecycle: { Hook: 'prestart' } }] }),
      'Task group must contain a task without lifecycle hook',
    ],
    [withGroup({ RestartPolicy: { Mode: 'often', Attempts: 0 } }), 'Unsupported restart mode: "often"'],
    [
      withGroup({ ReschedulePolicy: { Unlimited: true, Delay: 1, DelayFunction: 'constant' } }),
      'Delay cannot be less than 5s',
    ],
    [
      withGroup({ ReschedulePolicy: { Unlimited: true, Delay: 5e9, DelayFunction: 'constant' } }, { Type: 'system' }),
      'Should not allow reschedule policy for system jobs',
    ],
    [withGroup({ Networks: [{ Mode: 'bridge' }] }), 'Network mode "bridge" is not supported'],
    [
      withGroup({
        Networks: [
          {
            ReservedPorts: [
              { Label: 'a', Value: 80 },
              { Label: 'b', Value: 80 },
            ],
          },
        ],
      }),
      'Static port 80 is in use twice',
    ],
    [withGroup({ Networks: [{ DynamicPorts: [{ Label: 'a' }, { Label: 'a' }] }] }), 'Port label a already in use'],
    [withTask({ Driver: '' }), 'Task main validation failed: Missing task driver'],
    [withTask({ Name: '../x' }), 'Task name cannot include slashes'],
    [withTask({ Name: '..' }), 'Task name cannot include slashes'],
    [withTask({ Resources: { MemoryMB: 5 } }), 'minimum MemoryMB value is 10; got 5'],
    [withTask({ Identity: { TTL: 5e8 } }), 'Identity "default" validation failed: ttl must be at least 1s, got 500 ms'],
    [withTask({ Identity: { TTL: -1e9 } }), 'Identity "default" validation failed: ttl must be >= 0, got -1000 ms'],
    [withTask({ Identity: { Name: 'vault' } }), 'Identity.Name must be "default", got "vault"'],
    [withTask({ Identities: [{ Name: 'a b' }] }), 'Identity "a b" validation failed: invalid name "a b"'],
    [withTask({ Identities: [{ Name: '' }] }), 'invalid name ""'],
    [withTask({ Identities: [{ Name: 'default' }] }), 'Identity "default" defined more than once'],
    [withTask({ Identities: [{ Name: 'x' }, { Name: 'x' }] }), 'Identity "x" defined more than once'],
    [withTask({ Identities: [{ Name: 'x', Audience: ['a', ''] }] }), 'an empty string is an invalid audience (2)'],
    [withTask({ Identity: { ChangeMode: 'reload' } }), 'invalid change_mode: "reload"'],
    [withTask({ Identity: { ChangeMode: 'signal' } }), 'change_signal must be specified when using change_mode=signal'],
    [
      withTask({ Identity: { ChangeSignal: 'SIGHUP' } }),
      'can only use change_signal="SIGHUP" with change_mode="signal"',
    ],
    ...['/etc/passwd', '../x', 'local/../../x', 'local/', '.', 'a\\b'].map((path): [object, string] => [
      withTask({ Identity: { Filepath: path } }),
      'filepath ',
    ]),
    [withTask({ KillTimeout: -1 }), 'KillTimeout must be a positive value'],
    [withTask({ LogConfig: { MaxFiles: -1 } }), 'minimum number of files is 1; got -1'],
  ])('%j: %s', (changes, problem) => {
    expect(problems(changes).join('\n')).toContain(problem);
  });

  test.each<[object, string]>([
    [{ Periodic: { Spec: '* * * * *' } }, 'Job.Periodic: periodic jobs are not supported'],
    [withGroup({ Volumes: { data: {} } }), 'Job.TaskGroups[0].Volumes: volumes are not supported'],
    [withGroup({ Update: { Canary: 1 } }), 'Job.TaskGroups[0].Update.Canary: canaries are not supported'],
    [withTask({ Artifacts: [{}] }), 'Job.TaskGroups[0].Tasks[0].Artifacts: artifacts are not supported'],
    [
      withTask({ Resources: { Devices: [{ Name: 'gpu' }] } }),
      'Job.TaskGroups[0].Tasks[0].Resources.Devices: devices are not supported',
    ],
  ])('%j asks for what is not there, and is told so', (changes, message) => {
    expect(() => decode(changes)).toThrow(message);
  });
});
