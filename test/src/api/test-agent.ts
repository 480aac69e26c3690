import type { Agent } from '@steppe/agent';
import { nodeHost } from '@steppe/agent';
import type { AgentConfig, Layer } from '@steppe/config';
import { defaultAgentConfig, resolveAddresses, withSettings } from '@steppe/config';
import { createServerAgent } from '@steppe/server';
import { createWorkerAgent } from '@steppe/worker';
import type { ContainerModule } from 'inversify';
import { createHash } from 'node:crypto';

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
  /** Most scheduler workers there may be; default: as many as the machine has CPUs. */
  readonly cpuCount?: number;
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
  const { tokens = {} } = options;
  const acl: Layer = options.tokens === undefined ? {} : { acl: { enabled: true, tokenMinExpirationTtlMs: 1 } };
  const layers = [LOOPBACK, ...kind, options.settings ?? {}, acl];
  const merged = layers.reduce(withSettings, { ...defaultAgentConfig(), devMode: true });
  // Zero cannot be configured, it can only be composed.
  const config = resolveAddresses({ ...merged, ports: ANY_PORTS['ports'] as AgentConfig['ports'] }, () => []);
  const log: string[] = [];
  const host = {
    ...nodeHost(process, options.readConfig ?? (() => Promise.resolve(config))),
    writeLog: (line: string) => void log.push(line),
    ...(options.environment === undefined ? {} : { environment: options.environment }),
    ...(options.cpuCount === undefined ? {} : { cpuCount: options.cpuCount }),
  };
  const agent = create({ config, host, modules: options.modules ?? [] });
  await agent.start();
  const address = agent.httpAddresses[0];
  const url = `http${config.tls.http ? 's' : ''}://127.0.0.1:${address?.port}`;
  const request: TestAgent['request'] = async (path, { token, ...init } = {}) => {
    const headers = {
      ...(init.headers as Record<string, string> | undefined),
      ...(token === undefined ? {} : { 'X-Nomad-Token': presented(token, tokens) }),
    };
    const response = await fetch(url + path, { redirect: 'manual', ...init, headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) as never };
  };
  if (options.tokens !== undefined && config.server.enabled) await grant(request, tokens);
  return { agent, url, config, log, stop: () => agent.stop(), request };
}

/** Secret of the token of that name. */
export function secretOf(name: string): string {
  const digits = createHash('sha256').update(name).digest('hex');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

/** `root` for management, `unknown` for none that is known, `expired` for one whose time is over; others by their name. */
const presented = (name: string, tokens: object): string =>
  name in tokens || ['root', 'unknown', 'expired'].includes(name) ? secretOf(name) : name;

/** Makes the management token `root`, a policy and a token for each name, and a token that has expired. */
async function grant(request: TestAgent['request'], tokens: Readonly<Record<string, string>>): Promise<void> {
  const put = async (path: string, body: object): Promise<void> => {
    const reply = await request(path, { method: 'PUT', token: 'root', body: JSON.stringify(body) });
    if (reply.status !== 200) throw new Error(`${path}: ${reply.text}`);
  };
  await put('/v1/acl/bootstrap', { BootstrapSecret: secretOf('root') });
  const give = async (name: string, rest: object): Promise<void> => {
    const AccessorID = secretOf(`accessor of ${name}`);
    const token = { AccessorID, SecretID: secretOf(name), Type: 'client', Name: name, Policies: [name], ...rest };
    await put(`/v1/acl/token/${AccessorID}`, token);
  };
  for (const [name, Rules] of Object.entries(tokens)) {
    await put(`/v1/acl/policy/${name}`, { Name: name, Rules });
    await give(name, {});
  }
  // Over before anybody can ask.
  await give('expired', { ExpirationTTL: '1ms' });
}

/** The tokens the rows of the specification speak of. */
export const SPEC_TOKENS = {
  unrelated: 'agent { policy = "deny" } node { policy = "deny" }',
  'node-read': 'agent { policy = "deny" } node { policy = "read" }',
  'node-write': 'agent { policy = "deny" } node { policy = "write" }',
  'agent-read': 'agent { policy = "read" } node { policy = "deny" }',
  'agent-write': 'agent { policy = "write" } node { policy = "deny" }',
} as const satisfies Readonly<Record<string, string>>;
