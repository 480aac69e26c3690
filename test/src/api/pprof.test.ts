import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodePprof } from '@steppe/profiling';
import { eventually } from '@steppe/testing';
import { fileURLToPath } from 'node:url';
import { startDevAgent, startServerAgent, startWorkerAgent } from './test-agent.js';
import type { TestAgent } from './test-agent.js';

let agent: TestAgent;

beforeAll(async () => {
  agent = await startDevAgent({
    settings: { profiling: { historyMs: 60_000, historyIntervalMs: 10, stallThresholdMs: 100 } },
  });
});

afterAll(() => agent.stop());

const profileOf = async (path: string) => {
  const response = await fetch(agent.url + path);
  expect(response.status).toBe(200);
  return { headers: response.headers, profile: decodePprof(new Uint8Array(await response.arrayBuffer())) };
};

describe('/debug/pprof', () => {
  test('row 76: an unknown profile is told in the way of Go', async () => {
    const reply = await agent.request('/debug/pprof/nope');
    expect([reply.status, reply.text, reply.headers.get('x-go-pprof')]).toEqual([404, 'Unknown profile\n', '1']);
    expect(reply.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  test('row 76: without enable_debug nothing is there', async () => {
    const plain = await startServerAgent();
    try {
      for (const path of ['/debug/pprof/', '/debug/pprof/heap']) {
        expect(await plain.request(path)).toMatchObject({ status: 404, text: '' });
      }
    } finally {
      await plain.stop();
    }
  });

  test('with ACLs on nothing is asked, as in the reference', async () => {
    const guarded = await startServerAgent({ settings: { enableDebug: true }, tokens: {} });
    try {
      expect((await guarded.request('/debug/pprof/cmdline')).status).toBe(200);
      expect((await guarded.request('/v1/agent/pprof/cmdline')).status).toBe(403);
    } finally {
      await guarded.stop();
    }
  });

  test('the index lists the profiles with their counts', async () => {
    const { status, headers, text } = await agent.request('/debug/pprof/');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    for (const name of ['allocs', 'block', 'goroutine', 'heap', 'mutex', 'threadcreate']) {
      expect(text).toMatch(new RegExp(`<td>\\d+<td><a href="${name}\\?debug=1">${name}</a>`));
    }
  });

  test.each([
    ['seconds=0', 'invalid value for "seconds" - must be a positive integer\n'],
    ['seconds=x', 'invalid value for "seconds" - must be a positive integer\n'],
    ['seconds=1&debug=1', 'seconds and debug params are incompatible\n'],
  ])('heap?%s is refused', async (query, text) => {
    expect(await agent.request(`/debug/pprof/heap?${query}`)).toMatchObject({ status: 400, text });
  });

  test('with seconds a lookup tells what changed', async () => {
    const { profile } = await profileOf('/debug/pprof/goroutine?seconds=1');
    expect(profile.durationMs).toBe(1_000);
    expect(profile.comments[0]).toMatch(/^difference to a profile of 20/);
  });

  test('symbol says that there are none, cmdline and a capture are as on the agent route', async () => {
    expect((await agent.request('/debug/pprof/symbol')).text).toBe('num_symbols: 1\n');
    const [ours, theirs] = [
      await agent.request('/debug/pprof/cmdline'),
      await agent.request('/v1/agent/pprof/cmdline'),
    ];
    expect(ours.text).toBe(theirs.text);
    const { headers, profile } = await profileOf('/debug/pprof/profile?seconds=1');
    expect(headers.get('content-disposition')).toBe('attachment; filename="profile"');
    expect(profile.durationMs).toBeGreaterThanOrEqual(1_000);
  });

  test('a second capture is refused with the text of Go', async () => {
    const leave = new AbortController();
    const first = fetch(`${agent.url}/debug/pprof/profile`, { signal: leave.signal }).catch(() => 'left');
    await eventually(10_000, async () => {
      expect(await agent.request('/debug/pprof/profile?seconds=1')).toMatchObject({
        status: 500,
        text: 'Could not enable CPU profiling: cpu profiling already in use\n',
      });
    });
    leave.abort();
    expect(await first).toBe('left');
  });
});

test('paths of frames begin where the program is installed', async () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  // What is sampled is a matter of chance: one allocation of half a megabyte on average.
  await eventually(20_000, async () => {
    const { profile } = await profileOf('/v1/agent/pprof/heap');
    const files = profile.samples.flatMap(({ stack }) => stack).map(({ file }) => file);
    expect(files.filter((file) => file.startsWith(root))).toEqual([]);
    expect(files.some((file) => /^(packages|node_modules)\//.test(file))).toBe(true);
  });
});

describe('forms of a profile', () => {
  test.each([
    ['goroutine?format=collapsed', 'text/plain; charset=utf-8', /^\[(task|thread|libuv)\];/],
    [
      'heap?format=speedscope',
      'application/octet-stream',
      /"profiles":\[\{"type":"sampled","name":"heap","unit":"bytes"/,
    ],
    ['goroutine?format=html', 'text/html; charset=utf-8', /<title>goroutine: goroutine/],
    ['profile?seconds=1&format=cpuprofile', 'application/octet-stream', /^\{"nodes":\[\{"id":1/],
  ])('%s', async (path, type, shows) => {
    const { status, headers, text } = await agent.request(`/v1/agent/pprof/${path}`);
    expect([status, headers.get('content-type'), headers.get('x-content-type-options')]).toEqual([
      200,
      type,
      'nosniff',
    ]);
    expect(text).toMatch(shows);
  });

  test('the page may load nothing', async () => {
    const { headers } = await agent.request('/v1/agent/pprof/goroutine?format=html');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';/);
  });

  test.each([
    ['heap?format=svg', 'invalid format "svg": it must be one of pprof, collapsed, cpuprofile, html, speedscope'],
    ['heap?format=cpuprofile', 'invalid format "cpuprofile": only a new CPU profile has it, not heap'],
    ['heap?format=html&debug=1', 'format and debug exclude each other'],
    ['trace?format=html', 'format is not for trace'],
    ['heap?since=5m', 'since is not for heap'],
    ['profile?since=soon', 'invalid since: time: invalid duration "soon"'],
  ])('%s is refused', async (path, text) => {
    expect(await agent.request(`/v1/agent/pprof/${path}`)).toMatchObject({ status: 400, text });
  });

  test('a profile of the past is there at once', async () => {
    const { profile } = await profileOf('/v1/agent/pprof/profile?since=5m');
    expect(profile.period).toBe(10_000_000);
    expect(profile.comments[0]).toBe('sampled all the time, one sample per 10 ms and thread');
  });

  test('where no past is kept the answer says how to keep it', async () => {
    const plain = await startDevAgent();
    try {
      expect(await plain.request('/v1/agent/pprof/profile?since=5m')).toMatchObject({
        status: 400,
        text: 'no profiles of the past are kept: set profiling.history, such as "10m", to keep them',
      });
    } finally {
      await plain.stop();
    }
  });
});

test('a denied request says in the log what is missing', async () => {
  const plain = await startServerAgent();
  try {
    expect((await plain.request('/v1/agent/pprof/heap')).status).toBe(403);
    expect(plain.log.join('')).toMatch(/request denied: .*reason="lacks AgentDebug: enable_debug is false"/);
  } finally {
    await plain.stop();
  }
});

describe.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])('row 57: enable_debug %s, ACLs %s', (enableDebug, hasAcls) => {
  test('who may take a profile, and whether it stands at /debug/pprof too', async () => {
    const policies = { write: 'agent { policy = "write" }', read: 'agent { policy = "read" }' };
    const server = await startServerAgent({ settings: { enableDebug }, ...(hasAcls ? { tokens: policies } : {}) });
    try {
      const statuses: Record<string, number> = {};
      for (const token of hasAcls ? ['', 'read', 'write', 'root'] : ['']) {
        const credentials = token === '' ? {} : { token };
        statuses[token] = (await server.request('/v1/agent/pprof/cmdline', credentials)).status;
        // Row 58: of any profile, not of the command line alone.
        expect((await server.request('/v1/agent/pprof/heap', credentials)).status).toBe(statuses[token]);
      }
      const open = enableDebug ? 200 : 403;
      expect(statuses).toEqual(hasAcls ? { '': 403, read: 403, write: 200, root: 200 } : { '': open });
      expect((await server.request('/debug/pprof/cmdline')).status).toBe(enableDebug ? 200 : 404);
    } finally {
      await server.stop();
    }
  });
});

test('row 77: without ACLs the setting of the agent that is profiled counts, not of the one that is asked', async () => {
  const agents: TestAgent[] = [];
  const started = async (starting: Promise<TestAgent>): Promise<TestAgent> => {
    const each = await starting;
    agents.push(each);
    return each;
  };
  try {
    for (const [asked, profiled, status] of [
      [true, false, 403],
      [false, true, 200],
    ] as const) {
      const server = await started(startServerAgent({ settings: { enableDebug: asked } }));
      const { Members } = (await server.request('/v1/agent/members')).json() as {
        Members: { Tags: { port: string } }[];
      };
      const servers = [`127.0.0.1:${Members[0]?.Tags.port}`];
      await started(startWorkerAgent({ settings: { enableDebug: profiled, client: { enabled: true, servers } } }));
      await eventually(20_000, async () => {
        const [node] = (await server.request('/v1/nodes')).json() as { ID: string }[];
        const reply = await server.request(`/v1/agent/pprof/cmdline?node_id=${node?.ID}`);
        expect(reply).toMatchObject({ status, ...(status === 403 ? { text: 'Permission denied' } : {}) });
      });
    }
  } finally {
    await Promise.all(agents.map((each) => each.stop()));
  }
});
