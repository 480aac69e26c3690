import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { encodeFrame } from '@steppe/log-stream';
import { decodePprof } from '@steppe/profiling';
import { Program } from '@steppe/testing';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServerAgent } from '../api/test-agent.js';
import type { BuiltAgent } from './built-agent.js';
import { finished, startBuiltAgent, steppe, steppePath } from './built-agent.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steppe-debug-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const SECRET = '5eC4e700-dead-4bee-8f00-123456789abc';

/** Runs the command with a folder as its output. */
const debug = (url: string, ...args: readonly string[]) =>
  finished(
    steppe('operator', 'debug', `-address=${url}`, `-token=${SECRET}`, '-duration=300ms', `-output=${folder}`, ...args),
  );

const captured = (): string => join(folder, readdirSync(folder).find((name) => name.startsWith('steppe-debug-')) ?? '');

const filesOf = (root: string): readonly string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();

const json = (path: string): unknown => JSON.parse(readFileSync(join(captured(), path), 'utf8'));

const PROFILES = [
  'goroutine-debug1_0000.txt',
  'goroutine-debug2_0000.txt',
  'goroutine_0000.prof',
  'heap_0000.prof',
  'profile_0000.prof',
  'threadcreate_0000.prof',
  'trace_0000.prof',
];

describe('steppe operator debug', () => {
  let agent: BuiltAgent;
  beforeAll(async () => {
    agent = await startBuiltAgent('-node=alder');
  });
  afterAll(async () => {
    agent.program.kill('SIGINT');
    await agent.program.exit;
  });

  test('row 78: an archive of logs, profiles and state that tar unpacks, without the token', async () => {
    const flags = [`-address=${agent.url}`, `-token=${SECRET}`, '-duration=1s', '-interval=600ms'];
    const { code, text } = await finished(new Program(steppePath, ['operator', 'debug', ...flags], { cwd: folder }));
    const archive = /Created debug archive: (steppe-debug-\d{4}-\d\d-\d\d-\d{6}Z\.tar\.gz)\n$/.exec(text)?.[1] ?? '';
    expect([code, archive]).toEqual([0, expect.stringMatching(/^steppe-debug/)]);
    expect(statSync(join(folder, archive)).mode & 0o777).toBe(0o600);
    execFileSync('tar', ['-xzf', archive], { cwd: folder });
    rmSync(join(folder, archive));
    expect(text).toMatch(/ Servers: \(1\/1\) \[alder\.global\]\n +Clients: \(1\/1\) \[[0-9a-f-]{36}\]\n/);
    expect(text).toContain('Capture interval 0001\n');
    const files = filesOf(captured());
    const [node = ''] = readdirSync(join(captured(), 'client'));
    for (const target of [`client/${node}`, 'server/alder.global']) {
      for (const name of [...PROFILES, 'agent-host.json', 'monitor.log']) expect(files).toContain(`${target}/${name}`);
      for (const name of PROFILES.filter((each) => each.endsWith('.prof') && !each.startsWith('trace'))) {
        expect(decodePprof(readFileSync(join(captured(), target, name))).sampleTypes).not.toEqual([]);
      }
      expect(json(`${target}/trace_0000.prof`)).toHaveProperty('traceEvents');
      expect(readFileSync(join(captured(), target, 'monitor.log'), 'utf8')).toMatch(
        /^2\S+ \[(TRACE|DEBUG|INFO)\] +\S+:\d+: /,
      );
    }
    expect(json('cluster/members.json')).toMatchObject({ Members: [{ Name: 'alder.global' }] });
    expect(json('cluster/cli-flags.json')).toMatchObject({ token: '<redacted>' });
    expect(json('interval/0001/metrics.json')).toHaveProperty('Gauges');
    for (const line of readFileSync(join(captured(), 'SHA256SUMS'), 'utf8').trimEnd().split('\n')) {
      const [digest, path = ''] = line.split('  ');
      expect(
        createHash('sha256')
          .update(readFileSync(join(captured(), path)))
          .digest('hex'),
      ).toBe(digest);
    }
    expect((json('index.json') as { Files: { Path: string }[] }).Files.map(({ Path }) => Path)).toEqual(
      files.filter((path) => !['SHA256SUMS', 'index.html', 'index.json'].includes(path)),
    );
    for (const path of files) expect(readFileSync(join(captured(), path)).includes(SECRET)).toBe(false);
  });

  test('row D2: a region nobody knows', async () => {
    expect(await debug(agent.url, '-region=never')).toEqual({
      code: 1,
      text: 'Starting debugger...\n\nError querying node info: Unexpected response code: 500 (No path to region)\n',
    });
  });

  test('a folder that cannot be made is told apart', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { code, text } = await debug(agent.url, `-output=${join(folder, 'file')}`);
    expect([code, text]).toEqual([2, expect.stringContaining('Failed to create the output folder: EEXIST')]);
  });

  test('what cannot be meant is refused, and leaves nothing behind', async () => {
    const refused: readonly (readonly [args: readonly string[], message: string])[] = [
      [['-node-id=ffffffff'], 'Failed to retrieve clients, 0 nodes found in list: ffffffff\n'],
      [['-server-id=nobody'], 'Failed to retrieve servers, 0 members match nobody in region global\n'],
      [['-duration=long'], 'Error parsing -duration: long: time: invalid duration "long"\n'],
      [['-interval=0s'], '-interval must be positive, got 0s\n'],
      [['-max-nodes=-1'], '-max-nodes must not be negative, got -1\n'],
      [['-log-file-export', '-log-lookback=1h'], '-log-file-export and -log-lookback exclude each other\n'],
      [['nodes'], 'This command takes no arguments\n'],
    ];
    const outcomes = await Promise.all(refused.map(([args]) => debug(agent.url, ...args)));
    expect(outcomes).toEqual(refused.map(([, message]) => ({ code: 1, text: expect.stringContaining(message) })));
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('row D3: without debugging allowed, the rest is captured', async () => {
  const plain = await startServerAgent();
  try {
    const { code, text } = await finished(
      steppe('operator', 'debug', `-address=${plain.url}`, '-duration=300ms', `-output=${folder}`),
    );
    expect(text).toMatch(/Failed to retrieve pprof profile_0000\.prof of \S+: .*Permission denied/);
    expect(text).toContain('Profiles need a token with agent:write, or without ACLs enable_debug = true\n');
    expect([code, text]).toEqual([0, expect.stringContaining('Created debug directory: ')]);
    const files = filesOf(captured());
    expect(files.filter((path) => path.endsWith('.prof'))).toEqual([]);
    expect(files).toContain('interval/0000/nodes.json');
  } finally {
    await plain.stop();
  }
});

describe('steppe operator debug of agents that misbehave', () => {
  let server: Server;
  let url: string;
  const queries: string[] = [];
  let hasLeader = true;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      queries.push(request.url ?? '');
      const reply = (status: number, body: string | Uint8Array): void => {
        response.writeHead(status).end(body);
      };
      if (!hasLeader && !searchParams.has('stale')) return reply(500, 'No cluster leader');
      switch (pathname) {
        case '/v1/nodes':
          return reply(200, JSON.stringify([{ ID: '../../up', NodeClass: '', Version: 'new' }]));
        case '/v1/agent/members':
          return reply(
            200,
            JSON.stringify({
              ServerRegion: 'r',
              Members: [
                { Name: 'a.r', Addr: '10.0.0.1', Tags: { region: 'r', build: '0.11.1', port: '4647' } },
                { Name: 'b.r', Addr: '10.0.0.2', Tags: { region: 'r', build: '1.0.0', port: '4647' } },
                { Name: 'c.s', Addr: '10.0.0.3', Tags: { region: 's', build: '1.0.0', port: '4647' } },
              ],
            }),
          );
        case '/v1/status/leader':
          return reply(200, '"10.0.0.2:4647"');
        case '/v1/agent/self':
          return reply(200, JSON.stringify({ config: { Token: 'x', note: `with ${SECRET}` } }));
        case '/v1/agent/host':
          return reply(200, '<html>');
        case '/v1/agent/monitor':
          return reply(200, encodeFrame({ data: Buffer.from(`token=${SECRET} hello\n`), fileEvent: 'log', offset: 0 }));
        case '/v1/agent/pprof/heap':
          return reply(200, Buffer.from(`a profile with ${SECRET}`));
        case '/v1/agent/pprof/goroutine':
          return reply(200, 'goroutine');
        case '/v1/plugins':
          return reply(200, JSON.stringify([{ ID: 'nfs/x' }]));
        case '/v1/plugin/csi/nfs%2Fx':
          return reply(200, '{"ID":"nfs/x"}');
        default:
          return reply(500, `no answer to ${SECRET}`);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    queries.length = 0;
  });

  test('row D1: no leader is fatal, unless any server may answer', async () => {
    hasLeader = false;
    try {
      expect(await debug(url)).toEqual({
        code: 1,
        text: 'Starting debugger...\n\nError querying node info: Unexpected response code: 500 (No cluster leader)\n',
      });
      const { code, text } = await debug(url, '-stale');
      expect([code, text]).toEqual([0, expect.stringContaining('Failed to retrieve leader; err: ')]);
    } finally {
      hasLeader = true;
    }
  });

  test('all that works is there, the rest is told, nothing gets out of the folder, and no secret in', async () => {
    const { code, text } = await debug(url, '-server-id=leader', '-log-lookback=1h', '-event-topic=Node,Job:web');
    expect(code).toBe(0);
    expect(text).toContain('Servers: (1/2) [b.r]\n');
    expect(text).toContain('The version of ../../up cannot be understood: "new"\n');
    expect(text).toContain('Failed to query the host of b.r: unavailable on this agent\n');
    expect(text).toContain('Error capturing event stream: Unexpected response code: 500');
    const files = filesOf(captured());
    const [node = ''] = readdirSync(join(captured(), 'client'));
    expect(node).toMatch(/^[\w-]+$|^_[\w.-]+$/);
    expect(readdirSync(folder)).toHaveLength(1);
    for (const path of files) expect(readFileSync(join(captured(), path)).includes(SECRET)).toBe(false);
    expect(json('cluster/agent-self.json')).toEqual({ config: { Token: '<redacted>', note: 'with <redacted>' } });
    expect(json('interval/0000/jobs.json')).toEqual({
      Error: 'Unexpected response code: 500 (no answer to <redacted>)',
    });
    expect(files.filter((path) => /csi-plugin-nfs_x-\w+\.json$/.test(path))).toHaveLength(1);
    // A CPU profile that failed leaves no file, the others an empty one.
    expect(files).not.toContain('server/b.r/profile_0000.prof');
    for (const name of ['trace_0000.prof', 'heap_0000.prof', 'threadcreate_0000.prof']) {
      expect(statSync(join(captured(), 'server/b.r', name)).size).toBe(0);
    }
    expect(readFileSync(join(captured(), 'server/b.r/monitor.log'), 'utf8')).toBe('token=<redacted> hello\n');
    expect(json('redactions.json')).toContainEqual({
      File: 'server/b.r/monitor.log',
      What: expect.any(String),
      Count: 1,
    });
    expect((json('index.json') as { Failures: unknown[] }).Failures).toContainEqual({
      What: 'Failed to retrieve pprof heap_0000.prof of b.r',
      Error: 'it holds a secret of this command and is not kept',
    });
    expect(queries).toContain('/v1/event/stream?index=0&topic=Node%3A*&topic=Job%3Aweb');
    expect(queries).toContain('/v1/agent/pprof/profile?node_id=&server_id=b.r&seconds=1&debug=0&gc=0');
    expect(queries).toContain('/v1/agent/monitor?log_level=TRACE&log_include_location=true&server_id=b.r');
    expect(queries).toContain('/v1/agent/monitor/export?logs_since=1h&on_disk=false&service_name=nomad&server_id=b.r');
  });

  test('an agent whose profiles are not safe is told', async () => {
    const { text } = await debug(url, '-server-id=a.r', '-verbose');
    expect(text).toContain('a.r runs version 0.11.1, of which profiles are not taken safely\n');
    expect(text).toMatch(/What could not be captured \(\d+\) is listed in index\.json\n {4}/);
  });
});
