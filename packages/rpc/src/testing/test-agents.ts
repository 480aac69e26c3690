import { Secret } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import { MetricsRegistry, SystemClock } from '@steppe/runtime';
import { RecordingLogger, SeededRandom } from '@steppe/testing';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ReverseLinkOptions } from '../client/reverse-link.js';
import { ReverseLink } from '../client/reverse-link.js';
import type { RpcClientOptions } from '../client/rpc-client.js';
import { Http2RpcClient } from '../client/rpc-client.js';
import type { NodeKeys } from '../handshake/node-proof.js';
import { nodeKeyOf } from '../handshake/node-proof.js';
import type { RpcIdentity } from '../handshake/peer-identity.js';
import type { RpcSecurity, RpcTls } from '../handshake/security.js';
import type { RpcEndpoint } from '../method/rpc-endpoint.js';
import type { RpcServerOptions } from '../server/rpc-server.js';
import { RpcServer } from '../server/rpc-server.js';

interface AgentOptions {
  readonly self?: RpcIdentity;
  readonly security?: RpcSecurity;
  readonly clock?: Clock;
}

export const SERVER: RpcIdentity = { role: 'server', region: 'global', id: 'server-1' };
export const CLIENT: RpcIdentity = { role: 'client', region: 'global', id: 'node-1' };

/** Two keys as `steppe operator gossip keyring generate` makes them. */
export const KEY_A = new Secret(Buffer.alloc(32, 1).toString('base64'));
export const KEY_B = new Secret(Buffer.alloc(32, 2).toString('base64'));

/** Of every node, unless a test says otherwise. */
export const NODE_SECRET = new Secret('5e884898-da28-4047-9519-7b5b0c7d6a11');
const NODE_KEYS: NodeKeys = { keyOf: async () => nodeKeyOf(NODE_SECRET) };

/** Starts listeners, clients and links for one test and takes them all down again. */
export class TestAgents {
  readonly logger = new RecordingLogger();
  readonly metrics = new MetricsRegistry({}, { clock: new SystemClock() });
  readonly #running: { stop(): Promise<void> }[] = [];

  async server(
    endpoints: readonly RpcEndpoint[],
    {
      self = SERVER,
      security = {},
      clock = new SystemClock(),
      nodeKeys = NODE_KEYS,
      ...options
    }: AgentOptions & { nodeKeys?: NodeKeys } & Partial<RpcServerOptions> = {},
  ): Promise<RpcServer> {
    const server = new RpcServer(
      { host: '127.0.0.1', port: 0, maxSessionsPerAddress: 0, ...options },
      { self: () => self, security, nodeKeys, endpoints, clock, logger: this.logger, metrics: this.metrics },
    );
    await server.start();
    this.#running.push(server);
    return server;
  }

  client({
    self = CLIENT,
    security = {},
    clock = new SystemClock(),
    ...options
  }: AgentOptions & RpcClientOptions = {}): Http2RpcClient {
    const { logger, metrics } = this;
    const random = new SeededRandom(1);
    const client = new Http2RpcClient(options, { self: () => self, security, clock, random, logger, metrics });
    this.#running.push(client);
    return client;
  }

  async link(
    servers: () => readonly string[],
    endpoints: readonly RpcEndpoint[],
    {
      self = CLIENT,
      secret = NODE_SECRET,
      security = {},
      clock = new SystemClock(),
      ...options
    }: AgentOptions & { secret?: Secret } & ReverseLinkOptions = {},
  ): Promise<ReverseLink> {
    const { logger, metrics } = this;
    const random = new SeededRandom(1);
    const link = new ReverseLink(
      { retry: { baseMs: 10, maxMs: 50 }, ...options },
      { self: () => ({ identity: self, secret }), servers, endpoints, security, clock, random, logger, metrics },
    );
    await link.start();
    this.#running.push(link);
    return link;
  }

  /** A TCP relay in front of `port`. */
  async relay(port: number): Promise<Relay> {
    const relay = new Relay(port);
    await relay.start();
    this.#running.push(relay);
    return relay;
  }

  /** Sum of a counter, or of those of its series that carry `labels`. */
  count(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.metrics
      .cumulative()
      .counters.filter((series) => series.name === name && carries(series.labels, labels))
      .reduce((sum, series) => sum + series.sum, 0);
  }

  gauge(name: string, labels: Readonly<Record<string, string>>): number | undefined {
    return this.metrics.cumulative().gauges.find((series) => series.name === name && carries(series.labels, labels))
      ?.value;
  }

  async stop(): Promise<void> {
    for (const part of this.#running.splice(0).toReversed()) await part.stop();
  }
}

const carries = (labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);

export const addressOf = ({ port }: { readonly port: number }): string => `127.0.0.1:${port}`;

/** Passes bytes on, remembers what diallers sent, and can fall silent without closing anything. */
export class Relay {
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #isSilent = false;
  /** Changes what diallers send. */
  rewrite: (chunk: Buffer) => Buffer = (chunk) => chunk;
  /** Everything the first dialler sent, in order. */
  readonly recorded: Buffer[] = [];

  constructor(target: number) {
    this.#target = target;
  }

  get port(): number {
    const address = this.#server?.address() as AddressInfo | null | undefined;
    return address?.port ?? 0;
  }

  async start(): Promise<void> {
    const server = createServer((near) => {
      const far = connect(this.#target, '127.0.0.1');
      const isFirst = this.#sockets.size === 0;
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (chunk: Buffer) => {
          if (from === near && isFirst) this.recorded.push(chunk);
          if (!this.#isSilent) to.write(from === near ? this.rewrite(chunk) : chunk);
        });
        from.on('error', () => undefined);
        from.once('close', () => to.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#server = server;
  }

  /** From now on nothing is passed on, and nothing is closed. */
  fallSilent(): void {
    this.#isSilent = true;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

/** Waits, turn by turn of the event loop, until something holds; bounded by jest's own timeout. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const pem = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../../agent/test-fixtures/tls/${name}.pem`, import.meta.url)));

/** TLS with one of the certificates that the repository keeps for tests: `server-global`, `client`, `stranger`, … */
export function testTls(name: string, options: Partial<RpcTls> = {}): RpcTls {
  return { ca: pem('ca'), cert: pem(name), key: pem(`${name}-key`), verifyServerHostname: true, ...options };
}
