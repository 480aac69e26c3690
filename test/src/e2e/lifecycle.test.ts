import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually, ownLoopbackHost, Program } from '@steppe/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { finished, startBuiltAgent, steppe, steppeWorker } from './built-agent.js';
import { getJson } from './cluster-agents.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'steppe-e2e-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('signals and exit codes', () => {
  const leaving = 'leave_on_interrupt = true\nleave_on_terminate = true\n';

  test.each([
    ['SIGINT', '', 1],
    ['SIGTERM', '', 1],
    ['SIGINT', leaving, 0],
    ['SIGTERM', leaving, 0],
  ] as const)('%s with %p ends the agent with %i, streams and idle connections open', async (signal, text, code) => {
    const config = file(`${signal}-${code}.hcl`, text);
    const { program, url, host } = await startBuiltAgent(`-config=${config}`);
    const stream = await fetch(`${url}/v1/agent/monitor?plain=true`);
    const idle = connect(4646, host);
    idle.on('error', () => undefined);
    await once(idle, 'connect');
    program.kill(signal);
    expect(await program.exit).toBe(code);
    expect(program.output).toContain(`==> Caught signal: ${signal}`);
    // Read to its end: the agent closed it.
    await stream.text().catch(() => undefined);
    idle.destroy();
  });

  test('SIGHUP reloads, and tells what changed and what needs a restart', async () => {
    const config = file('reload.hcl', 'log_level = "INFO"\n');
    const { program, url } = await startBuiltAgent(`-config=${config}`, '-log-level=');
    writeFileSync(config, 'log_level = "DEBUG"\nregion = "elsewhere"\n');
    program.kill('SIGHUP');
    await program.waitFor('restart');
    const self = (await (await fetch(`${url}/v1/agent/self`)).json()) as { config: Record<string, unknown> };
    expect(self.config).toMatchObject({ LogLevel: 'DEBUG', Region: 'global' });
    expect(program.stdout).toMatch(/log_level/);
    expect(program.stdout).toMatch(/region/);
    writeFileSync(config, 'log_levle = "WARN"\n');
    program.kill('SIGHUP');
    await program.waitFor('log_levle');
    expect((await fetch(`${url}/v1/agent/health`)).status).toBe(200);
    program.kill('SIGINT');
    expect(await program.exit).toBe(1);
  });
});

describe('scheduler workers', () => {
  const count = availableParallelism();

  test('scheduling row 19, 20: follow their file at the start and when it is reloaded, and stay when it is no good', async () => {
    const settings = (workers: number, types = '["batch"]') =>
      `server {\n  num_schedulers = ${workers}\n  enabled_schedulers = ${types}\n}\n`;
    const config = file('schedulers.hcl', settings(count));
    const { program, url } = await startBuiltAgent(`-config=${config}`);
    const workers = async () => {
      const { schedulers } = await getJson<{ schedulers: { id: string; enabled_schedulers: string[] }[] }>(
        `${url}/v1/agent/schedulers`,
      );
      for (const { enabled_schedulers } of schedulers) expect(enabled_schedulers).toEqual(['_core', 'batch']);
      return schedulers.map(({ id }) => id);
    };
    expect(await workers()).toHaveLength(count);

    const half = Math.floor(count / 2);
    writeFileSync(config, settings(half));
    program.kill('SIGHUP');
    const ids = await eventually(10_000, async () => {
      const now = await workers();
      expect(now).toHaveLength(half);
      return now;
    });
    const refused = /could not reload config|received invalid arguments for scheduler pool reload; ignoring/g;
    const refusals = () => program.output.match(refused)?.length ?? 0;
    for (const [i, text] of [settings(100_000), settings(-1), settings(1, '["cron"]')].entries()) {
      writeFileSync(config, text);
      program.kill('SIGHUP');
      await eventually(10_000, () => expect(refusals()).toBe(i + 1));
      expect(await workers()).toEqual(ids);
    }
    program.kill('SIGINT');
    expect(await program.exit).toBe(1);
  });

  test.each([
    ['scheduling row 21', `num_schedulers = ${count + 1}`, `number of schedulers should be between 0 and ${count}`],
    ['below', 'num_schedulers = -1', 'server.num_schedulers must be at least 0, got -1'],
    [
      'unknown',
      'enabled_schedulers = ["cron"]',
      'invalid configuration: unknown scheduler "cron" in enabled schedulers',
    ],
  ])('%s: %s stops the start with a sentence that says what would do', async (name, setting, reason) => {
    const config = file(`schedulers-${name.replaceAll(' ', '-')}.hcl`, `server {\n  ${setting}\n}\n`);
    const { code, text } = await finished(steppe('agent', '-dev', `-bind=${ownLoopbackHost()}`, `-config=${config}`));
    expect(code).toBe(1);
    expect(text).toContain(reason);
  });
});

describe('signals while the agent starts', () => {
  const starting = async (): Promise<Program> => {
    const program = steppe('agent', '-dev', `-bind=${ownLoopbackHost()}`);
    await program.waitFor('state opened');
    return program;
  };

  test('SIGHUP reloads once it is up', async () => {
    const program = await starting();
    program.kill('SIGHUP');
    await program.waitFor('configuration reloaded');
    expect(program.output.indexOf('agent started')).toBeLessThan(program.output.indexOf('configuration reloaded'));
    program.kill('SIGINT');
    expect(await program.exit).toBe(1);
  });

  test('SIGINT stops it', async () => {
    const program = await starting();
    program.kill('SIGINT');
    expect(await program.exit).toBe(1);
    expect(program.stdout).toContain('==> Caught signal: SIGINT\n');
    expect(program.stderr).toBe('');
  });
});

describe('a start that cannot succeed is one sentence and exit code 1', () => {
  test('a port in use', async () => {
    const { program, host } = await startBuiltAgent();
    const { code, text } = await finished(steppe('agent', '-dev', `-bind=${host}`));
    expect(code).toBe(1);
    expect(text).toMatch(/(?:^|\n)==> [^\n]*listen tcp [\d.]+:\d+: bind: address already in use\n$/);
    program.kill('SIGINT');
    await program.exit;
  });

  test('C1: no role', async () => {
    expect(await finished(steppe('agent'))).toEqual({
      code: 1,
      text: '==> Must specify either server, client or dev mode for the agent.\n',
    });
  });

  test.each([
    ['an unknown key', 'datacentre = "dc1"\n', 'unexpected keys datacentre (line 1)'],
    ['a wrong type', 'ports {\n  http = "many"\n}\n', 'ports.http must be an integer, got "many" (line 2)'],
    ['a syntax error', 'server {\n', 'At 2:1: object expected closing RBRACE got: EOF'],
  ])('%s names file, line and key', async (name, text, reason) => {
    const config = file(`${name.replaceAll(/\W/g, '-')}.hcl`, text);
    expect(await finished(steppe('agent', '-dev', `-config=${config}`))).toEqual({
      code: 1,
      text: `==> Error loading configuration from ${config}: Error loading ${config}: ${reason}\n`,
    });
  });

  test('an unknown flag', async () => {
    const { code, text } = await finished(steppe('agent', '-dve'));
    expect(code).toBe(1);
    expect(text).toContain('-dve');
  });
});

test('a worker registers with a server on the same machine, and is shown to be ready', async () => {
  const host = ownLoopbackHost();
  const common = (role: string, rest: string): string =>
    file(
      `${role}.hcl`,
      `bind_addr = "${host}"
       advertise { http = "${host}" rpc = "${host}" serf = "${host}" }
       data_dir = "${join(folder, role)}"
       ${rest}`,
    );
  const server = steppe('agent', `-config=${common('server', 'server { enabled = true\n bootstrap_expect = 1 }')}`);
  await server.waitFor('==> Steppe agent started!');
  const config = common('worker', `ports { http = 4656 }\n client { servers = ["${host}:4647"] }`);
  const worker = steppeWorker(`-config=${config}`, '-node=worker-1');
  await worker.waitFor('node registration complete');
  const nodes = (await (await fetch(`http://${host}:4646/v1/nodes`)).json()) as Record<string, unknown>[];
  expect(nodes).toMatchObject([{ Name: 'worker-1', Status: expect.stringMatching(/^(initializing|ready)$/) }]);
  const id = nodes[0]?.['ID'];
  const seen = await fetch(`http://${host}:4656/v1/node/${String(id)}`);
  expect(await seen.json()).toMatchObject({ ID: id, Name: 'worker-1' });
  expect((await fetch(`http://${host}:4656/v1/agent/members`)).status).toBe(200);
  worker.kill('SIGINT');
  server.kill('SIGINT');
  expect([await worker.exit, await server.exit]).toEqual([1, 1]);
});

test('a program that embeds an agent ends by itself once the agent has stopped: nothing is left open', async () => {
  const source = `
    import { createServerAgent } from '@steppe/server';
    import { nodeHost } from '@steppe/agent';
    import { diskFiles, loadAgentConfig, machineInterfaces, parseAgentFlags } from '@steppe/config';
    const { config } = loadAgentConfig(
      { flags: parseAgentFlags(['-dev', '-bind=${ownLoopbackHost()}']), environment: {} },
      { files: diskFiles, interfaces: machineInterfaces, cpuCount: 2 },
    );
    const host = { ...nodeHost(process, async () => config), writeLog: () => undefined };
    const agent = createServerAgent({ config, host });
    await agent.start();
    const { host: address, port } = agent.httpAddresses[0];
    for (const path of ['health', 'members', 'self', 'host', 'pprof/heap', 'pprof/profile?seconds=1']) {
      await (await fetch(\`http://\${address}:\${port}/v1/agent/\${path}\`)).arrayBuffer();
    }
    const monitor = await fetch(\`http://\${address}:\${port}/v1/agent/monitor\`);
    await agent.stop();
    await monitor.arrayBuffer().catch(() => undefined);
    process.on('exit', () => console.log('ended by itself, holding', process.getActiveResourcesInfo().filter((name) => /Server|Socket|TCP|Timeout/.test(name))));
  `;
  const here = fileURLToPath(new URL('../../dist/e2e/', import.meta.url));
  const script = join(here, 'embedding-program.mjs');
  writeFileSync(script, source);
  const program = new Program(script, []);
  expect([await program.exit, program.output]).toEqual([0, 'ended by itself, holding []\n']);
  rmSync(script);
});
