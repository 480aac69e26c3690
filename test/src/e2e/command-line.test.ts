import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ownLoopbackHost } from '@steppe/testing';
import type { BuiltAgent } from './built-agent.js';
import { finished, startBuiltAgent, steppe } from './built-agent.js';

let agent: BuiltAgent;
beforeAll(async () => {
  agent = await startBuiltAgent('-node=alder');
});
afterAll(async () => {
  agent.program.kill('SIGINT');
  await agent.program.exit;
});

/** Runs a command against the agent; its flags stand behind the command's words. */
const run = (words: string, ...args: readonly string[]) =>
  finished(steppe(...words.split(' '), `-address=${agent.url}`, ...args));

describe('commands that read', () => {
  test.each<[string, readonly string[], RegExp]>([
    [
      'server members',
      [],
      /^Name +Address +Port +Status +Leader +.*\nalder\.global +127\.\S+ +4648 +alive +true +3 +\S+ +dc1 +global +0\.00 ms\n$/,
    ],
    ['server members', ['-verbose'], /^Name +Address +Port +Tags\nalder\.global .*role=nomad,rpc_addr=127/],
    ['server members', ['-t', '{{range .}}{{.Name}} {{.Tags.Leader}}{{end}}'], /^alder\.global true\n$/],
    ['agent-info', [], /^client\n {2}heartbeat_ttl = [^]*\nserf\n[^]*\n {2}members = 1\n/],
    ['agent-info', ['-t', '{{.stats.nomad.leader}}'], /^true\n$/],
    ['node config', ['-servers'], /^127\.[\d.]+:4647\n$/],
  ])('steppe %s %p', async (words, args, shows) => {
    const { code, text } = await run(words, ...args);
    expect(text).toMatch(shows);
    expect(code).toBe(0);
  });

  test('-json prints what the API says, leaders marked', async () => {
    const members = await run('server members', '-json');
    expect(JSON.parse(members.text)).toMatchObject([{ Name: 'alder.global', Tags: { Leader: 'true', role: 'nomad' } }]);
    const info = await run('agent-info', '-json');
    expect(JSON.parse(info.text)).toMatchObject({ member: { Name: 'alder.global' }, stats: { nomad: {} } });
  });
});

describe('commands that change', () => {
  test('joining our own gossip address is a success that counts', async () => {
    expect(await run('server join', `${agent.host}:4648`)).toEqual({
      code: 0,
      text: 'Joined 1 servers successfully\n',
    });
  });

  test.each<[string, readonly string[], string]>([
    ['server join', ['127.0.0.1:1'], 'Error joining: failed to join 127.0.0.1:1: '],
    [
      'node config',
      ['-update-servers', '127.0.0.1:1'],
      'Error updating server list: Unexpected response code: 400 (Server at address 127.0.0.1:1 failed ping: ',
    ],
    ['server join', [], 'This command takes at least one argument: <address>'],
    ['server force-leave', [], 'This command takes one argument: <member name>'],
    ['server members', ['-foo'], 'flag provided but not defined: -foo'],
    ['agent-info', ['-t', '{{.stats'], 'template:1: unclosed action'],
  ])('steppe %s %p fails with its reason and exit code 1', async (words, args, reason) => {
    const { code, text } = await run(words, ...args);
    expect(text).toContain(reason);
    expect(code).toBe(1);
  });

  test.each([['nobody.global'], ['-prune', 'nobody.global']])(
    'forcing out somebody unknown has no effect (%p)',
    async (...args) => {
      expect(await run('server force-leave', ...args)).toEqual({ code: 0, text: '' });
    },
  );
});

describe('without an agent', () => {
  test('nobody listening is one sentence', async () => {
    const { code, text } = await finished(steppe('server', 'members', `-address=http://${ownLoopbackHost()}:4646`));
    expect(code).toBe(1);
    expect(text).toMatch(
      /^Error querying servers: Get "http:\S+\/v1\/agent\/members": dial tcp \S+: connect: connection refused\n$/,
    );
  });

  test('config validate names what is wrong', async () => {
    expect(await finished(steppe('config', 'validate', '/no/such/file.hcl'))).toEqual({
      code: 1,
      text: 'Configuration is not valid: Error loading configuration from /no/such/file.hcl: stat /no/such/file.hcl: no such file or directory\n',
    });
  });

  test.each([
    [['version'], 0, /^Steppe v\d/],
    [['help'], 0, /^Usage: steppe <command>/],
    [['server'], 1, /^Usage: steppe server <command>/],
    [['nonsense'], 127, /^unknown command: nonsense\n/],
  ] as const)('steppe %p exits with %i', async (args, code, shows) => {
    const result = await finished(steppe(...args));
    expect(result.text).toMatch(shows);
    expect(result.code).toBe(code);
  });
});
