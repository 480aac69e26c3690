import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSteppeError } from '../../errors/steppe-error.js';
import { canonicalJob } from '../canonical-job.js';
import { JOB_WIRE } from '../job.js';
import { jobProblems } from '../validate-job.js';
import { parseJobHcl } from './parse-job-hcl.js';

const WEB = `
# A web service.
job "web" {
  datacenters = ["dc1", "dc*"]
  type        = "service"
  priority    = 60
  meta { owner = "team" size = 3 }
  constraint {
    attribute = "\${attr.kernel.name}"
    value     = "linux"
  }
  constraint { distinct_hosts = true }
  constraint {
    attribute = "\${attr.nomad.version}"
    version   = ">= 1.0"
  }
  affinity {
    attribute = "\${node.class}"
    value     = "big"
    weight    = -20
  }
  spread {
    attribute = "\${node.datacenter}"
    target "dc1" { percent = 70 }
    target "dc2" { percent = 30 }
  }
  update { max_parallel = 2  auto_revert = false }
  group "front" {
    count = 3
    network {
      mode = "host"
      port "http" { static = 8080 }
      port "admin" { to = 9000 }
    }
    restart { attempts = 2  interval = "30m"  delay = "15s"  mode = "fail" }
    reschedule { unlimited = true  delay = "30s"  delay_function = "constant" }
    migrate { max_parallel = 1 }
    disconnect { lost_after = "6h"  replace = false }
    ephemeral_disk { size = 500  sticky = true }
    shutdown_delay = "5s"
    task "server" {
      driver = "raw_exec"
      user   = "web"
      config {
        command = "node"
        args    = ["server.js", "--port", "\${NOMAD_PORT_http}"]
        limit { kind = "cpu" }
        limit { kind = "memory" }
      }
      env {
        LEVEL = "debug"
        RETRIES = 5
        FAST = true
      }
      resources { cpu = 500  memory = 256  memory_max = 512 }
      lifecycle { hook = "poststart"  sidecar = true }
      logs { max_files = 3  max_file_size = 5 }
      identity {
        name = "vault"
        aud = ["vault.example"]
        ttl = "1h"
        file = true
        filepath = "local/vault.jwt"
        change_mode = "signal"
        change_signal = "SIGHUP"
      }
      identity { env = true  file = true  aud = ["a", "b"]  ttl = "1h" }
      kill_timeout = "20s"
      leader = true
    }
    task "main" {
      driver = "raw_exec"
      config { command = "sleep" }
    }
  }
}
`;

describe('parseJobHcl', () => {
  test('reads every block of the supported form', () => {
    const job = parseJobHcl(WEB);
    expect(JOB_WIRE.encode(job)).toMatchObject({
      ID: 'web',
      Name: 'web',
      Type: 'service',
      Priority: 60,
      Datacenters: ['dc1', 'dc*'],
      Meta: { owner: 'team', size: '3' },
      Constraints: [
        { LTarget: '${attr.kernel.name}', RTarget: 'linux', Operand: '=' },
        { Operand: 'distinct_hosts', RTarget: 'true' },
        { LTarget: '${attr.nomad.version}', RTarget: '>= 1.0', Operand: 'version' },
      ],
      Affinities: [{ LTarget: '${node.class}', RTarget: 'big', Operand: '=', Weight: -20 }],
      Spreads: [
        {
          Attribute: '${node.datacenter}',
          Weight: 50,
          SpreadTarget: [
            { Value: 'dc1', Percent: 70 },
            { Value: 'dc2', Percent: 30 },
          ],
        },
      ],
      Update: { MaxParallel: 2 },
      TaskGroups: [
        {
          Name: 'front',
          Count: 3,
          Networks: [
            {
              Mode: 'host',
              ReservedPorts: [{ Label: 'http', Value: 8_080 }],
              DynamicPorts: [{ Label: 'admin', Value: 0, To: 9_000 }],
            },
          ],
          RestartPolicy: { Attempts: 2, Interval: 1_800_000_000_000, Delay: 15_000_000_000, Mode: 'fail' },
          ReschedulePolicy: { Unlimited: true, Delay: 30_000_000_000, DelayFunction: 'constant' },
          Migrate: { MaxParallel: 1 },
          Disconnect: { LostAfter: 21_600_000_000_000, Replace: false },
          EphemeralDisk: { SizeMB: 500, Sticky: true },
          ShutdownDelay: 5_000_000_000,
          Tasks: [
            {
              Name: 'server',
              Driver: 'raw_exec',
              User: 'web',
              Config: {
                command: 'node',
                args: ['server.js', '--port', '${NOMAD_PORT_http}'],
                limit: [{ kind: 'cpu' }, { kind: 'memory' }],
              },
              Env: { LEVEL: 'debug', RETRIES: '5', FAST: 'true' },
              Resources: { CPU: 500, MemoryMB: 256, MemoryMaxMB: 512 },
              Lifecycle: { Hook: 'poststart', Sidecar: true },
              LogConfig: { MaxFiles: 3, MaxFileSizeMB: 5 },
              Identity: { Env: true, File: true, Audience: ['a', 'b'], TTL: 3_600_000_000_000 },
              Identities: [
                {
                  Name: 'vault',
                  Audience: ['vault.example'],
                  TTL: 3_600_000_000_000,
                  File: true,
                  Filepath: 'local/vault.jwt',
                  ChangeMode: 'signal',
                  ChangeSignal: 'SIGHUP',
                },
              ],
              KillTimeout: 20_000_000_000,
              Leader: true,
            },
            { Name: 'main' },
          ],
        },
      ],
    });
    // That form has more than servers take: tokens that expire are refused when a job is registered.
    const taken = canonicalJob(parseJobHcl(WEB.replace('ttl = "1h"', '')), { priority: 50, region: 'global' });
    expect(jobProblems(taken, { maxPriority: 100 })).toEqual([]);
  });

  test.each([
    ['', "At 1:1: 'job' block not found"],
    ['{"job": {}}', 'At 1:1: expected a job block, got JSON'],
    ['job "a" {}\njob "b" {}', "At 2:1: only one 'job' block allowed per file"],
    ['job {}', "At 1:1: 'job' block must have one label, its id"],
    ['job "a" "b" {}', "At 1:1: 'job' block must have one label, its id"],
    ['variable "x" {}\njob "a" {}', 'At 1:1: variables are not supported'],
    ['jobs "a" {}', 'At 1:1: unknown key "jobs"'],
    ['job "a" {\n  cuont = 1\n}', 'At 2:3: unknown key "cuont" in job "a"'],
    ['job "a" {\n  periodic { cron = "x" }\n}', 'At 2:3: "periodic" of job "a": periodic jobs are not supported'],
    ['job "a" { priority = "high" }', 'At 1:22: "priority" of job "a" must be an integer'],
    ['job "a" { priority = 1.5 }', 'At 1:22: "priority" of job "a" must be an integer'],
    ['job "a" { all_at_once = 1 }', 'At 1:25: "all_at_once" of job "a" must be true or false'],
    ['job "a" { datacenters = "dc1" }', 'At 1:25: "datacenters" of job "a" must be a list of texts'],
    ['job "a" {\n type = "batch"\n type = "system"\n}', 'At 3:2: "type" of job "a" is given twice'],
    ['job "a" {\n group { }\n}', 'At 2:2: "group" of job "a" must have one label'],
    ['job "a" { update "x" { } }', 'At 1:11: "update" of job "a" must have no label'],
    ['job "a" { update { canary = 1 } }', 'At 1:20: "canary" of update: canaries are not supported'],
    ['job "a" {\n update { }\n update { }\n}', 'At 3:2: "update" of job "a" is given twice'],
    [
      'job "a" { group "g" { restart { delay = "soon" } } }',
      'At 1:41: "delay" of restart must be a duration such as "30s"',
    ],
    [
      'job "a" { group "g" { restart { delay = 15 } } }',
      'At 1:41: "delay" of restart must be a duration such as "30s"',
    ],
    [
      'job "a" { group "g" {\n task "t" {\n  template { data = "x" }\n } } }',
      'At 3:3: "template" of task "t": templates are not supported',
    ],
    ['job "a" { group "g" { task "t" { env = 1 } } }', 'At 1:40: "env" of task "t" must be a block of keys and texts'],
    ['job "a" { group "g" { task "t" { env { A = [] } } } }', 'At 1:44: "env" of task "t" must be a text'],
    ['job "a" { group = 1 }', 'At 1:11: "group" of job "a" must have one label'],
    ['job "a" { constraint = 1 }', 'At 1:24: "constraint" of job "a" must be a block'],
    ['job "a" { __proto__ = 1 }', 'At 1:11: unknown key "__proto__" in job "a"'],
    ['job "a" {', 'At 1:10: object expected closing RBRACE got: EOF'],
  ])('%j is refused: %s', (source, message) => {
    expect(() => parseJobHcl(source)).toThrow(message);
  });

  test('takes a block given by assignment, and meta as a map', () => {
    const job = parseJobHcl('job "a" { meta = { x = "1" } group "g" { task "t" { config = { command = "x" } } } }');
    expect(job).toMatchObject({ meta: { x: '1' }, taskGroups: [{ tasks: [{ config: { command: 'x' } }] }] });
  });

  test('throws nothing but errors with a place, whatever the text is', () => {
    const piece = fc.constantFrom(
      'job',
      ' "a"',
      ' {',
      '}',
      '\n',
      ' group',
      ' = ',
      '1',
      '"30s"',
      ' task',
      ' env',
      ' [',
      ']',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parseJobHcl(pieces.join(''));
        } catch (error) {
          if (!isSteppeError(error, 'HCL_SYNTAX') && !isSteppeError(error, 'FIELD_INVALID')) throw error;
        }
      }),
    );
  });
});
