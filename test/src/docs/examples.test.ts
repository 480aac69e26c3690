import { describe, expect, jest, test } from '@jest/globals';
import { canonicalJob, JOB_WIRE, jobProblems, parseJobHcl, sameSpecification } from '@steppe/domain';
import { eventually, ownLoopbackHost } from '@steppe/testing';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = fileURLToPath(new URL('../../../examples', import.meta.url));
const jobs = readdirSync(folder)
  .filter((name) => name.endsWith('.hcl'))
  .map((name) => name.replace('.hcl', ''));
const defaults = { priority: 50, region: 'global' };
const jobOf = (name: string) => canonicalJob(parseJobHcl(readFileSync(join(folder, `${name}.hcl`), 'utf8')), defaults);

test('there is one of each kind', () => {
  expect(jobs.map((name) => jobOf(name).type).toSorted()).toEqual(['batch', 'service', 'system']);
});

describe.each(jobs)('examples/%s', (name) => {
  test('is a job that servers take', () => {
    expect(jobProblems(jobOf(name), { maxPriority: 100 })).toEqual([]);
  });

  test('asks for the same in HCL and in JSON', () => {
    const { Job } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as { readonly Job: unknown };
    expect(sameSpecification(canonicalJob(JOB_WIRE.decode(Job, 'Job'), defaults), jobOf(name))).toBe(true);
  });

  test('has its modules beside it', () => {
    const configs = jobOf(name).taskGroups.flatMap(({ tasks }) => tasks.map(({ config }) => config));
    for (const { module } of configs) {
      if (typeof module !== 'string') continue;
      expect(existsSync(module.replace('${meta.examples}', folder))).toBe(true);
    }
  });
});

interface TaskInput {
  readonly signal: AbortSignal;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly allocation: { readonly id: string; readonly task: string };
}

test('the web service answers until it is told to stop', async () => {
  const { default: web } = (await import(pathToFileURL(join(folder, 'web.mjs')).href)) as {
    readonly default: (input: TaskInput) => Promise<void>;
  };
  const said = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  const host = ownLoopbackHost();
  const port = await freePort(host);
  const stop = new AbortController();
  const ended = web({
    signal: stop.signal,
    args: ['Servus'],
    env: { NOMAD_PORT_http: `${port}`, NOMAD_IP_http: host, NOMAD_ADDR_http: `${host}:${port}` },
    allocation: { id: 'a1', task: 'server' },
  });
  await eventually(10_000, async () => {
    const reply = await fetch(`http://${host}:${port}/`);
    expect(await reply.text()).toBe('Servus from server (a1)\n');
  });
  stop.abort();
  await ended;
  expect(said.mock.calls.flat()).toContain('GET /');
  said.mockRestore();
});

async function freePort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
