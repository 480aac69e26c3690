import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Program } from '@steppe/testing';
import { eventually, ownLoopbackHost } from '@steppe/testing';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuiltAgent } from './built-agent.js';
import { finished, startBuiltAgent, steppe } from './built-agent.js';

const examples = fileURLToPath(new URL('../../../examples', import.meta.url));
let agent: BuiltAgent;
beforeAll(async () => {
  agent = await startBuiltAgent('-node=alder', `-meta=examples=${examples}`);
});
afterAll(async () => {
  agent.program.kill('SIGINT');
  await agent.program.exit;
});

/** Runs a command against the agent; its flags stand behind the command's words. */
const run = (words: string, ...args: readonly string[]) =>
  finished(steppe(...words.split(' '), `-address=${agent.url}`, ...args));

describe('commands that read', () => {
  test.each<[string, readonly string[], RegExp]>([
    [
      'server members',
      [],
      /^Name +Address +Port +Status +Leader +.*\nalder\.global +127\.\S+ +4648 +alive +true +3 +\S+ +dc1 +global +0\.00 ms\n$/,
    ],
    ['server members', ['-verbose'], /^Name +Address +Port +Tags\nalder\.global .*role=nomad,rpc_addr=127/],
    ['server members', ['-t', '{{range .}}{{.Name}} {{.Tags.Leader}}{{end}}'], /^alder\.global true\n$/],
    ['agent-info', [], /^client\n {2}heartbeat_ttl = [^]*\nserf\n[^]*\n {2}members = 1\n/],
    ['agent-info', ['-t', '{{.stats.nomad.leader}}'], /^true\n$/],
    ['node config', ['-servers'], /^127\.[\d.]+:4647\n$/],
    [
      'node status',
      [],
      /^ID +Node Pool +DC +Name +Class +Drain +Eligibility +Status\n[0-9a-f]{8} +default +dc1 +alder +<none> +false +eligible +ready\n$/,
    ],
    ['node status', ['-verbose', '-os'], /^ID .*Class +OS +Address +Version +Drain .*\n[0-9a-f-]{36} .*ready\n$/],
    ['node status', ['-filter', 'Status == "down"'], /^No nodes registered\n$/],
    ['node status', ['-t', '{{range .}}{{.Name}}{{end}}', '-per-page=1'], /^alder\n$/],
    ['node status', ['-quiet'], /^[0-9a-f-]{36}\n$/],
    [
      'node status',
      ['-self'],
      /^ID +=.*\nName +=.*\nNode Pool +=.*\nClass +=.*\nDC +=.*\nDrain +=.*\n[^]*\n\nNode Events\nTime +Subsystem +Message\n[\dT:-]+Z +Cluster +Node /,
    ],
    ['node status', ['-allocs'], / +Running Allocs\n.* +0\n$/],
    [
      'node status',
      ['-self', '-stats'],
      /\n\nAllocated Resources\nCPU +Memory +Disk\n0\/\d+ MHz +0 B\/\S+ \S+ +0 B\/.*\n\nAllocation Resource Utilization\nCPU +Memory\n0\/\d+ MHz +0 B\/.*\n\nHost Resource Utilization\nCPU +Memory +Disk\n\d+\/\d+ MHz +[^]*\n\nCPU Stats\nCPU +=[^]*\n\nDisk Stats\n[^]*\n\nAllocations\n/,
    ],
    ['node status', ['-self', '-short'], /^ID +=[^]*\nDriver Status +=.*\n$/],
    [
      'node status',
      ['-self', '-verbose'],
      /\n\nDrivers\n[^]*\n\nAttributes\n[^]*\nkernel\.name += linux\n[^]*\n\nMeta/,
    ],
  ])('steppe %s %p', async (words, args, shows) => {
    const { code, text } = await run(words, ...args);
    expect(text).toMatch(shows);
    expect(code).toBe(0);
  });

  test('-json prints what the API says, leaders marked', async () => {
    const members = await run('server members', '-json');
    expect(JSON.parse(members.text)).toMatchObject([{ Name: 'alder.global', Tags: { Leader: 'true', role: 'nomad' } }]);
    const info = await run('agent-info', '-json');
    expect(JSON.parse(info.text)).toMatchObject({ member: { Name: 'alder.global' }, stats: { nomad: {} } });
    const nodes = await run('node status', '-json');
    expect(JSON.parse(nodes.text)).toMatchObject([{ Name: 'alder', Status: 'ready' }]);
    const node = await run('node status', '-self', '-json');
    expect(JSON.parse(node.text)).toMatchObject({ Name: 'alder', Attributes: { 'kernel.name': 'linux' } });
  });
});

describe('commands that change', () => {
  test('joining our own gossip address is a success that counts', async () => {
    expect(await run('server join', `${agent.host}:4648`)).toEqual({
      code: 0,
      text: 'Joined 1 servers successfully\n',
    });
  });

  test.each<[string, readonly string[], string]>([
    ['server join', ['127.0.0.1:1'], 'Error joining: failed to join 127.0.0.1:1: '],
    [
      'node config',
      ['-update-servers', '127.0.0.1:1'],
      'Error updating server list: Unexpected response code: 400 (Server at address 127.0.0.1:1 failed ping: ',
    ],
    ['server join', [], 'This command takes at least one argument: <address>'],
    ['server force-leave', [], 'This command takes one argument: <member name>'],
    ['node status', ['ffff-none'], 'No node(s) with prefix or id "ffff-none" found'],
    ['node status', ['f'], 'Identifier must contain at least two characters.'],
    ['node status', ['a', 'b'], 'This command takes either one or no arguments'],
    [
      'node status',
      ['-filter', 'Status =='],
      'Error querying node status: Unexpected response code: 400 (the filter lacks',
    ],
    ['node eligibility', ['-self'], "Either the '-enable' or '-disable' flag must be set"],
    ['node eligibility', ['-enable'], "Node ID must be specified if -self isn't being used"],
    [
      'node drain',
      ['-enable', '-self', '-deadline=soon'],
      '-deadline must be a positive duration such as 30m, got soon',
    ],
    ['node drain', ['-enable', '-self', '-force', '-no-deadline'], 'are mutually exclusive'],
    ['node drain', ['-disable', '-self', '-force'], "-disable can't be combined with flags configuring drain strategy"],
    ['operator snapshot restore', ['/no/such.snap'], 'Error opening snapshot file: ENOENT'],
    ['operator snapshot save', ['/no/such/folder/x.snap'], 'Error getting snapshot from server: ENOENT'],
    ['server members', ['-foo'], 'flag provided but not defined: -foo'],
    ['agent-info', ['-t', '{{.stats'], 'template:1: unclosed action'],
  ])('steppe %s %p fails with its reason and exit code 1', async (words, args, reason) => {
    const { code, text } = await run(words, ...args);
    expect(text).toContain(reason);
    expect(code).toBe(1);
  });

  test.each([['nobody.global'], ['-prune', 'nobody.global']])(
    'forcing out somebody unknown has no effect (%p)',
    async (...args) => {
      expect(await run('server force-leave', ...args)).toEqual({ code: 0, text: '' });
    },
  );
});

describe('the examples', () => {
  const example = (name: string): string => join(examples, name);

  test('a web service runs, is reached, writes its log, and stops', async () => {
    const ran = await run('job run', example('web.hcl'));
    expect(ran.text).toMatch(/\n==> \S+: Evaluation "\w+" finished with status "complete"\n$/);
    expect(ran.text.match(/Allocation "\w+" created/g)).toHaveLength(2);
    expect(ran.code).toBe(0);
    const address = await eventually(20_000, async () => {
      const { text } = await run('alloc logs', '-job=web');
      return /^listening on (\S+)\n/.exec(text)?.[1] ?? Promise.reject(new Error(text));
    });
    expect(await (await fetch(address)).text()).toMatch(/^Hello from web\.app\[\d\] \([0-9a-f-]{36}\)\n$/);
    await eventually(20_000, async () => {
      expect((await run('node status', '-self')).text).toMatch(
        /\n\nAllocated Resources\n.*\n200\/\d+ MHz +256 MiB\/.* +600 MiB\/.*\n\nAllocation Resource Utilization\n.*\n\d+\/\d+ MHz +[1-9]\d* MiB\//,
      );
    });
    expect((await run('job plan', example('web.json'))).code).toBe(0);
    const stopped = await run('job stop', 'web');
    expect(stopped.text).toMatch(/finished with status "complete"\n$/);
    expect(stopped.code).toBe(0);
    await eventually(20_000, async () => {
      expect((await run('job status', '-t', '{{.Status}} {{.Stop}}', 'web')).text).toBe('dead true\n');
    });
  });

  test('a batch job runs to its end', async () => {
    expect((await run('job run', '-detach', example('batch.json'))).code).toBe(0);
    await eventually(20_000, async () => {
      expect((await run('job status', '-t', '{{.Summary.workers.Complete}}', 'sums')).text).toBe('3\n');
    });
    expect((await run('alloc logs', '-job=sums')).text).toBe('sum to 1000 is 500500\n');
    expect((await run('job stop', '-purge', '-detach', 'sums')).code).toBe(0);
  });

  test('a system job runs in a thread on every node', async () => {
    expect((await run('job run', example('system.hcl'))).code).toBe(0);
    await eventually(20_000, async () => {
      expect((await run('alloc logs', '-tail', '-n=1', '-job=watch')).text).toMatch(/^\{"host":.*\}\n$/);
    });
    expect((await run('job stop', '-purge', 'watch')).code).toBe(0);
  });
});

test('a drained node takes no new work until it is made eligible', async () => {
  const drain = await run('node drain', '-enable', '-self', '-m', 'new disk');
  // What an example has left may still be on its way out.
  expect(drain.text.replace(/^Alloc .*\n/gm, '')).toMatch(
    /^Node "[0-9a-f-]{36}" drain strategy set\nNode "[0-9a-f-]{36}" drain complete\n$/,
  );
  expect((await run('node status', '-t', '{{range .}}{{.Drain}} {{.SchedulingEligibility}}{{end}}')).text).toBe(
    'false ineligible\n',
  );
  expect((await run('node status', '-self', '-t', '{{.LastDrain.Status}} {{.LastDrain.Meta.message}}')).text).toBe(
    'complete new disk\n',
  );
  const eligible = await run('node eligibility', '-enable', '-self');
  expect(eligible.text).toMatch(/^Node "[0-9a-f-]{36}" scheduling eligibility set: eligible for scheduling\n$/);
  const undrain = await run('node drain', '-disable', '-self');
  expect(undrain.text).toMatch(/^Node "[0-9a-f-]{36}" drain strategy unset\n$/);
});

test('one node by any prefix of its id, of odd length too', async () => {
  const { text } = await run('node status', '-quiet');
  for (const length of [8, 7, 10, 36]) {
    const id = text.slice(0, length);
    expect(await run('node status', '-t', '{{.ID}}', id)).toEqual({ code: 0, text });
  }
});

describe('snapshots', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'steppe-snapshot-'));
  });
  const programs: Program[] = [];
  afterAll(async () => {
    await Promise.all(programs.map(stop));
    rmSync(folder, { recursive: true, force: true });
  });

  const stop = async (program: Program) => {
    program.kill('SIGINT');
    await program.exit;
  };

  /** An agent whose state is in a folder, and that a node has registered with. */
  const startAgent = async (name: string) => {
    const host = ownLoopbackHost();
    const config = join(folder, `${name}.hcl`);
    const data = join(folder, name);
    mkdirSync(data, { recursive: true });
    const advertise = `advertise {\n  http = "${host}"\n  rpc = "${host}"\n  serf = "${host}"\n}\n`;
    const roles = 'server {\n  enabled = true\n  bootstrap_expect = 1\n}\nclient {\n  enabled = true\n}\n';
    writeFileSync(config, `data_dir = "${data}"\nbind_addr = "${host}"\nname = "${name}"\n${advertise}${roles}`);
    const program = steppe('agent', `-config=${config}`);
    programs.push(program);
    await program.waitFor('==> Steppe agent started!');
    const ask = (words: string, ...args: readonly string[]) =>
      finished(steppe(...words.split(' '), `-address=http://${host}:4646`, ...args));
    await eventually(10_000, async () => expect((await ask('node status', '-quiet')).text).toMatch(/^[0-9a-f-]{36}\n/));
    return { ask, program };
  };

  test('the state of one region is saved, inspected, and restored to another, where a restart finds it', async () => {
    const elm = await startAgent('elm');
    const fir = await startAgent('fir');
    const file = join(folder, 'elm.snap');
    expect(await elm.ask('operator snapshot save', file)).toEqual({ code: 0, text: `State file written to ${file}\n` });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await elm.ask('operator snapshot save', file)).text).toBe(`Destination file already exists: "${file}"\n`);

    const told = await finished(steppe('operator', 'snapshot', 'inspect', file));
    expect(told.text).toMatch(
      /^ID +=.*\nCreated +=.*T.*Z\nSize +=.*B\nIndex +=.*\nTerm += 1\nVersion +=.*\n\nType +Count +Size\nnodes +1 +\S+ \S*B\nnode_secrets +1 +\S+ \S*B\n(?:\w+ +\d+ +\S+ \S*B\n)+Total +\d+ +\S+ \S*B\n$/,
    );
    expect(told.code).toBe(0);
    const json = await finished(steppe('operator', 'snapshot', 'inspect', '-json', file));
    expect(JSON.parse(json.text)).toMatchObject({
      CreatedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      Size: statSync(file).size,
      Term: 1,
      Types: expect.arrayContaining([
        expect.objectContaining({ Name: 'nodes', Count: 1 }),
        expect.objectContaining({ Name: 'node_secrets', Count: 1 }),
        expect.objectContaining({ Name: 'acl_tokens', Count: 0, Size: 0 }),
      ]),
      Version: 1,
    });

    expect(await fir.ask('operator snapshot restore', file)).toEqual({ code: 0, text: 'Snapshot Restored\n' });
    const names = '{{range .}}{{.Name}} {{end}}';
    expect((await fir.ask('node status', '-t', names)).text).toContain('elm ');
    await stop(fir.program);
    const restarted = await startAgent('fir');
    expect((await restarted.ask('node status', '-t', names)).text).toContain('elm ');
  });

  test('a damaged file is refused, here and by the agent', async () => {
    const file = join(folder, 'damaged.snap');
    writeFileSync(file, 'hello\n');
    const reason = 'the snapshot cannot be used: it is not a snapshot of Steppe, or damaged';
    expect(await finished(steppe('operator', 'snapshot', 'inspect', file))).toEqual({
      code: 1,
      text: `Error verifying snapshot: ${reason}\n`,
    });
    expect(await run('operator snapshot restore', file)).toEqual({
      code: 1,
      text: `Failed to restore snapshot: Unexpected response code: 400 (${reason})\n`,
    });
  });
});

describe('without an agent', () => {
  test('nobody listening is one sentence', async () => {
    const { code, text } = await finished(steppe('server', 'members', `-address=http://${ownLoopbackHost()}:4646`));
    expect(code).toBe(1);
    expect(text).toMatch(
      /^Error querying servers: Get "http:\S+\/v1\/agent\/members": dial tcp \S+: connect: connection refused\n$/,
    );
  });

  test('config validate names what is wrong', async () => {
    expect(await finished(steppe('config', 'validate', '/no/such/file.hcl'))).toEqual({
      code: 1,
      text: 'Configuration is not valid: Error loading configuration from /no/such/file.hcl: stat /no/such/file.hcl: no such file or directory\n',
    });
  });

  test.each([
    [['version'], 0, /^Steppe v\d/],
    [['help'], 0, /^Usage: steppe <command>/],
    [['server'], 1, /^Usage: steppe server <command>/],
    [['nonsense'], 127, /^unknown command: nonsense\n/],
  ] as const)('steppe %p exits with %i', async (args, code, shows) => {
    const result = await finished(steppe(...args));
    expect(result.text).toMatch(shows);
    expect(result.code).toBe(code);
  });
});
