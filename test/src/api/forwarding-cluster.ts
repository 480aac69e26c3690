import { expect } from '@jest/globals';
import { eventually } from '@steppe/testing';
import type { Layer } from '@steppe/config';
import type { RpcSecurity } from '@steppe/rpc';
import type { Logger as LoggerType } from '@steppe/runtime';
import { silentLogger } from '@steppe/runtime';
import { Logger } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestAgent, TestAgentOptions } from './test-agent.js';
import { startServerAgent, startWorkerAgent } from './test-agent.js';

/** The regions that the certificates of the fixtures are for. */
export const NORTH = 'global';
const SOUTH = 'elsewhere';

export interface ClusterOptions extends TestAgentOptions {
  /** How the agents know each other; default: they do not have to, being on one machine. */
  readonly security?: 'none' | 'certificates';
  /** Of south's server alone. */
  readonly southSettings?: Layer;
}

export interface Cluster {
  readonly north: TestAgent;
  readonly south: TestAgent;
  /** Two client agents of north. */
  readonly workers: readonly [TestAgent, TestAgent];
  /** `host:port` of the RPC of north's server. */
  readonly rpcAddress: string;
  readonly nodeIds: readonly [string, string];
  /** Logs at an agent. */
  readonly loggers: Map<TestAgent, LoggerType>;
  stop(): Promise<void>;
}

/** Two regions of one server each, joined; two workers with the server of north. */
export async function startCluster({
  security = 'none',
  southSettings = {},
  ...options
}: ClusterOptions = {}): Promise<Cluster> {
  const loggers = new Map<TestAgent, LoggerType>();
  const start = async (
    create: (options: TestAgentOptions) => Promise<TestAgent>,
    name: string,
    region: string,
    certificate: string,
    settings: NonNullable<TestAgentOptions['settings']>,
  ): Promise<TestAgent> => {
    let logger = silentLogger;
    const spy = new ContainerModule(({ onActivation }) => {
      onActivation(Logger, (_, instance) => (logger = instance));
    });
    const agent = await create({
      ...options,
      settings: {
        name,
        region,
        enableDebug: true,
        ...(security === 'certificates' ? { tls: tlsOf(certificate) } : {}),
        telemetry: { prometheusMetrics: true },
        ...options.settings,
        ...settings,
      },
      modules: [spy],
    });
    loggers.set(agent, logger);
    return agent;
  };
  const server = { server: { gossipProfile: 'local', enabled: true, bootstrapExpect: 1 } };
  const [north, south] = [
    await start(startServerAgent, 'alder', NORTH, 'server-global', server),
    await start(startServerAgent, 'birch', SOUTH, 'server-wrong-region', { ...server, ...southSettings }),
  ];
  const { Members } = (await north.request('/v1/agent/members', { token: 'root' })).json() as {
    Members: { Addr: string; Port: number; Tags: { port: string } }[];
  };
  const [own] = Members;
  const joined = await south.request(`/v1/agent/join?address=${own?.Addr}:${own?.Port}`, {
    method: 'PUT',
    token: 'root',
  });
  expect(joined.json()).toMatchObject({ num_joined: 1 });
  const rpcAddress = `127.0.0.1:${own?.Tags.port}`;
  const client = { client: { enabled: true, servers: [rpcAddress] } };
  const workers = [
    await start(startWorkerAgent, 'w1', NORTH, 'client', client),
    await start(startWorkerAgent, 'w2', NORTH, 'client', client),
  ] as const;
  const nodeIds = await eventually(20_000, async () => {
    const nodes = (await north.request('/v1/nodes', { token: 'root' })).json() as { ID: string; Name: string }[];
    const ids = ['w1', 'w2'].map((name) => nodes.find(({ Name }) => Name === name)?.ID ?? '');
    // Nobody's id would be asked of north itself.
    expect(ids).not.toContain('');
    for (const id of ids) {
      expect((await north.request(`/v1/agent/host?node_id=${id}`, { token: 'root' })).status).toBe(200);
    }
    expect((await north.request('/v1/regions')).json()).toEqual([SOUTH, NORTH]);
    return ids as unknown as readonly [string, string];
  });
  // What servers write of their own accord once they lead is written by then.
  for (const server of [north, south]) {
    await eventually(20_000, async () => {
      const { keys } = (await server.request('/.well-known/jwks.json')).json() as { readonly keys: readonly unknown[] };
      if (keys.length === 0) throw new Error('there is no key yet to sign with');
    });
  }
  return {
    north,
    south,
    workers,
    rpcAddress,
    nodeIds,
    loggers,
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await Promise.all([north.stop(), south.stop()]);
    },
  };
}

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../packages/agent/test-fixtures/tls/${name}.pem`, import.meta.url));

const tlsOf = (certificate: string): Layer => ({
  rpc: true,
  verifyServerHostname: true,
  caFile: fixture('ca'),
  certFile: fixture(certificate),
  keyFile: fixture(`${certificate}-key`),
});

/** What an agent's RPC peers show to it and ask of it, with the security of its cluster. */
export function rpcSecurity(security: ClusterOptions['security']): RpcSecurity {
  if (security !== 'certificates') return {};
  const pem = (name: string): Buffer => readFileSync(fixture(name));
  const tls = { ca: pem('ca'), cert: pem('client'), key: pem('client-key'), verifyServerHostname: true };
  return { tls: () => tls };
}
