import { afterEach, describe, expect, test } from '@jest/globals';
import type { AgentConfig, Layer } from '@steppe/config';
import { withSettings } from '@steppe/config';
import { request as httpsRequest } from 'node:https';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestAgent } from './test-agent.js';
import { startDevAgent, startServerAgent } from './test-agent.js';

let agent: TestAgent | undefined;
afterEach(async () => {
  await agent?.stop();
  agent = undefined;
});

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../packages/agent/test-fixtures/tls/${name}`, import.meta.url));
const tls = (name: string): Layer => ({
  tls: { http: true, caFile: fixture('ca.pem'), certFile: fixture(`${name}.pem`), keyFile: fixture(`${name}-key.pem`) },
});

/** The status of an HTTPS request that demands the certificate of `server.global.nomad`. */
const statusOf = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: '/v1/agent/health',
      ca: readFileSync(fixture('ca.pem')),
      servername: 'server.global.nomad',
      agent: false as const,
    };
    httpsRequest(options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });

describe('PUT /v1/agent/reload', () => {
  test('R3: another log level takes effect, and the log tells what changed and what needs a restart', async () => {
    let next: AgentConfig | undefined;
    let reads = 0;
    const started = await startDevAgent({
      readConfig: async () => {
        reads += 1;
        if (next === undefined) throw new Error('Error loading x.hcl: At 1:1: bad');
        return next;
      },
    });
    agent = started;
    next = { ...withSettings(started.config, { logLevel: 'WARN', region: 'elsewhere' }) };
    expect(await started.request('/v1/agent/reload', { method: 'PUT' })).toMatchObject({ status: 200, text: '' });
    expect(reads).toBe(1);
    const before = started.log.length;
    await started.request('/v1/agent/health');
    expect(started.log.slice(before)).toEqual([]);
    expect(started.log.join('')).toMatch(/log level changes: from=debug to=warn/);
    expect((await started.request('/v1/agent/self')).json()).toMatchObject({ config: { LogLevel: 'WARN' } });

    next = withSettings(started.config, { logLevel: 'INFO', region: 'elsewhere' });
    await started.request('/v1/agent/reload', { method: 'POST' });
    expect(started.log.join('')).toMatch(/configuration reloaded: changed=\["log_level"\] needs_restart=/);
  });

  test('a configuration that is not valid is logged and changes nothing', async () => {
    agent = await startDevAgent({ readConfig: () => Promise.reject(new Error('Error loading x.hcl: At 1:1: bad')) });
    expect((await agent.request('/v1/agent/reload', { method: 'PUT' })).status).toBe(200);
    expect(agent.log.join('')).toContain(
      'could not reload config, keeping the one in force: error="Error loading x.hcl: At 1:1: bad"',
    );
    expect((await agent.request('/v1/agent/self')).json()).toMatchObject({ config: { LogLevel: 'DEBUG' } });
  });

  test('T2: certificates change on the same port', async () => {
    let settings = tls('server-wrong-region');
    const started = await startServerAgent({
      settings,
      readConfig: async () => withSettings(started.config, settings),
    });
    agent = started;
    const port = started.agent.httpAddresses[0]?.port ?? 0;
    await expect(statusOf(port)).rejects.toThrow(/altnames/);
    settings = tls('server-global');
    await started.agent.reload();
    expect(await statusOf(port)).toBe(200);
  });

  test('certificates that cannot be read fail the reload, and the old ones stay', async () => {
    let settings = tls('server-global');
    const started = await startServerAgent({
      settings,
      readConfig: async () => withSettings(started.config, settings),
    });
    agent = started;
    settings = { tls: { certFile: '/nowhere.pem' } };
    await expect(started.agent.reload()).rejects.toThrow('tls.cert_file: cannot read /nowhere.pem');
    expect(await statusOf(started.agent.httpAddresses[0]?.port ?? 0)).toBe(200);
  });

  test('scheduler workers follow the configuration; values out of range are logged and dropped', async () => {
    let settings: Layer = { server: { numSchedulers: 1 } };
    const started = await startDevAgent({ readConfig: async () => withSettings(started.config, settings) });
    agent = started;
    await started.agent.reload();
    const count = async () =>
      ((await started.request('/v1/agent/schedulers')).json() as { schedulers: unknown[] }).schedulers.length;
    expect(await count()).toBe(1);
    settings = { server: { numSchedulers: 100_000 } };
    await started.agent.reload();
    expect(await count()).toBe(1);
    expect(started.log.join('')).toContain('received invalid arguments for scheduler pool reload; ignoring');
  });
});
