import type { NodeRegistration } from '@steppe/domain';
import { errorMessage, isSteppeError, Secret } from '@steppe/domain';
import { defineRpcMethod, Http2RpcClient } from '@steppe/rpc';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { CLUSTER_KEY } from './cluster-agents.js';

const NodeRegister = defineRpcMethod<
  { readonly node: NodeRegistration; readonly secretId: string },
  { readonly index: number }
>('Node.Register', { callers: ['server', 'client'] });

/** How long one registration may take, milliseconds. */
export const WRITE_DEADLINE_MS = 8_000;

export interface Attempt {
  readonly nodeId: string;
  /** RPC address of the server that was asked. */
  readonly server: string;
  readonly tookMs: number;
  /** `undefined` when it was acknowledged. */
  readonly failure: { readonly code: string; readonly message: string } | undefined;
}

/** Registers made-up nodes with servers, as client agents do: by RPC, at servers that lead and servers that pass it on. */
export class NodeWriter {
  readonly attempts: Attempt[] = [];
  readonly #rpc = new Http2RpcClient(
    { dialTimeoutMs: 2_000 },
    {
      self: () => ({ role: 'client', region: 'one', id: '' }),
      security: { clusterKeys: () => [new Secret(CLUSTER_KEY)] },
      clock: new SystemClock(),
      random: new SystemRandom(),
      logger: silentLogger,
      metrics: noMetrics,
    },
  );
  readonly #over = new AbortController();
  readonly #loops: Promise<void>[] = [];

  /** Ids of the nodes whose registration was acknowledged. */
  get acknowledged(): readonly string[] {
    return this.attempts.filter(({ failure }) => failure === undefined).map(({ nodeId }) => nodeId);
  }

  /** Registers one node at a server. Never rejects. */
  async write(server: string): Promise<Attempt> {
    const nodeId = randomUUID();
    const begun = performance.now();
    const request = { node: registration(nodeId), secretId: randomUUID() };
    const failure = await this.#rpc.call(server, NodeRegister, request, { timeoutMs: WRITE_DEADLINE_MS }).then(
      () => undefined,
      (error: unknown) => ({ code: isSteppeError(error) ? error.code : 'none', message: errorMessage(error) }),
    );
    const attempt = { nodeId, server, tookMs: performance.now() - begun, failure };
    this.attempts.push(attempt);
    return attempt;
  }

  /** Registers one node after another at each of the servers, until {@link stop}. */
  run(servers: readonly string[]): void {
    const loop = async (server: string): Promise<void> => {
      while (!this.#over.signal.aborted) {
        await this.write(server);
        await pause(50);
      }
    };
    this.#loops.push(...servers.map(loop));
  }

  /** Resolves when every attempt has its outcome. */
  async stop(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#loops);
    await this.#rpc.stop();
  }
}

const registration = (id: string): NodeRegistration => ({
  id,
  datacenter: 'dc1',
  name: `n-${id.slice(0, 8)}`,
  nodeClass: '',
  nodePool: 'default',
  httpAddress: '127.0.0.1:4646',
  tlsEnabled: false,
  attributes: { 'nomad.version': '1.0.0' },
  meta: {},
  drivers: {},
  resources: {
    cpuShares: 0,
    totalCores: 0,
    memoryMb: 0,
    diskMb: 0,
    networks: [],
    minDynamicPort: 0,
    maxDynamicPort: 0,
  },
  reserved: { cpuShares: 0, memoryMb: 0, diskMb: 0, ports: '' },
});
