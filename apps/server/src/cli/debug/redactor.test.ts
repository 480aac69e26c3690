import { describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { Redactor } from './redactor.js';

const TOKEN = '8a1c2f9e-0000-4000-8000-c0ffee123456';

describe('Redactor', () => {
  test('JSON: texts with the name of a secret go, wherever they are; anything else stays', () => {
    const redactor = new Redactor([TOKEN]);
    const value = {
      ID: 'a',
      Env: { DB_PASSWORD: 'hunter2', HOME: '/root', url: 'postgres://app:pw@db/x', EMPTY_TOKEN: '' },
      Tokens: ['one', 'two'],
      TokenCount: 3,
      Hidden: { Secret: '<redacted>' },
      [TOKEN]: `seen with ${TOKEN}`,
    };
    expect(redactor.json('self.json', value)).toEqual({
      ID: 'a',
      Env: { DB_PASSWORD: '<redacted>', HOME: '/root', url: 'postgres://<redacted>@db/x', EMPTY_TOKEN: '' },
      Tokens: ['<redacted>', '<redacted>'],
      TokenCount: 3,
      Hidden: { Secret: '<redacted>' },
      '<redacted>': 'seen with <redacted>',
    });
    expect(redactor.report).toEqual([
      { file: 'self.json', what: 'Env.DB_PASSWORD', count: 1 },
      { file: 'self.json', what: 'Tokens', count: 2 },
      { file: 'self.json', what: 'a secret of this command', count: 2 },
      { file: 'self.json', what: 'credentials of a URL', count: 1 },
    ]);
  });

  test.each([
    ['request: token=abc path=/x', 'request: token=<redacted> path=/x'],
    ['a: db_password="with space" b=1', 'a: db_password="<redacted>" b=1'],
    ['{"@message":"x","secret_id":"s \\"3","n":1}', '{"@message":"x","secret_id":"<redacted>","n":1}'],
    ['X-Nomad-Token: abc', 'X-Nomad-Token: <redacted>'],
    [`Bearer ${TOKEN}, again ${TOKEN}`, 'Bearer <redacted>, again <redacted>'],
    ['node=1 key_count=2 duration=3ms', 'node=1 key_count=2 duration=3ms'],
    ['path=/v1/x?token=abc&a=b done', 'path=/v1/x?token=<redacted> done'],
    ['token="" token=<redacted>', 'token="" token=<redacted>'],
  ])('text: %s', (text, clean) => {
    expect(new Redactor([TOKEN]).text('monitor.log', text)).toBe(clean);
  });

  test('a long text without names takes no time', () => {
    const text = 'x'.repeat(1_000_000);
    const begun = performance.now();
    expect(new Redactor([]).text('f', text)).toBe(text);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  test('a known secret is found in gzip too, and short ones are not looked for', () => {
    const redactor = new Redactor([TOKEN, '', 'abc']);
    const bytes = Buffer.from(`x${TOKEN}`);
    expect(redactor.isClean(bytes, 1_000)).toBe(false);
    expect(redactor.isClean(gzipSync(bytes), 1_000)).toBe(false);
    expect(redactor.isClean(gzipSync(Buffer.from('abc')), 1_000)).toBe(true);
    expect(redactor.text('f', 'abc')).toBe('abc');
    expect(() => redactor.isClean(gzipSync(Buffer.alloc(2_000)), 1_000)).toThrow();
  });
});
