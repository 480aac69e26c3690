import type { NodeRegistration } from '@steppe/domain';
import { errorMessage, isSteppeError, Secret } from '@steppe/domain';
import { defineRpcMethod, Http2RpcClient } from '@steppe/rpc';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';
import { RegisterHistory } from '@steppe/testing';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { madeUpNode } from './made-up-node.js';
import { CLUSTER_KEY, get } from './cluster-agents.js';

const NodeRegister = defineRpcMethod<
  { readonly node: NodeRegistration; readonly secretId: string },
  { readonly index: number }
>('Node.Register', { callers: ['server', 'client'] });

/** How long one registration may take, milliseconds. */
export const WRITE_DEADLINE_MS = 8_000;

export interface Attempt {
  readonly nodeId: string;
  /** Host of the server that was asked. */
  readonly server: string;
  readonly tookMs: number;
  /** `undefined` when it was acknowledged. */
  readonly failure: { readonly code: string; readonly message: string } | undefined;
}

/** After these surely nothing was written. */
const REFUSED = new Set(['NO_LEADER', 'STATE_NOT_LEADER', 'STATE_DEPOSED', 'STATE_CONFLICT']);
const PAUSE_MS = 40;

/**
 * Registers made-up nodes with servers, as client agents do: by RPC, at servers that lead and servers that pass it on. Beside
 * nodes that are new each time, a few are registered anew with another name and read back, and what comes of it is recorded.
 */
export class NodeWriter {
  readonly attempts: Attempt[] = [];
  /** Of the names of the nodes that are registered again and again; empty as long as there is none. */
  readonly history = new RegisterHistory<string>('', (error) =>
    isSteppeError(error) && REFUSED.has(error.code) ? 'nothing' : 'unknown',
  );
  readonly #known = [randomUUID(), randomUUID(), randomUUID()];
  readonly #secret = randomUUID();
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
  #names = 0;

  /** Ids of the nodes whose registration was acknowledged. */
  get acknowledged(): readonly string[] {
    return this.attempts.filter(({ failure }) => failure === undefined).map(({ nodeId }) => nodeId);
  }

  /** Registers a node that is new at a server. Never rejects. */
  async write(host: string): Promise<Attempt> {
    const nodeId = randomUUID();
    const begun = performance.now();
    const failure = await this.#register(host, nodeId, 'new').then(
      () => undefined,
      (error: unknown) => ({ code: isSteppeError(error) ? error.code : 'none', message: errorMessage(error) }),
    );
    const attempt = { nodeId, server: host, tookMs: performance.now() - begun, failure };
    this.attempts.push(attempt);
    return attempt;
  }

  /** Writes and reads one after another at each of the servers, until {@link stop}. */
  run(hosts: readonly string[]): void {
    for (const host of hosts) {
      this.#repeat(() => this.write(host));
      this.#repeat((id) => {
        const name = `n${(this.#names += 1)}`;
        return this.history.write(id, name, () => this.#register(host, id, name));
      });
      this.#repeat((id) => this.history.read(id, () => this.#nameOf(host, id)));
    }
  }

  /** Resolves when every attempt has its outcome. */
  async stop(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#loops);
    await this.#rpc.stop();
  }

  #repeat(work: (nodeId: string) => Promise<unknown>): void {
    const loop = async (): Promise<void> => {
      for (let round = 0; !this.#over.signal.aborted; round += 1) {
        await work(this.#known[round % this.#known.length] ?? '');
        await pause(PAUSE_MS);
      }
    };
    this.#loops.push(loop());
  }

  #register(host: string, id: string, name: string): Promise<unknown> {
    const request = { node: madeUpNode(id, { name }), secretId: this.#secret };
    return this.#rpc.call(`${host}:4647`, NodeRegister, request, { timeoutMs: WRITE_DEADLINE_MS });
  }

  /** As the API reads unless it may be stale: whoever is asked passes it on to the leader. */
  async #nameOf(host: string, id: string): Promise<string> {
    const { status, text } = await get(`http://${host}:4646/v1/node/${id}`);
    if (status === 404) return '';
    if (status !== 200) throw new Error(text);
    return (JSON.parse(text) as { Name: string }).Name;
  }
}
