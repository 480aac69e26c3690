import { describe, expect, test } from '@jest/globals';
import { loadText } from '../testing/load.js';
import { diffConfig, reloadedConfig } from './diff.js';

const config = (text: string) => loadText(text).config;

describe('between two configurations', () => {
  test.each([
    ['', '', [], []],
    ['log_level = "INFO"', 'log_level = "WARN"', ['log_level'], []],
    [
      '',
      'server { num_schedulers = 2 enabled_schedulers = ["batch"] }',
      ['server.num_schedulers', 'server.enabled_schedulers'],
      [],
    ],
    ['', 'tls { ca_file = "/ca" }', ['tls.ca_file'], []],
    ['', 'region = "x"\nports { http = 80 }', [], ['region', 'advertise.http', 'ports.http']],
    ['consul { token = "a" }', 'consul { token = "b" }', [], ['consul']],
    ['server { encrypt = "AAAAAAAAAAAAAAAAAAAAAA==" }', 'server { encrypt = "AAAAAAAAAAAAAAAAAAAAAA==" }', [], []],
    ['client { meta { a = "1" } }', 'client { meta { a = "2" } }\nlog_level = "WARN"', ['log_level'], ['client.meta']],
  ])('%j, %j', (before, after, reloadable, restart) => {
    const diff = diffConfig(config(before), config(after));
    expect([...diff.reloadable].sort()).toEqual([...reloadable].sort());
    expect([...diff.restart].sort()).toEqual([...restart].sort());
  });

  test('a running agent takes over what it can, and goes on wanting a restart for the rest', () => {
    const before = config('log_level = "INFO"\nregion = "a"');
    const after = config('log_level = "WARN"\nregion = "b"\ntls { ca_file = "/ca" }');
    const running = reloadedConfig(before, after);
    expect(running).toMatchObject({ logLevel: 'WARN', region: 'a', tls: { caFile: '/ca' }, devMode: true });
    expect(diffConfig(running, after)).toEqual({ reloadable: [], restart: ['region'] });
  });

  test('settings are named, never shown', () => {
    const diff = diffConfig(config('vault { token = "canary-1" }'), config('vault { token = "canary-2" }'));
    expect(JSON.stringify(diff)).not.toContain('canary');
    expect(diff.restart).toEqual(['vault']);
  });
});
