import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendFileSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStream } from './open-stream.js';
import { realTasksModule, runJob, shellTask } from './running-job.js';
import type { TestAgent } from './test-agent.js';
import { secretOf, startDevAgent } from './test-agent.js';

const TOKENS = {
  reader: 'namespace "default" { capabilities = ["read-fs"] }',
  leaver: 'namespace "default" { capabilities = ["read-fs"] }',
  demoted: 'namespace "default" { capabilities = ["read-fs"] }',
  logs: 'namespace "default" { capabilities = ["read-logs"] }',
};

const allocDir = mkdtempSync(join(tmpdir(), 'steppe-files-'));
let agent: TestAgent;
let id = '';
beforeAll(async () => {
  agent = await startDevAgent({
    tokens: TOKENS,
    settings: { client: { enabled: true, allocDir } },
    modules: [realTasksModule],
  });
  const alloc = await runJob(agent, 'files', [shellTask('main', 'echo begun > local/begun; exec sleep 600')]);
  id = alloc.ID;
}, 60_000);
afterAll(async () => {
  await agent.stop();
  rmSync(allocDir, { recursive: true, force: true });
});

const write = (name: string, text: string): void => appendFileSync(join(allocDir, id, 'main/local', name), text);
const stream = (name: string, rest = '') => `/v1/client/fs/stream/${id}?path=main/local/${name}${rest}`;

interface FrameWire {
  readonly Data?: string;
  readonly File?: string;
  readonly FileEvent?: string;
  readonly Offset?: number;
}

const framesOf = (text: string): readonly FrameWire[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as FrameWire);

const shown = ({ Data = '', FileEvent = '' }: FrameWire): string =>
  FileEvent === '' ? Buffer.from(Data, 'base64').toString() : FileEvent;

describe('a file that is streamed', () => {
  test('comes in frames, as it is and as it grows, to its deletion', async () => {
    write('grows', 'one\n');
    const open = await openStream(agent, stream('grows'), { token: 'reader' });
    expect(open.response.headers.get('content-type')).toBe('application/json');
    await open.readUntil((text) => framesOf(text).length === 1);
    write('grows', 'two\n');
    await open.readUntil((text) => framesOf(text).length === 2);
    truncateSync(join(allocDir, id, 'main/local/grows'));
    await open.readUntil('file truncated');
    rmSync(join(allocDir, id, 'main/local/grows'));
    const frames = framesOf(await open.readAll());
    expect(frames.map(shown)).toEqual(['one\n', 'two\n', 'file truncated', 'file deleted']);
    expect(frames.map(({ File }) => File)).toEqual(Array.from({ length: 4 }, () => 'main/local/grows'));
    expect(frames[1]).toMatchObject({ Offset: 4 });
  });

  test('ends where it ends without `follow`, begins where it is told, and is bytes alone with `plain`', async () => {
    write('fixed', '0123456789');
    const { text } = await agent.request(stream('fixed', '&follow=false&offset=7'), { token: 'reader' });
    expect(framesOf(text)).toEqual([{ Data: 'Nzg5', File: 'main/local/fixed', Offset: 7 }]);
    const plain = await agent.request(stream('fixed', '&follow=false&plain=true&origin=end&offset=2'), {
      token: 'reader',
    });
    expect(plain.text).toBe('89');
  });

  test('comes whole, however large it is', async () => {
    const size = 3 * 1024 * 1024;
    write('large', 'x'.repeat(size));
    const { text } = await agent.request(stream('large', '&follow=false&plain=true'), { token: 'reader' });
    expect(text).toHaveLength(size);
  });

  test.each([
    ['leaver', 'is over', { method: 'DELETE' }, `/v1/acl/token/${secretOf('accessor of leaver')}`],
    [
      'demoted',
      'may not read files any more',
      { method: 'PUT', body: JSON.stringify({ Name: 'demoted', Rules: TOKENS.logs }) },
      '/v1/acl/policy/demoted',
    ],
  ])('ends when its token, %s, %s', async (token, _, change, path) => {
    write(token, 'one\n');
    const open = await openStream(agent, stream(token), { token });
    await open.readUntil('Data');
    expect((await agent.request(path, { ...change, token: 'root' })).status).toBe(200);
    const text = await open.readAll();
    expect(framesOf(text.split('\n')[0] ?? '').map(shown)).toEqual(['one\n']);
  });

  test.each([
    ['', '', 'reader', 400, 'must provide a file name'],
    ['begun', '&origin=middle', 'reader', 400, 'origin must be start or end'],
    ['begun', '&offset=x', 'reader', 400, 'error parsing offset: "x"'],
    ['begun', '&follow=perhaps', 'reader', 400, 'Failed to parse value of "follow" (perhaps) as a bool'],
    ['', 'main', 'reader', 400, 'file "main" is a directory'],
    ['nothing', '', 'reader', 404, 'no such file or directory: "main/local/nothing"'],
    ['../secrets', '', 'reader', 403, 'Reading secret file prohibited'],
    ['begun', '', 'logs', 403, 'Permission denied'],
  ])('%s%s, asked by %s, is %i', async (name, rest, token, status, text) => {
    const path = name === '' ? `/v1/client/fs/stream/${id}?path=${rest}` : stream(name, rest);
    const reply = await agent.request(path, { token });
    expect(reply.text).toContain(text);
    expect(reply.status).toBe(status);
  });
});
