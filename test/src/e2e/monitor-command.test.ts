import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeFrame } from '@steppe/log-stream';
import type { Logger as LoggerType } from '@steppe/runtime';
import { Logger } from '@steppe/runtime/di';
import { eventually, TcpProxy } from '@steppe/testing';
import { ContainerModule } from 'inversify';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../api/forwarding-cluster.js';
import { startCluster } from '../api/forwarding-cluster.js';
import type { TestAgent } from '../api/test-agent.js';
import { startDevAgent } from '../api/test-agent.js';
import { finished, steppe } from './built-agent.js';

const folder = mkdtempSync(join(tmpdir(), 'steppe-monitor-'));
const logFile = join(folder, 'agent.log');
let agent: TestAgent;
let log: LoggerType;
beforeAll(async () => {
  const spy = new ContainerModule(({ onActivation }) => {
    onActivation(Logger, (_, instance) => (log = instance));
  });
  agent = await startDevAgent({
    settings: { logFile, logRing: { enabled: true, path: join(folder, 'ring') } },
    modules: [spy],
  });
  log = log.named('test');
});
afterAll(async () => {
  await agent.stop();
  rmSync(folder, { recursive: true, force: true });
});

const monitor = (...args: readonly string[]) => steppe('monitor', `-address=${agent.url}`, ...args);

/** Logs until the program shows it: when its stream begins, nobody knows from outside. */
async function logUntilShown(program: ReturnType<typeof monitor>, text: string): Promise<void> {
  const timer = setInterval(() => log.warn(text), 50);
  await program.waitFor(text).finally(() => clearInterval(timer));
}

describe('steppe monitor', () => {
  test('row 79: lines on stdout as they are, until it is interrupted, which is no error', async () => {
    const program = monitor('-log-level=DEBUG');
    await logUntilShown(program, 'hello');
    log.debug('fine', { a: 'b c' });
    await program.waitFor('fine');
    program.kill('SIGINT');
    expect(await program.exit).toBe(0);
    expect(program.stdout).toMatch(/\[DEBUG\] test: fine: a="b c"\n/);
    expect(program.stderr).toBe('');
  });

  test('levels have colours where they are wanted, and lines are JSON by either name of the flag', async () => {
    log.warn('in colour');
    const past = ['-follow=false', '-logger=test', '-grep=in colour', '-tail=1'];
    const coloured = await finished(monitor(...past, '-force-color'));
    expect(coloured.text).toContain(' \u001b[33m[WARN]\u001b[0m  test: in colour\n');
    const json = await finished(monitor(...past, '-json'));
    expect(JSON.parse(json.text)).toMatchObject({ '@level': 'warn', '@message': 'in colour' });
  });

  test('row 80: a level that is none', async () => {
    const { code, text } = await finished(monitor('-log-level=loud'));
    expect([code, text]).toEqual([
      1,
      'Error starting monitor: Unexpected response code: 400 (Unknown log level: loud)\n',
    ]);
  });

  test('two targets, a node nobody knows, and no agent at all', async () => {
    const [node] = (await agent.request('/v1/nodes')).json() as { ID: string }[];
    const id = node?.ID ?? '';
    expect((await finished(monitor(`-node-id=${id}`, '-server-id=x'))).text).toBe(
      'Error starting monitor: Unexpected response code: 400 (Cannot target node and server simultaneously)\n',
    );
    expect(await finished(monitor('-node-id=ffff'))).toEqual({
      code: 1,
      text: 'No node(s) with prefix or id "ffff" found\n',
    });
    expect((await finished(steppe('monitor', '-address=http://127.0.0.1:1'))).text).toMatch(
      /^Error starting monitor: Get "http:\/\/127\.0\.0\.1:1\/v1\/agent\/monitor\?.*connection refused\n$/,
    );
    const found = monitor(`-node-id=${id.slice(0, 8)}`, '-tail=1', '-follow=false');
    expect((await finished(found)).code).toBe(0);
  });

  test('the past, chosen by time, number, logger, pattern and field, ends by itself', async () => {
    log.named('choose').info('apple', { n: 1 });
    log.named('choose').info('pear', { n: 2 });
    const chosen = async (...args: readonly string[]): Promise<string[]> => {
      const { code, text } = await finished(monitor('-follow=false', '-logger=test.choose', ...args));
      expect(code).toBe(0);
      return [...text.matchAll(/test\.choose: (\w+)/g)].map((match) => match[1] ?? '');
    };
    expect(await chosen()).toEqual(['apple', 'pear']);
    expect(await chosen('-tail=1')).toEqual(['pear']);
    expect(await chosen('-since=10m', '-grep=^test.*apple')).toEqual(['apple']);
    expect(await chosen('-field=n=2')).toEqual(['pear']);
    expect(await chosen('-plain', '-since=seq:0', '-tail=2')).toEqual(['apple', 'pear']);
    const json = await finished(monitor('-follow=false', '-logger=test.choose', '-log-json', '-tail=1'));
    expect(JSON.parse(json.text)).toMatchObject({ '@message': 'pear', n: 2 });
    const wrong = await finished(monitor('-field=n'));
    expect([wrong.code, wrong.text]).toEqual([
      1,
      `-field must be <key>=<value>, got "n"\nFor additional help try 'steppe monitor -help'\n`,
    ]);
  });

  test('a connection that breaks is taken up again where it broke off: no line is lost, none comes twice', async () => {
    const { hostname, port } = new URL(agent.url);
    const proxy = new TcpProxy({ host: hostname, port: Number(port) });
    const near = await proxy.start({ host: '127.0.0.1', port: 0 });
    const program = steppe('monitor', `-address=http://${near.host}:${near.port}`, '-logger=test.break');
    let n = 0;
    const timer = setInterval(() => log.named('break').info(`number ${(n += 1)}.`), 20);
    await program.waitFor('number ');
    proxy.setFault('closed');
    await program.waitFor('the log broke off');
    const missed = n + 3;
    await eventually(5_000, () => expect(n).toBeGreaterThan(missed));
    proxy.setFault('none');
    await program.waitFor(`number ${missed + 3}.`);
    clearInterval(timer);
    program.kill('SIGTERM');
    expect(await program.exit).toBe(0);
    const numbers = [...program.stdout.matchAll(/number (\d+)\./g)].map((match) => Number(match[1]));
    const first = numbers[0] ?? 0;
    expect(numbers).toEqual(numbers.map((_, i) => first + i));
    expect(program.stdout).not.toContain('dropped');
    await proxy.stop();
  });
});

describe('steppe monitor of a stock agent', () => {
  let server: Server;
  let url: string;
  const queries: string[] = [];
  let answer = Buffer.alloc(0);
  beforeAll(async () => {
    server = createServer((request, response) => {
      queries.push(request.url ?? '');
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(answer);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const frame = (text: string) =>
    Buffer.from(encodeFrame({ data: Buffer.from(text), fileEvent: text === '' ? '' : 'log', offset: 0 }));

  test('shows what is in its frames, and ends with them', async () => {
    answer = Buffer.concat([
      frame('one\nt'),
      frame(''),
      frame('wo\n'),
      Buffer.from('{"FileEvent":"log","Offset":1024}'),
    ]);
    const program = steppe('monitor', `-address=${url}`);
    expect([await program.exit, program.stdout, program.stderr]).toEqual([0, 'one\ntwo\n', '']);
    expect(queries.at(-1)).toBe(
      '/v1/agent/monitor?log_level=&log_json=false&log_include_location=false&node_id=&server_id=',
    );
  });

  test('shows what it says instead of a frame', async () => {
    answer = Buffer.concat([frame('one\n'), Buffer.from('rpc error: boom')]);
    const program = steppe('monitor', `-address=${url}`);
    expect([await program.exit, program.stdout, program.stderr]).toEqual([
      1,
      'one\n',
      'error monitoring logs: invalid stream frame: rpc error: boom\n',
    ]);
  });
});

describe('steppe monitor -all', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);
  afterAll(() => cluster.stop());

  test('merges servers of all regions and the nodes that are named, each line with its origin', async () => {
    const { north, south, workers, nodeIds, loggers } = cluster;
    const node = nodeIds[0].slice(0, 8);
    for (const isJson of [false, true]) {
      const program = steppe('monitor', `-address=${north.url}`, '-all', `-node-id=${node}`, `-log-json=${isJson}`);
      const timer = setInterval(() => {
        for (const each of [north, south, ...workers]) loggers.get(each)?.named('here').warn('hello');
      }, 50);
      for (const name of ['alder.global', 'birch.elsewhere', node]) {
        await program.waitFor(isJson ? `{"@agent":"${name}","@level":"warn"` : `[${name}] 2`);
      }
      clearInterval(timer);
      program.kill('SIGINT');
      expect(await program.exit).toBe(0);
      const lines = program.stdout.trimEnd().split('\n');
      if (isJson) for (const line of lines) expect(JSON.parse(line)).toHaveProperty('@agent');
      else for (const line of lines) expect(line).toMatch(/^\[(alder\.global|birch\.elsewhere|[0-9a-f]{8})\] 2\d{3}-/);
    }
  });
});

describe('steppe monitor export', () => {
  const run = (...args: readonly string[]) => finished(steppe('monitor', 'export', `-address=${agent.url}`, ...args));

  test('writes out the log file', async () => {
    log.warn('for the export', { text: 'ä€😀' });
    let text = '';
    for (let i = 0; i < 100 && !text.includes('for the export'); i += 1) text = (await run('-on-disk')).text;
    expect(text).toContain('[WARN]  test: for the export: text=ä€😀\n'.replace('text=ä€😀', 'text="ä€😀"'));
  });

  test.each([
    [[], 'Error starting monitor: Unexpected response code: 400 (Either -service-name or -on-disk must be set)\n'],
    [
      ['-on-disk', '-service-name=nomad'],
      'Error starting monitor: Unexpected response code: 400 (Cannot target journald and nomad log file simultaneously)\n',
    ],
    [['-on-disk', '-log-follow'], 'Error starting monitor: Unexpected response code: 400 (Cannot follow log file)\n'],
    [
      ['-service-name=docker'],
      "Error starting monitor: Unexpected response code: 422 (service name must include 'nomad)\n",
    ],
  ])('%j says what is wrong', async (args, text) => {
    expect(await run(...args)).toEqual({ code: 1, text });
  });

  test('an empty log is an error for whoever wants one', async () => {
    const empty = join(folder, 'empty.log');
    writeFileSync(empty, '');
    const quiet = await startDevAgent({ settings: { logFile: empty, logLevel: 'OFF' } });
    const program = steppe('monitor', 'export', `-address=${quiet.url}`, '-on-disk');
    expect(await finished(program)).toEqual({
      code: 1,
      text: 'Returned no data or errors, check your log_file configuration or service name\n',
    });
    await quiet.stop();
  });
});
