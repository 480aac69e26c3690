import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { FrameReader } from '@steppe/log-stream';
import type { Logger as LoggerType } from '@steppe/runtime';
import { Logger } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { request as httpRequest } from 'node:http';
import { constants, gunzipSync, inflateRawSync } from 'node:zlib';
import type { OpenStream } from './open-stream.js';
import { openStream } from './open-stream.js';
import type { TestAgent } from './test-agent.js';
import { secretOf, SPEC_TOKENS, startDevAgent } from './test-agent.js';

let logger: LoggerType;
let agent: TestAgent;
beforeAll(async () => {
  const spy = new ContainerModule(({ onActivation }) => {
    onActivation(Logger, (_, instance) => (logger = instance));
  });
  agent = await startDevAgent({ settings: { logLevel: 'ERROR' }, tokens: SPEC_TOKENS, modules: [spy] });
});
afterAll(() => agent.stop());

const streams: OpenStream[] = [];
afterEach(() => {
  for (const stream of streams.splice(0)) stream.leave();
});

async function monitor(search: string, headers: Record<string, string> = {}, method = 'GET'): Promise<OpenStream> {
  const stream = await openStream(agent, `/v1/agent/monitor?${search}`, { token: 'agent-read', headers, method });
  streams.push(stream);
  return stream;
}

const linesOf = (text: string): string => {
  const frames = new FrameReader().push(Buffer.from(text));
  return Buffer.concat(frames.map(({ data }) => data)).toString();
};

/** The body as sent, whatever its encoding: `fetch` would decode it. Ends when `done` says so. */
function rawBody(headers: Record<string, string>, done: (bytes: Buffer) => boolean) {
  return new Promise<{ readonly headers: NodeJS.Dict<string | string[]>; readonly bytes: Buffer }>(
    (resolve, reject) => {
      const request = httpRequest(`${agent.url}/v1/agent/monitor?log_level=off`, {
        headers: { ...headers, 'X-Nomad-Token': secretOf('agent-read') },
      });
      request.on('response', (response) => {
        let bytes = Buffer.alloc(0);
        response.on('data', (chunk: Buffer) => {
          bytes = Buffer.concat([bytes, chunk]);
          if (!done(bytes)) return;
          resolve({ headers: response.headers, bytes });
          request.destroy();
        });
        response.on('error', () => undefined);
      });
      request.on('error', reject);
      request.end();
    },
  );
}
describe('headers and the first sign of life', () => {
  test.each([
    ['', 'application/json', true],
    ['plain=true', 'text/plain', false],
    ['log_json=true', 'application/json', true],
    ['log_json=true&plain=true', 'text/plain', false],
    ['log_level=off', 'application/json', true],
    ['log_include_location=1', 'application/json', true],
  ])('monitor?%s: headers come within a second, and framed a heartbeat with them', async (search, type, beats) => {
    const begun = performance.now();
    const stream = await monitor(search);
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(stream.response.status).toBe(200);
    expect(stream.response.headers.get('content-type')).toBe(type);
    expect(stream.response.headers.get('vary')).toBe('Accept-Encoding');
    for (const name of ['x-nomad-index', 'x-nomad-knownleader', 'x-nomad-lastcontact']) {
      expect(stream.response.headers.has(name)).toBe(false);
    }
    if (!beats) return;
    await stream.readUntil('{}');
    // The second is counted on the agent; half of one is more than the way here takes.
    expect(performance.now() - begun).toBeLessThan(1_500);
  });

  test('row 19: a plain stream with nothing to say sends its headers and not a byte', async () => {
    const stream = await monitor('plain=true&log_level=off');
    logger.error('nobody sees this');
    const first = await Promise.race([
      stream.readUntil((text) => text !== ''),
      new Promise((resolve) => setTimeout(() => resolve('silence'), 1_300)),
    ]);
    expect(first).toBe('silence');
  });
});

describe('what is in a stream', () => {
  test('row 11: a stream finer than the agent gets what the agent does not print', async () => {
    const stream = await monitor('log_level=trace&plain=true');
    logger.named('test').trace('very fine');
    await stream.readUntil('[TRACE] test: very fine\n');
    expect(agent.log.join('')).not.toContain('very fine');
    expect(logger.isEnabled('trace')).toBe(true);
  });

  test('row 10: an empty level is INFO', async () => {
    const stream = await monitor('log_level=&plain=true');
    logger.debug('too fine');
    logger.info('just right');
    const text = await stream.readUntil('just right');
    expect(text).not.toContain('too fine');
  });

  test('a finished request is a line at debug, with method, path and duration, whoever asked', async () => {
    const stream = await monitor('log_level=debug&plain=true');
    await agent.request('/v1/agent/self?from=stream', { token: 'unknown' });
    expect(await stream.readUntil('from=stream duration=')).toMatch(
      /\[DEBUG\] http: request complete: method=GET path="?\/v1\/agent\/self\?from=stream"? duration=\d+(\.\d+)?ms\n/,
    );
  });

  test('plain JSON lines are raw, and what is logged cannot end the line', async () => {
    const stream = await monitor('log_json=true&plain=true');
    logger.named('test').warn('two\nlines', { 'a"b': '}{' });
    const [line = ''] = (await stream.readUntil('}{')).split('\n');
    expect(JSON.parse(line)).toMatchObject({ '@message': 'two\nlines', 'a"b': '}{' });
  });

  test('parameters nobody knows have no effect, and any method streams', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const stream = await monitor('origin=end&offset=50000&follow=true&log_level=warn', {}, method);
      expect(stream.response.status).toBe(200);
      logger.warn(`asked by ${method}`);
      expect(linesOf(await stream.readUntil('"Data"'))).toContain(`asked by ${method}`);
    }
  });
});

describe('row 36: encodings', () => {
  const flushed = { finishFlush: constants.Z_SYNC_FLUSH };

  test('a bare gzip or deflate is taken, and each frame can be decoded when it is sent', async () => {
    const gzip = await rawBody({ 'Accept-Encoding': 'br, gzip' }, (bytes) => gunzipSync(bytes, flushed).length >= 2);
    expect([gzip.headers['content-encoding'], gunzipSync(gzip.bytes, flushed).toString()]).toEqual(['gzip', '{}']);
    const raw = await rawBody({ 'Accept-Encoding': 'deflate' }, (bytes) => inflateRawSync(bytes, flushed).length >= 2);
    expect([raw.headers['content-encoding'], inflateRawSync(raw.bytes, flushed).toString()]).toEqual(['deflate', '{}']);
  });

  test('an element with a quality is not taken', async () => {
    const { headers, bytes } = await rawBody({ 'Accept-Encoding': 'gzip;q=1, br' }, () => true);
    expect([headers['content-encoding'], bytes.toString()]).toEqual([undefined, '{}']);
  });
});

describe('what is no stream', () => {
  test.each(['/v1/agent/monitor/', '/v1/agent/monitor/export/', '/v1/agent/monitor/nope'])(
    '%s is no route',
    async (path) => {
      expect(await agent.request(path, { token: 'root' })).toMatchObject({ status: 404, text: '' });
    },
  );

  test.each([
    ['tRUE', 'plain'],
    ['yes', 'plain'],
    [' true', 'plain'],
  ])('the boolean %j is none', async (value, name) => {
    expect(
      await agent.request(`/v1/agent/monitor?${name}=${encodeURIComponent(value)}`, { token: 'root' }),
    ).toMatchObject({
      status: 400,
      text: `Unknown option for plain: strconv.ParseBool: parsing "${value}": invalid syntax`,
    });
  });

  test.each(['1', 't', 'T', 'TRUE', 'true', 'True', '0', 'f', 'F', 'FALSE', 'false', 'False', ''])(
    'the boolean %j is one',
    async (value) => expect((await monitor(`plain=${value}`)).response.status).toBe(200),
  );

  test.each([
    ['', undefined, 403, 'Permission denied'],
    ['', 'unrelated', 403, 'Permission denied'],
    ['', 'unknown', 403, 'Permission denied'],
    ['', 'expired', 403, 'Permission denied'],
    ['log_level=loud', 'unrelated', 400, 'Unknown log level: loud'],
    // Who may not read logs learns nothing of nodes and servers.
    ['server_id=nope', 'unrelated', 403, 'Permission denied'],
    ['node_id=0b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71', 'unrelated', 403, 'Permission denied'],
  ])('row 37: monitor?%s as %s is %i, before the first byte', async (search, token, status, text) => {
    const reply = await agent.request(`/v1/agent/monitor?${search}`, token === undefined ? {} : { token });
    expect(reply).toMatchObject({ status, text });
    expect(reply.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });
});
