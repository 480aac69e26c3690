import { describe, expect, test } from '@jest/globals';
import { load } from '../testing/load.js';
import { AGENT_FLAGS, parseAgentFlags } from './agent-flags.js';

describe('forms, as Go programs take them', () => {
  test.each([
    [['-region=x'], { region: 'x' }],
    [['--region=x'], { region: 'x' }],
    [['-region', 'x'], { region: 'x' }],
    [['-region='], { region: '' }],
    [['-dev'], { dev: true }],
    [['-dev=false'], { dev: false }],
    [['-dev=T'], { dev: true }],
    [['-config=a', '-config', 'b'], { config: ['a', 'b'] }],
    [['-bootstrap-expect=3'], { 'bootstrap-expect': 3 }],
    [['-region=a', '-region=b'], { region: 'b' }],
    [['-meta=a=b=c'], { meta: ['a=b=c'] }],
  ])('%j', (args, values) => {
    expect(parseAgentFlags(args)).toEqual(values);
  });

  test.each([
    [['-dve'], 'flag provided but not defined: -dve'],
    [['-region'], 'flag needs an argument: -region'],
    [['-dev=maybe'], 'invalid boolean value "maybe" for -dev: parse error'],
    [['-bootstrap-expect=x'], 'invalid value "x" for flag -bootstrap-expect: parse error'],
    [['now'], 'unexpected argument: now'],
    [['-dev', 'now'], 'unexpected argument: now'],
    [['-=x'], 'bad flag syntax: -=x'],
  ])('%j is refused', (args, message) => {
    expect(() => parseAgentFlags(args)).toThrow(message);
  });
});

test('flags end up where the keys of a file would', () => {
  const args = [
    '-server',
    '-client',
    '-bind=10.0.0.1',
    '-node=n',
    '-dc=d',
    '-data-dir=/d',
    '-log-level=warn',
    '-log-json',
    '-bootstrap-expect=3',
    '-join=a',
    '-join=b',
    '-retry-join=c',
    '-retry-max=4',
    '-retry-interval=5s',
    '-encrypt=AAAAAAAAAAAAAAAAAAAAAA==',
    '-servers=s1,s2',
    '-servers=s3',
    '-node-class=k',
    '-node-pool=p',
    '-meta=a=1,b=2',
    '-meta=c=3',
    '-acl-enabled',
    '-consul-address=c:1',
  ];
  const { config } = load({ args });
  expect(config).toMatchObject({
    bindAddr: '10.0.0.1',
    name: 'n',
    datacenter: 'd',
    dataDir: '/d',
    logLevel: 'warn',
    logJson: true,
    server: {
      enabled: true,
      bootstrapExpect: 3,
      serverJoin: { startJoin: ['a', 'b'], retryJoin: ['c'], retryMax: 4, retryIntervalMs: 5_000 },
    },
    client: {
      enabled: true,
      servers: ['s1', 's2', 's3'],
      nodeClass: 'k',
      nodePool: 'p',
      meta: { a: '1', b: '2', c: '3' },
    },
    acl: { enabled: true },
    consul: [{ name: 'default', address: 'c:1' }],
  });
  expect(config.server.encrypt.reveal()).toBe('AAAAAAAAAAAAAAAAAAAAAA==');
});

test.each([
  [['-retry-interval=soon'], 'invalid value "soon" for flag -retry-interval'],
  [['-meta=nothing'], 'Error parsing Client.Meta value: nothing'],
])('%j is refused', (args, message) => {
  expect(() => load({ args: ['-dev', ...args] })).toThrow(message);
});

test('every flag says what it is for', () => {
  for (const { usage } of Object.values(AGENT_FLAGS)) expect(usage).toMatch(/^\S.{5,}\S$/);
});
