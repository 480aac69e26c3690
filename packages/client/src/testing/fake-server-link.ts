import type { NodeRegistration, NodeStatus, Secret } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import type { HeartbeatReply, ServerLink } from '../servers/server-link.js';

export interface RecordedCall {
  readonly method: 'register' | 'updateStatus' | 'ping';
  readonly server: string;
  /** The clock's `monotonic()`. */
  readonly atMs: number;
}

/** Servers in memory: every call is recorded, then answered, or refused, as the test says. */
export class FakeServerLink implements ServerLink {
  readonly calls: RecordedCall[] = [];
  readonly registrations: { readonly registration: NodeRegistration; readonly secret: Secret }[] = [];
  readonly statuses: NodeStatus[] = [];
  /** What the next calls get; replace to change. */
  reply: HeartbeatReply = { heartbeatTtlMs: 12_000, index: 7, servers: [], nodeCount: 1 };
  /** Throws to refuse a call; by default every server accepts everything. */
  onCall: (call: RecordedCall) => void | Promise<void> = () => undefined;
  readonly #clock: Clock;

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  async register(server: string, registration: NodeRegistration, secret: Secret): Promise<HeartbeatReply> {
    await this.#record('register', server);
    this.registrations.push({ registration, secret });
    return this.reply;
  }

  async updateStatus(server: string, _node: object, status: NodeStatus): Promise<HeartbeatReply> {
    await this.#record('updateStatus', server);
    this.statuses.push(status);
    return this.reply;
  }

  async ping(address: string): Promise<void> {
    await this.#record('ping', address);
  }

  /** `method@milliseconds`, for comparing whole histories. */
  timeline(): readonly string[] {
    return this.calls.map(({ method, atMs }) => `${method}@${Math.round(atMs)}`);
  }

  async #record(method: RecordedCall['method'], server: string): Promise<void> {
    const call = { method, server, atMs: this.#clock.monotonic() };
    this.calls.push(call);
    await this.onCall(call);
  }
}
