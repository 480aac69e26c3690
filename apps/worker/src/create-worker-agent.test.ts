import { describe, expect, test } from '@jest/globals';
import type { AgentConfig, Layer } from '@steppe/config';
import { defaultAgentConfig, resolveAddresses, withSettings } from '@steppe/config';
import { ContainerModule } from 'inversify';
import { Clock } from '@steppe/runtime/di';
import { createWorkerAgent } from './create-worker-agent.js';

function configOf(settings: Layer): AgentConfig {
  const base = withSettings(defaultAgentConfig(), { bindAddr: '127.0.0.1', logLevel: 'off', ...settings });
  return resolveAddresses({ ...base, devMode: true, ports: { http: 0, rpc: 0, serf: 0 } }, () => []);
}

describe('composing a worker', () => {
  test.each<[string, Layer]>([
    ['the server role', { server: { enabled: true } }],
    ['both roles', { server: { enabled: true }, client: { enabled: true } }],
    ['no role', {}],
  ])('%s is refused', (_, settings) => {
    expect(() => createWorkerAgent({ config: configOf(settings) })).toThrow(
      expect.objectContaining({ code: 'WORKER_ROLE_INVALID' }),
    );
  });

  test('a second provider of a service there is one of is refused by name, before anything starts', () => {
    const second = new ContainerModule(({ bind }) => void bind(Clock).toConstantValue(undefined as never));
    expect(() => createWorkerAgent({ config: configOf({ client: { enabled: true } }), modules: [second] })).toThrow(
      expect.objectContaining({ code: 'AGENT_WIRING_INVALID', message: expect.stringContaining('Clock') }),
    );
  });

  test('a worker serves the API without a server, and says that it knows none', async () => {
    const agent = createWorkerAgent({ config: configOf({ client: { enabled: true } }) });
    await agent.start();
    try {
      const reply = await fetch(`http://127.0.0.1:${agent.httpAddresses[0]?.port}/v1/agent/health`);
      expect([reply.status, await reply.text()]).toEqual([500, '{"client":{"ok":false,"message":"no known servers"}}']);
    } finally {
      await agent.stop();
    }
  });
});
