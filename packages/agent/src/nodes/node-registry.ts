import type { Node, NodeRegistration, NodeStatus, Secret } from '@steppe/domain';
import { SteppeError } from '@steppe/domain';
import type { Clock, Logger, Phase, Random, Startable, Timer } from '@steppe/runtime';
import type { Leadership, StateStore } from '@steppe/state';
import { createHash, timingSafeEqual } from 'node:crypto';

export interface NodeRegistryOptions {
  /** `server.min_heartbeat_ttl`, milliseconds. */
  readonly minHeartbeatTtlMs: number;
  /** `server.max_heartbeats_per_second`. */
  readonly maxHeartbeatsPerSecond: number;
  /** `server.heartbeat_grace`, milliseconds. */
  readonly heartbeatGraceMs: number;
}

export interface NodeRegistryDeps {
  readonly state: StateStore;
  readonly leadership: Leadership;
  /** RPC addresses of the region's servers, as clients reach them. */
  readonly servers: () => readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What a node gets back for registering or for a heartbeat. */
export interface HeartbeatReply {
  readonly heartbeatTtlMs: number;
  /** Index of the write, 0 when nothing had to be written. */
  readonly index: number;
  /** RPC addresses of the region's servers. */
  readonly servers: readonly string[];
  /** How many nodes the region has. */
  readonly nodeCount: number;
}

const STATUSES: readonly NodeStatus[] = ['initializing', 'ready', 'down', 'disconnected'];
/** The pool name that means "every pool" and therefore cannot be joined. */
const ALL_POOLS = 'all';
const MAX_EVENTS = 10;

/**
 * The servers' side of client nodes: registration, heartbeats, and marking a node down when its heartbeats stop.
 * @see spec "Registration" and "Heartbeats" of scheduling
 */
export class NodeRegistry implements Startable {
  readonly name = 'node-registry';
  readonly phase: Phase = 'work';
  readonly #options: NodeRegistryOptions;
  readonly #deps: NodeRegistryDeps;
  readonly #timers = new Map<string, Timer>();
  /** Digests, so that the secrets themselves are not kept. */
  readonly #secretDigests = new Map<string, Buffer>();

  constructor(options: NodeRegistryOptions, deps: NodeRegistryDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  async start(): Promise<void> {
    // Nodes announce themselves.
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  /** @throws NODE_REGISTRATION_INVALID, NODE_SECRET_MISMATCH, NO_LEADER */
  register(registration: NodeRegistration, secret: Secret): HeartbeatReply {
    this.#demandLeader();
    validate(registration, secret);
    this.#demandSecret(registration.id, secret);
    const { state, clock } = this.#deps;
    const known = state.node(registration.id);
    const { index } = state.upsertNode({
      ...registration,
      status: known?.status ?? 'initializing',
      statusDescription: known?.statusDescription ?? '',
      statusUpdatedAt: Math.floor(clock.now() / 1_000),
      schedulingEligibility: known?.schedulingEligibility ?? 'eligible',
      computedClass: computedClass(registration),
      events: known?.events ?? [this.#event('Node registered', state.index + 1)],
    });
    if (known === undefined)
      this.#deps.logger.info('node registered', { node_id: registration.id, name: registration.name });
    return this.#beat(registration.id, index);
  }

  /** A heartbeat. @throws NODE_STATUS_INVALID, NODE_NOT_FOUND, NO_LEADER */
  updateStatus(nodeId: string, status: string): HeartbeatReply {
    this.#demandLeader();
    if (nodeId === '') throw invalid('NODE_STATUS_INVALID', 'missing node ID for client status update');
    if (!isNodeStatus(status)) throw invalid('NODE_STATUS_INVALID', 'invalid status for node');
    const { state } = this.#deps;
    const node = state.node(nodeId);
    if (node === undefined) throw invalid('NODE_NOT_FOUND', 'node not found');
    const message = node.status === 'down' && status === 'ready' ? 'Node reregistered by heartbeat' : undefined;
    const index = node.status === status ? 0 : this.#setStatus(node, status, message);
    return this.#beat(nodeId, index);
  }

  #beat(nodeId: string, index: number): HeartbeatReply {
    const { minHeartbeatTtlMs, maxHeartbeatsPerSecond, heartbeatGraceMs } = this.#options;
    const base = Math.max(minHeartbeatTtlMs, (this.#timers.size / maxHeartbeatsPerSecond) * 1_000);
    const heartbeatTtlMs = Math.round(base + this.#deps.random.next() * base);
    this.#timers.get(nodeId)?.cancel();
    this.#timers.delete(nodeId);
    if (this.#deps.state.node(nodeId)?.status !== 'down') {
      const timer = this.#deps.clock.setTimer(heartbeatTtlMs + heartbeatGraceMs, () => this.#missed(nodeId));
      this.#timers.set(nodeId, timer);
    }
    const { servers, state } = this.#deps;
    return { heartbeatTtlMs, index, servers: servers(), nodeCount: state.nodes().value.length };
  }

  #missed(nodeId: string): void {
    this.#timers.delete(nodeId);
    const node = this.#deps.state.node(nodeId);
    if (node === undefined || node.status === 'down' || !this.#deps.leadership.isLeader) return;
    this.#deps.logger.warn('node TTL expired', { node_id: nodeId });
    this.#setStatus(node, 'down', 'Node heartbeat missed');
  }

  #setStatus(node: Node, status: NodeStatus, message: string | undefined): number {
    const { state, clock } = this.#deps;
    const { createIndex: _created, modifyIndex: _modified, ...rest } = node;
    const events = message === undefined ? node.events : [...node.events, this.#event(message, state.index + 1)];
    const statusUpdatedAt = Math.floor(clock.now() / 1_000);
    return state.upsertNode({ ...rest, status, statusUpdatedAt, events: events.slice(-MAX_EVENTS) }).index;
  }

  #event(message: string, createIndex: number) {
    return { message, subsystem: 'Cluster', details: {}, timestampMs: this.#deps.clock.now(), createIndex };
  }

  #demandLeader(): void {
    if (!this.#deps.leadership.isLeader) throw invalid('NO_LEADER', 'No cluster leader');
  }

  #demandSecret(nodeId: string, secret: Secret): void {
    const digest = createHash('sha256').update(secret.reveal()).digest();
    const known = this.#secretDigests.get(nodeId);
    if (known !== undefined && !timingSafeEqual(known, digest)) {
      throw invalid('NODE_SECRET_MISMATCH', 'node secret ID does not match. Not registering node.');
    }
    this.#secretDigests.set(nodeId, digest);
  }
}

function validate(node: NodeRegistration, secret: Secret): void {
  const missing = (what: string) => invalid('NODE_REGISTRATION_INVALID', `missing ${what} for client registration`);
  if (node.id === '') throw missing('node ID');
  if (node.datacenter === '') throw missing('datacenter');
  if (node.name === '') throw missing('node name');
  if (Object.keys(node.attributes).length === 0) throw missing('attributes');
  if (secret.isEmpty) throw missing('node secret ID');
  if (node.nodePool === ALL_POOLS) {
    throw invalid('NODE_REGISTRATION_INVALID', `node is not allowed to register in node pool "${ALL_POOLS}"`);
  }
}

const isNodeStatus = (text: string): text is NodeStatus => (STATUSES as readonly string[]).includes(text);

const invalid = (code: string, message: string): SteppeError => new SteppeError({ code }, message);

/**
 * A fingerprint of what makes nodes alike to a scheduler: nodes of one class can be judged once.
 * Attributes named `unique.…` are left out, as they tell machines apart.
 */
function computedClass({ datacenter, nodeClass, nodePool, attributes, meta, drivers }: NodeRegistration): string {
  const shared = (values: Readonly<Record<string, string>>) =>
    Object.entries(values)
      .filter(([key]) => !key.startsWith('unique.'))
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const content = [datacenter, nodeClass, nodePool, shared(attributes), shared(meta), Object.keys(drivers).toSorted()];
  return `v1:${createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 20)}`;
}
