import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { FrameReader } from '@steppe/log-stream';
import type { Logger as LoggerType } from '@steppe/runtime';
import { silentLogger } from '@steppe/runtime';
import { Logger } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { mkdtempSync, rmSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestAgent } from './test-agent.js';
import { SPEC_TOKENS, startDevAgent } from './test-agent.js';

let logger: LoggerType;
/** Takes the agent's own logger out of the container, so that the tests can log through it. */
const spyModule = new ContainerModule(({ onActivation }) => {
  onActivation(Logger, (_, instance) => {
    logger = instance;
    return instance;
  });
});

const folder = mkdtempSync(join(tmpdir(), 'steppe-streams-'));
const logFile = join(folder, 'agent.log');
let agent: TestAgent;
beforeAll(async () => {
  agent = await startDevAgent({ settings: { logFile, logLevel: 'DEBUG' }, modules: [spyModule] });
});
afterAll(async () => {
  await agent.stop();
  rmSync(folder, { recursive: true });
});

const open: AbortController[] = [];
afterEach(() => {
  for (const abort of open.splice(0)) abort.abort();
});

/** Opens a stream; its headers have arrived when this resolves, so that what is logged from now on is in it. */
async function monitor(search: string, headers: Record<string, string> = {}, { url } = agent) {
  const abort = new AbortController();
  open.push(abort);
  const response = await fetch(`${url}/v1/agent/monitor?${search}`, { signal: abort.signal, headers });
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  /** `tail` is the newest chunk with the end of the one before, for texts too long to be searched again and again. */
  const readUntil = async (done: (text: string, tail: string) => boolean): Promise<string> => {
    for (let tail = ''; !done(text, tail); ) {
      const chunk = await reader?.read();
      if (chunk?.value === undefined) break;
      const latest = decoder.decode(chunk.value, { stream: true });
      text += latest;
      tail = tail.slice(-200) + latest;
    }
    return text;
  };
  return { response, readUntil };
}

/** The log lines inside a framed stream. */
function linesOf(text: string): string {
  const frames = new FrameReader().push(Buffer.from(text));
  return Buffer.concat(frames.map(({ data }) => Buffer.from(data ?? []))).toString();
}

describe('monitor', () => {
  test('N2: framed, at the level asked for', async () => {
    const { response, readUntil } = await monitor('log_level=warn');
    expect(response.headers.get('content-type')).toBe('application/json');
    logger.info('too fine');
    logger.named('test').warn('disk almost full', { free_mb: 12 });
    const text = await readUntil((seen) => seen.includes('"Data"'));
    expect(text.replace(/^(\{\})*/, '')).toMatch(/^\{"Data":"/);
    expect(linesOf(text)).toMatch(/\[WARN\] {2}test: disk almost full: free_mb=12\n$/);
    expect(linesOf(text)).not.toContain('too fine');
  });

  test('N3 N6: plain text arrives as it was logged, markup and all', async () => {
    const { response, readUntil } = await monitor('log_level=debug&plain=true');
    expect(response.headers.get('content-type')).toBe('text/plain');
    logger.named('http').debug('<script>alert(1)</script>');
    expect(await readUntil((seen) => seen.includes('</script>'))).toContain(
      '[DEBUG] http: <script>alert(1)</script>\n',
    );
  });

  test('a request shows in the log of the agent that took it', async () => {
    const { readUntil } = await monitor('log_level=debug&plain=true');
    await agent.request('/v1/agent/health?from=stream');
    expect(await readUntil((seen) => seen.includes('from=stream'))).toMatch(
      /\[DEBUG\] http: request complete: method=GET path=\/v1\/agent\/health\?from=stream duration=\d/,
    );
  });

  test('JSON lines', async () => {
    const { readUntil } = await monitor('log_level=info&log_json=T&plain=true');
    logger.named('test').info('one', { b: 2, a: '<x>' });
    const seen = await readUntil((text) => text.includes('"one"'));
    // The agent may have had something to say itself.
    const line = seen.split('\n').find((each) => each.includes('"one"')) ?? '';
    expect(line).toContain('\\u003cx\\u003e');
    expect(JSON.parse(line)).toMatchObject({ '@level': 'info', '@message': 'one', '@module': 'test', a: '<x>', b: 2 });
  });

  test('the place of a call, when asked for', async () => {
    const { readUntil } = await monitor('log_include_location=true&plain=true');
    logger.info('here');
    expect(await readUntil((seen) => seen.includes('here'))).toMatch(/\[INFO\] {2}api\/streams\.test\.ts:\d+: here/);
  });

  test('N4: this node by its id', async () => {
    const [node] = (await agent.request('/v1/nodes')).json() as { ID: string }[];
    for (const name of ['node_id', 'client_id']) {
      const { readUntil } = await monitor(`log_level=warn&${name}=${node?.ID}&plain=true`);
      logger.warn(`for ${name}`);
      expect(await readUntil((seen) => seen.includes(`for ${name}`))).toContain(`for ${name}`);
    }
  });

  test('N11: a reader that falls behind its buffer loses lines, and is told how many', async () => {
    let burst = silentLogger;
    const ownLogger = new ContainerModule(({ onActivation }) => {
      onActivation(Logger, (_, instance) => (burst = instance));
    });
    const other = await startDevAgent({ settings: { logLevel: 'OFF' }, modules: [ownLogger] });
    const { readUntil } = await monitor('log_level=warn&plain=true', {}, other);
    // Far more than the sockets between hold: the rest waits in the buffer, which holds 512 lines.
    const filler = 'x'.repeat(16_384);
    const lines = 1_500;
    for (let i = 0; i < lines; i += 1) burst.warn('burst', { i, filler });
    const text = await readUntil((_, tail) => tail.includes('Monitor dropped'));
    const dropped = Number(/\[WARN\] Monitor dropped (\d+) logs during monitor request/.exec(text)?.[1]);
    const delivered = text.split('\n').filter((line) => line.includes('burst')).length;
    expect(dropped).toBeGreaterThan(0);
    expect(dropped + delivered).toBe(lines);
    await other.stop();
  });

  test('an idle stream has its headers at once and a heartbeat each second', async () => {
    const { readUntil } = await monitor('log_level=off');
    expect(await readUntil((seen) => seen.length >= 4)).toBe('{}{}');
  });

  test('gzip arrives frame by frame', async () => {
    // fetch decodes what it receives, as soon as it receives it.
    const { response, readUntil } = await monitor('log_level=warn', { 'Accept-Encoding': 'gzip' });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    logger.warn('compressed');
    expect(linesOf(await readUntil((seen) => seen.includes('"Data"')))).toContain('compressed');
  });

  test.each([
    ['N1', 'log_json=no', 400, 'Unknown option for log json: strconv.ParseBool: parsing "no": invalid syntax'],
    ['N1', 'log_level=unknown', 400, 'Unknown log level: unknown'],
    [
      'N1',
      'log_include_location=maybe',
      400,
      'Unknown option for log_include_location: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    ['plain', 'plain=2', 400, 'Unknown option for plain: strconv.ParseBool: parsing "2": invalid syntax'],
    ['order', 'log_level=loud&log_json=no', 400, 'Unknown log level: loud'],
    ['both', 'node_id=a&server_id=b', 400, 'Cannot target node and server simultaneously'],
    ['N10', 'region=bar&server_id=x', 400, 'No path to region'],
    ['server', 'server_id=nope', 400, 'unknown Nomad server nope'],
    [
      'node',
      'node_id=0b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71',
      404,
      'Unknown node "0b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71"',
    ],
    ['common', 'stale=maybe', 400, 'Expect `true` or `false` for `stale` query string parameter'],
  ])('%s: monitor?%s is %i', async (_, search, status, text) => {
    const reply = await agent.request(`/v1/agent/monitor?${search}`);
    expect(reply).toMatchObject({ status, text });
    expect(reply.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  test('a level name may have blanks and any case; empty values are absent', async () => {
    const { response } = await monitor('log_level=%20Warn%20&log_json=&plain=&server_id=&node_id=');
    expect(response.status).toBe(200);
  });
});

describe('monitor/export', () => {
  test('E1: the log file as it is', async () => {
    logger.warn('last line before the export');
    // The file is written behind our back; it has the line when the plain export has.
    let plain = '';
    while (!plain.includes('last line before the export'))
      plain = (await agent.request('/v1/agent/monitor/export?on_disk=true&plain=true')).text;
    expect(readFileSync(logFile, 'utf8').startsWith(plain)).toBe(true);
    const framed = await agent.request('/v1/agent/monitor/export?on_disk=true&logs_since=9s');
    expect(framed.headers.get('content-type')).toBe('application/json');
    expect(framed.text).toMatch(/^\{"Data":"[^"]+","Offset":\d+\}/);
    expect(linesOf(framed.text)).toContain('last line before the export');
  });

  const parseBool = (text: string): string => `strconv.ParseBool: parsing "${text}": invalid syntax`;
  test.each([
    [
      'E2',
      'on_disk=green',
      400,
      `Unknown value for on-disk: Failed to parse value of "on_disk" (green) as a bool: ${parseBool('green')}`,
    ],
    [
      'E2',
      'follow=green',
      400,
      `Unknown value for follow: Failed to parse value of "follow" (green) as a bool: ${parseBool('green')}`,
    ],
    ['E3', 'service_name=nomad%25&follow=true', 422, 'nomad% does not meet systemd conventions'],
    [
      'E4',
      'on_disk=true&service_name=nomad&logs_since=98seconds',
      400,
      'Unknown value for logs-since: time: unknown unit "seconds" in duration "98seconds"',
    ],
    ['E5', 'node_id=a&server_id=b&on_disk=true', 400, 'Cannot target node and server simultaneously'],
    ['E5', 'on_disk=true&service_name=nomad', 400, 'Cannot target journald and nomad log file simultaneously'],
    ['E5', '', 400, 'Either -service-name or -on-disk must be set'],
    ['E5', 'on_disk=true&follow=true', 400, 'Cannot follow log file'],
    ...[
      'docker.path',
      'nomad.client',
      'nomad.path.gotcha',
      'nomad%2F8.path',
      'nomad!.path',
      'nomad%24',
      'nom4ad.path',
    ].map((name) => ['E8', `service_name=${name}`, 422, expect.any(String) as never] as const),
  ])('%s: export?%s is %i', async (_, search, status, text) => {
    expect(await agent.request(`/v1/agent/monitor/export?${search}`)).toMatchObject({ status, text });
  });

  test('E6: an agent that logs to no file', async () => {
    const other = await startDevAgent();
    expect(await other.request('/v1/agent/monitor/export?on_disk=true')).toMatchObject({
      status: 400,
      text: 'No nomad log file defined',
    });
    await other.stop();
  });
});

test('N7: a stream demands the right to read agents', async () => {
  const guarded = await startDevAgent({ tokens: SPEC_TOKENS });
  for (const token of ['unrelated', 'node-read', 'unknown', 'garbage']) {
    expect(await guarded.request('/v1/agent/monitor', { token })).toMatchObject({
      status: 403,
      text: 'Permission denied',
    });
  }
  await guarded.stop();
});
