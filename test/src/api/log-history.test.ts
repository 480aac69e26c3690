import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@steppe/testing';
import { FrameReader } from '@steppe/log-stream';
import type { Logger as LoggerType } from '@steppe/runtime';
import { Logger } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenStream } from './open-stream.js';
import { openStream } from './open-stream.js';
import type { TestAgent } from './test-agent.js';
import { SPEC_TOKENS, startDevAgent } from './test-agent.js';

const folder = mkdtempSync(join(tmpdir(), 'steppe-history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const streams: OpenStream[] = [];
afterEach(() => {
  for (const stream of streams.splice(0)) stream.leave();
});

/** An agent with a ring, quiet but for what the tests log. */
async function startAgent(options: Parameters<typeof startDevAgent>[0] = {}) {
  const box: { logger?: LoggerType } = {};
  const spy = new ContainerModule(({ onActivation }) => {
    onActivation(Logger, (_, instance) => (box.logger = instance));
  });
  const agent = await startDevAgent({
    ...options,
    settings: { logRing: { enabled: true, path: join(folder, 'ring') }, ...options.settings },
    modules: [spy],
  });
  const logger = box.logger as LoggerType;
  return { agent, log: logger.named('test') };
}

const EVENTS = { Accept: 'text/event-stream' };
const NDJSON = { Accept: 'application/x-ndjson' };

interface Event {
  readonly id: number;
  readonly text: string;
}

const eventsOf = (text: string): Event[] =>
  text
    .split('\n\n')
    .map((block) => ({
      id: Number(/^id: (\d+)$/m.exec(block)?.[1] ?? Number.NaN),
      text: [...block.matchAll(/^(event|data): (.*)$/gm)].map(([line]) => line).join('\n'),
    }))
    .filter(({ id }) => !Number.isNaN(id));

describe('an agent that keeps its log', () => {
  let agent: TestAgent;
  let log: LoggerType;
  beforeAll(async () => {
    ({ agent, log } = await startAgent());
  });
  afterAll(() => agent.stop());

  const open = async (search: string, headers: Record<string, string> = {}): Promise<OpenStream> => {
    const stream = await openStream(agent, `/v1/agent/monitor?logger=test&${search}`, { headers });
    streams.push(stream);
    return stream;
  };
  /** The whole answer of a stream that ends. */
  const past = async (search: string): Promise<string> => (await open(`follow=false&plain=true&${search}`)).readAll();
  const messages = (text: string): string[] => [...text.matchAll(/test: (\S+)/g)].map((match) => match[1] ?? '');

  test('shows what was logged, and ends where it is told to', async () => {
    for (const name of ['one', 'two', 'three']) log.info(name, { name });
    expect(messages(await past(''))).toEqual(['one:', 'two:', 'three:']);
    expect(messages(await past('tail=2'))).toEqual(['two:', 'three:']);
    expect(messages(await past('since=10m&field.name=two'))).toEqual(['two:']);
    expect(messages(await past('grep=t(w|hr)'))).toEqual(['two:', 'three:']);
    expect(messages(await past(`grep=${encodeURIComponent('name=one')}`))).toEqual(['one:']);
    expect(await past(`since=${new Date(Date.now() + 60_000).toISOString()}`)).toBe('');
    expect(await past('log_level=error')).toBe('');
    expect(await past('logger=other&grep=nothing')).toBe('');
  });

  test('frames stay frames', async () => {
    log.info('framed');
    const stream = await open('tail=1&follow=false');
    expect(stream.response.headers.get('content-type')).toBe('application/json');
    const frames = new FrameReader().push(Buffer.from(await stream.readAll()));
    expect(frames.map(({ fileEvent }) => fileEvent)).toEqual(['log']);
    expect(Buffer.concat(frames.map(({ data }) => data)).toString()).toMatch(/\[INFO\] {2}test: framed\n$/);
  });

  test('the past runs into the present without a seam', async () => {
    log.info('past');
    const stream = await open('tail=1&plain=true');
    log.info('present');
    expect(messages(await stream.readUntil('present'))).toEqual(['past', 'present']);
  });

  test('events have numbers, by which a reader takes up where it broke off', async () => {
    const first = await open('', EVENTS);
    expect(first.response.headers.get('content-type')).toBe('text/event-stream');
    log.info('e1');
    log.info('e2');
    const seen = eventsOf(await first.readUntil('e2\n\n'));
    expect(seen.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^data: .*test: e1$/),
      expect.stringMatching(/^data: .*test: e2$/),
    ]);
    first.leave();
    log.info('e3');
    const again = await open('since=1h&tail=50', { ...EVENTS, 'Last-Event-ID': `${seen[0]?.id}` });
    log.info('e4');
    const rest = eventsOf(await again.readUntil('e4\n\n'));
    expect(rest.map(({ text }) => text.replace(/.*test: /, ''))).toEqual(['e2', 'e3', 'e4']);
    expect(rest[0]?.id).toBe(seen[1]?.id);
    expect(messages(await past(`since=seq:${seen[1]?.id}`))).toEqual(['e2', 'e3', 'e4']);
  });

  test('objects, one a line, with their numbers', async () => {
    const stream = await open('', NDJSON);
    expect(stream.response.headers.get('content-type')).toBe('application/x-ndjson');
    log.warn('object', { a: '\n', '@seq': 1 });
    const [line = ''] = (await stream.readUntil('\n')).split('\n');
    const object = JSON.parse(line) as Record<string, unknown>;
    expect(object).toMatchObject({ '@level': 'warn', '@message': 'object', '@module': 'test', a: '\n' });
    expect(object['@seq']).toBeGreaterThan(1e15);
  });

  test('what is no longer there is a gap, by number', async () => {
    log.info('still here');
    const object = JSON.parse(
      await (
        await openStream(agent, '/v1/agent/monitor?follow=false&tail=1&logger=test', { headers: NDJSON })
      ).readAll(),
    ) as { '@seq': number };
    const oldest = JSON.parse(
      (await (await openStream(agent, '/v1/agent/monitor?follow=false', { headers: NDJSON })).readAll()).split(
        '\n',
      )[0] ?? '',
    ) as { '@seq': number };
    const from = oldest['@seq'] - 1_000;
    const stream = await open(`since=seq:${from}&follow=false`, EVENTS);
    const [gap, ...rest] = eventsOf(await stream.readAll());
    const lost = `{"from":${from},"lost":1000,"to":${oldest['@seq'] - 1}}`;
    expect(gap).toEqual({ id: oldest['@seq'] - 1, text: `event: gap\ndata: ${lost}` });
    expect(rest.at(-1)?.id).toBe(object['@seq']);
  });

  test.each([
    ['since=yesterday', 'since: it must be a duration, an RFC 3339 time or seq:<number>, got "yesterday"'],
    ['since=-5m', 'since: it must be a duration, an RFC 3339 time or seq:<number>, got "-5m"'],
    [
      'since=seq:12345678901234567',
      'since: it must be a duration, an RFC 3339 time or seq:<number>, got "seq:12345678901234567"',
    ],
    ['tail=-1', 'tail: it must be a number from 0 to 100000, got "-1"'],
    ['tail=1000000', 'tail: it must be a number from 0 to 100000, got "1000000"'],
    ['follow=no', 'follow: strconv.ParseBool: parsing "no": invalid syntax'],
    ['grep=(', 'grep: it is no pattern that is understood: "("'],
    [`grep=${'[a-z]'.repeat(100)}`, `grep: it is no pattern that is understood: "${'[a-z]'.repeat(100)}"`],
    ['logger=a&'.repeat(17), 'logger: it may be given 16 times at most'],
    ['field.a=1&'.repeat(17), 'field.<key>: it may be given 16 times at most'],
  ])('monitor?%s is a 400 that says why', async (search, text) => {
    expect(await agent.request(`/v1/agent/monitor?${search}`)).toMatchObject({
      status: 400,
      text: `Unknown option for ${text}`,
    });
  });

  test('an id that is no number of ours is a 400', async () => {
    const reply = await agent.request('/v1/agent/monitor', { headers: { ...EVENTS, 'Last-Event-ID': 'x' } });
    expect(reply).toMatchObject({
      status: 400,
      text: 'Unknown option for Last-Event-ID: it must be the number of a record, got "x"',
    });
  });
});

test('a log that is kept is there after a restart, without a gap, and numbers go on', async () => {
  const settings = { logRing: { enabled: true, path: join(folder, 'restarted') } };
  const first = await startAgent({ settings });
  first.log.info('before');
  const stream = await openStream(first.agent, '/v1/agent/monitor', { headers: EVENTS });
  first.log.info('seen');
  const [seen] = eventsOf(await stream.readUntil('seen\n\n'));
  await first.agent.stop();
  const second = await startAgent({ settings });
  second.log.info('after');
  const again = await openStream(second.agent, '/v1/agent/monitor?logger=test&log_level=debug', {
    headers: { ...EVENTS, 'Last-Event-ID': `${seen?.id}` },
  });
  const rest = eventsOf(await again.readUntil('after\n\n'));
  expect(rest.map(({ text }) => text.replace(/.*test: /, ''))).toEqual(['after']);
  again.leave();
  await second.agent.stop();
});

describe('an agent that keeps nothing', () => {
  let agent: TestAgent;
  let log: LoggerType;
  beforeAll(async () => {
    ({ agent, log } = await startAgent({ settings: { logRing: { enabled: false } } }));
  });
  afterAll(() => agent.stop());

  test.each(['since=5m', 'tail=10', 'follow=false', 'follow=false&since=seq:1'])(
    'monitor?%s says so',
    async (search) => {
      expect(await agent.request(`/v1/agent/monitor?${search}`)).toMatchObject({
        status: 400,
        text: 'log_ring is not enabled on the agent: it has no past log to stream',
      });
    },
  );

  test('tells a reader that comes back what it has missed, by number', async () => {
    const stream = await openStream(agent, '/v1/agent/monitor?logger=test', { headers: EVENTS });
    log.info('a');
    const [a] = eventsOf(await stream.readUntil('a\n\n'));
    stream.leave();
    log.info('b');
    const again = await openStream(agent, '/v1/agent/monitor?logger=test', {
      headers: { ...EVENTS, 'Last-Event-ID': `${a?.id}` },
    });
    log.info('c');
    const [gap, c] = eventsOf(await again.readUntil('test: c\n\n'));
    const { from, to } = JSON.parse(gap?.text.replace(/[^]*data: /, '') ?? '') as { from: number; to: number };
    expect([from, c?.id]).toEqual([(a?.id ?? 0) + 1, to + 1]);
    again.leave();
  });
});

test('an agent with a system log sends its lines there, with severities', async () => {
  const out = join(folder, 'syslog');
  writeFileSync(join(folder, 'logger'), `#!/bin/sh\nexec cat >> ${out}\n`, { mode: 0o755 });
  const { agent, log } = await startAgent({
    settings: { enableSyslog: true, syslogFacility: 'daemon', logRing: { enabled: false } },
    environment: { PATH: `${folder}:/usr/bin:/bin` },
  });
  log.warn('for the system log', { a: 1 });
  await agent.stop();
  expect(readFileSync(out, 'utf8')).toContain('<28>test: for the system log: a=1\n');
});

describe('the level of a logger', () => {
  let agent: TestAgent;
  let log: LoggerType;
  beforeAll(async () => {
    ({ agent, log } = await startAgent({
      tokens: SPEC_TOKENS,
      settings: { logLevel: 'WARN', logRing: { enabled: false } },
    }));
  });
  afterAll(() => agent.stop());

  const put = (body: unknown, token = 'agent-write') =>
    agent.request('/v1/agent/log-level', { method: 'PUT', token, body: JSON.stringify(body) });
  const get = async () => (await agent.request('/v1/agent/log-level', { token: 'agent-read' })).json() as unknown;

  test('is another for a time, seen by whoever may read, and ends by itself', async () => {
    log.debug('unseen');
    const reply = await put({ Logger: 'test', Level: 'debug', TTL: '400ms' });
    expect(reply.status).toBe(200);
    expect(reply.json()).toEqual({
      Level: 'WARN',
      Loggers: [{ Logger: 'test', Level: 'DEBUG', Expires: expect.stringMatching(/^\d{4}-.*Z$/) }],
    });
    expect(await get()).toEqual(reply.json());
    log.debug('seen');
    log.named('below').debug('seen, too');
    expect(agent.log.join('')).toMatch(/test: seen\n.*test\.below: seen, too\n/);
    expect(agent.log.join('')).not.toContain('unseen');
    await eventually(5_000, async () => expect(await get()).toEqual({ Level: 'WARN', Loggers: [] }));
    log.debug('over');
    expect(agent.log.join('')).not.toContain('over');
  });

  test('can be ended before', async () => {
    await put({ Logger: 'test', Level: 'trace' });
    expect(((await get()) as { Loggers: unknown[] }).Loggers).toHaveLength(1);
    expect((await put({ Logger: 'test' })).json()).toEqual({ Level: 'WARN', Loggers: [] });
  });

  test.each([
    [{ Level: 'loud' }, 'Unknown log level: loud'],
    [{ Level: 7 }, 'Level must be a text, got 7'],
    [{ Level: 'debug', TTL: '48h' }, 'TTL must be a duration from 1ms to 24h, got "48h"'],
    [{ Level: 'debug', TTL: '0s' }, 'TTL must be a duration from 1ms to 24h, got "0s"'],
    [{ Level: 'debug', TTL: 'soon' }, 'TTL must be a duration from 1ms to 24h, got "soon"'],
    [{ Level: 'debug', Logger: 'a b' }, 'invalid logger name: "a b"'],
  ])('%j is refused', async (body, text) => {
    expect(await put(body)).toMatchObject({ status: 400, text });
  });

  test.each([
    ['PUT', '', 403],
    ['PUT', 'agent-read', 403],
    ['PUT', 'node-write', 403],
    ['GET', '', 403],
    ['GET', 'node-read', 403],
    ['GET', 'agent-read', 200],
  ])('%s as "%s" is %i', async (method, token, status) => {
    const credential = token === '' ? {} : { token };
    expect((await agent.request('/v1/agent/log-level', { method, ...credential })).status).toBe(status);
  });

  test('both targets at once are refused, and an unknown server', async () => {
    const ask = (search: string) => agent.request(`/v1/agent/log-level?${search}`, { token: 'agent-read' });
    expect(await ask('node_id=a&server_id=b')).toMatchObject({
      status: 400,
      text: 'Cannot target node and server simultaneously',
    });
    expect(await ask('server_id=nope')).toMatchObject({ status: 400, text: 'unknown Nomad server nope' });
  });
});
