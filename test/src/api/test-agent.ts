import {
  ANONYMOUS_TOKEN,
  callerOfToken,
  compileAcl,
  DENY_ALL_ACL,
  MANAGEMENT_ACL,
  parsePolicy,
  tokenExpired,
  tokenMalformed,
  tokenNotFound,
} from '@steppe/acl';
import type { Acl, TokenResolver as TokenResolverType } from '@steppe/acl';
import { TokenResolver } from '@steppe/acl/di';
import type { Agent } from '@steppe/agent';
import { nodeHost } from '@steppe/agent';
import type { AgentConfig, Layer } from '@steppe/config';
import { defaultAgentConfig, resolveAddresses, withSettings } from '@steppe/config';
import type { Secret } from '@steppe/domain';
import { createServerAgent } from '@steppe/server';
import { createWorkerAgent } from '@steppe/worker';
import { ContainerModule } from 'inversify';

/** One reply, read to its end. */
interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: () => never;
}

export interface TestAgentOptions {
  /** Laid onto the settings of the kind of agent. */
  readonly settings?: Layer;
  readonly modules?: readonly ContainerModule[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Turns ACLs on, with these tokens and their rules beside the management token `root`. */
  readonly tokens?: Readonly<Record<string, string>>;
  readonly readConfig?: () => Promise<AgentConfig>;
}

export interface TestAgent {
  readonly agent: Agent;
  readonly url: string;
  readonly config: AgentConfig;
  /** Every line of the agent's own log so far. */
  readonly log: string[];
  request(path: string, init?: RequestInit & { readonly token?: string }): Promise<Reply>;
  stop(): Promise<void>;
}

/** Ports are the system's choice, so that any number of agents run side by side. */
const ANY_PORTS: Layer = { ports: { http: 0, rpc: 0, serf: 0 } };
const LOOPBACK: Layer = {
  bindAddr: '127.0.0.1',
  limits: { httpMaxConnsPerClient: 0 },
  advertise: { http: '127.0.0.1', rpc: '127.0.0.1', serf: '127.0.0.1' },
};
const SERVER: Layer = { server: { enabled: true, bootstrapExpect: 1 } };
const CLIENT: Layer = { client: { enabled: true } };

/** Both roles, as `-dev` has them. */
export const startDevAgent = (options: TestAgentOptions = {}): Promise<TestAgent> =>
  start(
    [SERVER, CLIENT, { enableDebug: true, logLevel: 'DEBUG', telemetry: { prometheusMetrics: true } }],
    options,
    createServerAgent,
  );

/** The server role alone. */
export const startServerAgent = (options: TestAgentOptions = {}): Promise<TestAgent> =>
  start([SERVER], options, createServerAgent);

/** The client role alone, by the worker app. */
export const startWorkerAgent = (options: TestAgentOptions = {}): Promise<TestAgent> =>
  start([CLIENT], options, createWorkerAgent);

async function start(
  kind: readonly Layer[],
  options: TestAgentOptions,
  create: typeof createServerAgent | typeof createWorkerAgent,
): Promise<TestAgent> {
  const acl: Layer = options.tokens === undefined ? {} : { acl: { enabled: true } };
  const layers = [LOOPBACK, ...kind, acl, options.settings ?? {}];
  const merged = layers.reduce(withSettings, { ...defaultAgentConfig(), devMode: true });
  // Zero cannot be configured, it can only be composed.
  const config = resolveAddresses({ ...merged, ports: ANY_PORTS['ports'] as AgentConfig['ports'] }, () => []);
  const log: string[] = [];
  const host = {
    ...nodeHost(process, options.readConfig ?? (() => Promise.resolve(config))),
    writeLog: (line: string) => void log.push(line),
    ...(options.environment === undefined ? {} : { environment: options.environment }),
  };
  const tokens = options.tokens === undefined ? [] : [tokensModule(options.tokens)];
  const agent = create({ config, host, modules: [...tokens, ...(options.modules ?? [])] });
  await agent.start();
  const address = agent.httpAddresses[0];
  const url = `http${config.tls.http ? 's' : ''}://127.0.0.1:${address?.port}`;
  return {
    agent,
    url,
    config,
    log,
    stop: () => agent.stop(),
    request: async (path, { token, ...init } = {}) => {
      const headers = {
        ...(init.headers as Record<string, string> | undefined),
        ...(token === undefined ? {} : { 'X-Nomad-Token': token }),
      };
      const response = await fetch(url + path, { redirect: 'manual', ...init, headers });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) as never };
    },
  };
}

/** A token's secret is its name; `expired` and `unknown` are what they say. */
function tokensModule(tokens: Readonly<Record<string, string>>): ContainerModule {
  const acls = new Map<string, Acl>([
    ['root', MANAGEMENT_ACL],
    ...Object.entries(tokens).map(([name, rules]): [string, Acl] => [name, compileAcl([parsePolicy(rules)])]),
  ]);
  const resolver: TokenResolverType = {
    resolve: (secret: Secret | undefined) => {
      if (secret === undefined) return callerOfToken(ANONYMOUS_TOKEN, DENY_ALL_ACL);
      const acl = acls.get(secret.reveal());
      if (acl !== undefined) return callerOfToken(ANONYMOUS_TOKEN, acl);
      if (secret.reveal() === 'expired') throw tokenExpired();
      throw secret.reveal() === 'unknown' ? tokenNotFound() : tokenMalformed('not a signed token');
    },
  };
  return new ContainerModule(({ rebind }) => {
    rebind(TokenResolver).toConstantValue(resolver);
  });
}

/** The tokens the rows of the specification speak of. */
export const SPEC_TOKENS = {
  unrelated: 'agent { policy = "deny" } node { policy = "deny" }',
  'node-read': 'agent { policy = "deny" } node { policy = "read" }',
  'node-write': 'agent { policy = "deny" } node { policy = "write" }',
  'agent-read': 'agent { policy = "read" } node { policy = "deny" }',
  'agent-write': 'agent { policy = "write" } node { policy = "deny" }',
} as const satisfies Readonly<Record<string, string>>;
