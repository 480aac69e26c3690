import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@steppe/testing';
import type { LogHub as LogHubType } from '@steppe/log-stream';
import { DefaultLogHub } from '@steppe/log-stream/di';
import { ContainerModule } from 'inversify';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get as httpGet } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from './forwarding-cluster.js';
import { startCluster } from './forwarding-cluster.js';
import type { OpenStream } from './open-stream.js';
import { openStream } from './open-stream.js';
import type { TestAgent } from './test-agent.js';
import { SPEC_TOKENS, startDevAgent } from './test-agent.js';

async function startAgent(options: Parameters<typeof startDevAgent>[0]) {
  const box: { hub?: LogHubType } = {};
  const spy = new ContainerModule(({ onActivation }) => {
    onActivation(DefaultLogHub, (_, instance) => (box.hub = instance));
  });
  const agent = await startDevAgent({ ...options, modules: [spy] });
  return { agent, hub: box.hub as LogHubType };
}

/** A reader that can stop reading: its socket is not looked at, and the system's buffers fill up. */
class StallingReader {
  readonly #response: IncomingMessage;
  /** The end of what came before, so that nothing is counted twice or not at all where it was cut. */
  #rest = '';
  /** Lines of {@link burst} that have come. */
  lines = 0;
  /** Those that were reported as dropped. */
  lost = 0;
  bytes = 0;
  gaps = 0;

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.on('data', (chunk: Buffer) => this.#take(chunk));
    response.on('error', () => undefined);
  }

  /** Resolves when the headers have come. */
  static open({ url }: TestAgent, path: string, headers: Record<string, string> = {}): Promise<StallingReader> {
    return new Promise((resolve, reject) => {
      httpGet(url + path, { headers, agent: false }, (response) => resolve(new StallingReader(response))).on(
        'error',
        reject,
      );
    });
  }

  #take(chunk: Buffer): void {
    this.bytes += chunk.length;
    const text = this.#rest + chunk.toString('latin1');
    const end = text.lastIndexOf('\n') + 1;
    // Frames have no line ends; nobody counts lines there.
    this.#rest = text.slice(end).slice(-20_000);
    for (const line of text.slice(0, end).split('\n')) {
      if (line.includes('burst: line')) this.lines += 1;
      if (line === 'event: gap') this.gaps += 1;
      this.lost += Number(/dropped (\d+) logs/.exec(line)?.[1] ?? 0);
    }
  }

  stall(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  leave(how: 'fin' | 'reset'): void {
    if (how === 'fin') this.#response.socket.end();
    else this.#response.socket.resetAndDestroy();
  }
}

const streams: OpenStream[] = [];
afterEach(() => {
  for (const stream of streams.splice(0)) stream.leave();
});

describe('how many streams there may be', () => {
  const folder = mkdtempSync(join(tmpdir(), 'steppe-slots-'));
  let agent: TestAgent;
  let hub: LogHubType;
  beforeAll(async () => {
    // A journal that never ends.
    writeFileSync(join(folder, 'journalctl'), '#!/bin/sh\necho begun\nexec sleep 1000\n', { mode: 0o755 });
    ({ agent, hub } = await startAgent({
      tokens: SPEC_TOKENS,
      settings: { logStream: { maxPerToken: 3, maxTotal: 5 } },
    }));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const open = async (token: string, search = ''): Promise<number> => {
    const stream = await openStream(agent, `/v1/agent/monitor?${search}`, { token });
    streams.push(stream);
    return stream.response.status;
  };

  test('no more for one token, and no more in all; whoever leaves makes room within a second', async () => {
    for (let i = 0; i < 3; i += 1) expect(await open('agent-read', i === 1 ? 'logger=x' : '')).toBe(200);
    expect(await agent.request('/v1/agent/monitor', { token: 'agent-read' })).toMatchObject({
      status: 429,
      text: 'this token has 3 log streams open, and may have no more',
    });
    expect((await agent.request('/v1/agent/monitor/export?on_disk=true', { token: 'agent-read' })).status).toBe(429);
    for (let i = 0; i < 2; i += 1) expect(await open('agent-write')).toBe(200);
    expect(await agent.request('/v1/agent/monitor', { token: 'root' })).toMatchObject({
      status: 429,
      text: 'the agent has 5 log streams open, and may have no more',
    });
    expect(hub.subscribers).toBe(5);
    const left = performance.now();
    for (const stream of streams.splice(0)) stream.leave();
    await eventually(1_000, async () => expect(hub.subscribers).toBe(0));
    expect(performance.now() - left).toBeLessThan(1_000);
    expect(await open('agent-read')).toBe(200);
  });

  test('a request that is refused, or ends by itself, keeps no slot', async () => {
    for (let i = 0; i < 8; i += 1) {
      expect((await agent.request('/v1/agent/monitor/export?on_disk=true', { token: 'root' })).status).toBe(400);
      expect((await agent.request('/v1/agent/monitor?tail=1', { token: 'root' })).status).toBe(400);
    }
    expect(await open('root')).toBe(200);
  });

  test('with the agent they end, and so does the level of a logger that would hold for longer', async () => {
    const body = JSON.stringify({ Logger: 'far', Level: 'debug', TTL: '1h' });
    expect((await agent.request('/v1/agent/log-level', { method: 'PUT', body, token: 'agent-write' })).status).toBe(
      200,
    );
    expect(await open('root')).toBe(200);
    expect([hub.loggerLevels.length, hub.subscribers > 0]).toEqual([1, true]);
    await agent.stop();
    expect([hub.loggerLevels, hub.subscribers]).toEqual([[], 0]);
  });
});

describe('a reader that does not read', () => {
  let agent: TestAgent;
  let hub: LogHubType;
  beforeAll(async () => {
    ({ agent, hub } = await startAgent({ settings: { logLevel: 'OFF' } }));
  });
  afterAll(() => agent.stop());

  const burst = (lines: number, bytes: number): void => {
    const log = hub.logger('burst');
    for (let i = 0; i < lines; i += 1) log.warn('line', { i, filler: 'x'.repeat(bytes) });
  };

  test.each([
    ['fin', ''],
    ['reset', ''],
    ['reset', 'logger=burst'],
  ] as const)(
    'one that stalls and goes (%s) while much is logged is forgotten within a second: monitor?%s',
    async (how, search) => {
      const reader = await StallingReader.open(agent, `/v1/agent/monitor?${search}`);
      reader.stall();
      burst(2_000, 8_000);
      expect(hub.subscribers).toBe(1);
      reader.leave(how);
      if (how === 'fin') reader.resume();
      await eventually(1_000, async () => expect(hub.subscribers).toBe(0));
    },
  );

  test('costs the others nothing', async () => {
    const stalled = await StallingReader.open(agent, '/v1/agent/monitor?logger=burst&plain=true');
    stalled.stall();
    const healthy = await StallingReader.open(agent, '/v1/agent/monitor?plain=true');
    const events = await StallingReader.open(agent, '/v1/agent/monitor?logger=burst', { Accept: 'text/event-stream' });
    for (let round = 1; round <= 5; round += 1) {
      burst(400, 8_000);
      // The healthy ones keep up.
      await eventually(5_000, async () => expect([healthy.lines, events.lines]).toEqual([round * 400, round * 400]));
    }
    expect([healthy.lost, events.gaps]).toEqual([0, 0]);
    stalled.resume();
    await eventually(5_000, async () => expect(stalled.lines + stalled.lost).toBe(2_000));
    expect(stalled.lost).toBeGreaterThan(0);
    for (const reader of [stalled, healthy, events]) reader.leave('reset');
  }, 30_000);
});

describe('from agent to agent', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ settings: { logLevel: 'OFF' } });
  }, 60_000);
  afterAll(() => cluster.stop());

  test.each(['plain=true', 'plain=true&logger=burst'])(
    'a reader that stalls stops the stream where it begins: monitor?%s loses lines there, and is told how many',
    async (search) => {
      const { south, workers, nodeIds, loggers } = cluster;
      // Over two servers to the node.
      const reader = await StallingReader.open(
        south,
        `/v1/agent/monitor?${search}&log_level=warn&region=global&node_id=${nodeIds[0]}`,
      );
      reader.stall();
      const log = loggers.get(workers[0])?.named('burst');
      const filler = 'x'.repeat(16_000);
      const sent = 3_000;
      for (let i = 0; i < sent; i += 1) {
        log?.warn('line', { i, filler });
        if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      reader.resume();
      await eventually(15_000, async () => expect(reader.lines + reader.lost).toBe(sent));
      expect(reader.lost).toBeGreaterThan(0);
      // 48 MB were logged. What had waited on the way is what came: the buffers of three agents and their connections.
      expect(reader.bytes).toBeLessThan(24e6);
      reader.leave('reset');
    },
    40_000,
  );

  test('events and their numbers come from the agent that is named, and are taken up by number', async () => {
    const { north, workers, nodeIds, loggers } = cluster;
    const log = loggers.get(workers[1])?.named('far');
    const path = `/v1/agent/monitor?log_level=warn&logger=far&node_id=${nodeIds[1]}`;
    const first = await openStream(north, path, { headers: { Accept: 'text/event-stream' } });
    streams.push(first);
    expect(first.response.headers.get('content-type')).toBe('text/event-stream');
    log?.warn('one');
    const id = Number(/id: (\d+)\ndata: .*far: one\n/.exec(await first.readUntil('one\n\n'))?.[1]);
    log?.warn('missed');
    const again = await openStream(workers[0], path, {
      headers: { Accept: 'text/event-stream', 'Last-Event-ID': `${id}` },
    });
    streams.push(again);
    log?.warn('two');
    const text = await again.readUntil('two\n\n');
    expect(text).toMatch(new RegExp(`event: gap\ndata: \\{"from":${id + 1},"lost":\\d+,"to":\\d+\\}\n`));
  });

  test('the level of a logger is changed where it is named', async () => {
    const { south, workers, nodeIds } = cluster;
    const path = `/v1/agent/log-level?region=global&node_id=${nodeIds[0]}`;
    const body = JSON.stringify({ Logger: 'far', Level: 'debug', TTL: '1m' });
    expect((await south.request(path, { method: 'PUT', body })).status).toBe(200);
    const loggersOf = async (agent: TestAgent, url: string) =>
      ((await agent.request(url)).json() as { Loggers: unknown[] }).Loggers;
    expect(await loggersOf(workers[0], '/v1/agent/log-level')).toHaveLength(1);
    expect(await loggersOf(south, path)).toHaveLength(1);
    expect(await loggersOf(south, '/v1/agent/log-level')).toHaveLength(0);
  });
});
