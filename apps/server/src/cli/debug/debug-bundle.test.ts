import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DebugBundle } from './debug-bundle.js';
import { folderName } from './debug-targets.js';
import { Redactor } from './redactor.js';

const SECRET = 'not-for-anybody';
let folder: string;
let bundle: DebugBundle;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steppe-bundle-'));
  bundle = new DebugBundle(folder, new Redactor([SECRET]));
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

describe('DebugBundle', () => {
  test('says in the end what it holds, with sums, what failed, and what was taken out', async () => {
    await bundle.writeJson('cluster/members.json', { Tags: { secret: 'x' } });
    expect(bundle.fail('the <rest>', new Error(`no ${SECRET}`))).toBe('no <redacted>');
    await bundle.close({ Name: 'test' });
    const index = JSON.parse(read('index.json')) as Record<string, unknown>;
    const digest = createHash('sha256').update(read('cluster/members.json')).digest('hex');
    expect(index).toMatchObject({
      Name: 'test',
      Redactions: 2,
      Failures: [{ What: 'the <rest>', Error: 'no <redacted>' }],
      Files: [{ Path: 'cluster/members.json', SHA256: digest }, { Path: 'redactions.json' }],
    });
    expect(JSON.parse(read('redactions.json'))).toContainEqual({
      File: 'cluster/members.json',
      What: 'Tags.secret',
      Count: 1,
    });
    expect(read('SHA256SUMS')).toContain(`${digest}  cluster/members.json\n`);
    expect(read('index.html')).toContain('<li>the &lt;rest&gt;: no &lt;redacted&gt;');
    expect(bundle.paths).toEqual(['SHA256SUMS', 'cluster/members.json', 'index.html', 'index.json', 'redactions.json']);
    for (const path of bundle.paths) expect(statSync(join(folder, path)).mode & 0o777).toBe(0o600);
  });

  test('a growing text is cleaned by lines, however it comes', async () => {
    const file = await bundle.openText('a/monitor.log');
    const bytes = Buffer.from(`ä ${SECRET} one\ntoken=abc\nlast token=d`);
    for (const byte of bytes) await file.write(Buffer.from([byte]));
    await file.close();
    expect(read('a/monitor.log')).toBe('ä <redacted> one\ntoken=<redacted>\nlast token=<redacted>');
  });

  test('a line that does not end is written in pieces', async () => {
    const file = await bundle.openText('long.log');
    await file.write(Buffer.alloc(70_000, 'x'));
    expect(statSync(join(folder, 'long.log')).size).toBe(70_000);
    await file.close();
  });

  test('bytes with a known secret are not kept, others as they are', async () => {
    const bytes = Buffer.from([1, 2, 255]);
    await bundle.writeBytes('ok.prof', bytes, { isText: false });
    expect(readFileSync(join(folder, 'ok.prof'))).toEqual(bytes);
    await expect(bundle.writeBytes('bad.prof', Buffer.from(SECRET), { isText: false })).rejects.toThrow('not kept');
    expect(bundle.paths).toEqual(['ok.prof']);
  });
});

test.each([
  ['alder.global', /^alder\.global$/],
  ['../../etc', /^_____etc-[0-9a-f]{8}$|^_[_.]*etc-[0-9a-f]{8}$/],
  ['', /^-[0-9a-f]{8}$/],
  ['a/b', /^a_b-[0-9a-f]{8}$/],
  ['x'.repeat(200), /^x{80}-[0-9a-f]{8}$/],
])('the folder of %s', (id, name) => {
  expect(folderName(id)).toMatch(name);
});
