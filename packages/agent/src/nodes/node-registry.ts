import type { Node, NodeRegistration, NodeStatus, Secret } from '@steppe/domain';
import { SteppeError, errorMessage, isSameDigest, secretDigest } from '@steppe/domain';
import type { Clock, Logger, Phase, Random, Startable, Timer } from '@steppe/runtime';
import type { Leadership, StateStore, StateTransaction } from '@steppe/state';
import { NODE_SECRETS, NODES } from '@steppe/state';
import { createHash } from 'node:crypto';
import type { NodeHappening } from './node-events.js';
import { putNode } from './node-events.js';

export interface NodeRegistryOptions {
  /** `server.min_heartbeat_ttl`, milliseconds. */
  readonly minHeartbeatTtlMs: number;
  /** `server.max_heartbeats_per_second`. */
  readonly maxHeartbeatsPerSecond: number;
  /** `server.failover_heartbeat_ttl`, milliseconds: what nodes have to find a new leader. */
  readonly failoverHeartbeatTtlMs: number;
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
/** What a node has before it does anything. */
const NEW_NODE = {
  status: 'initializing',
  statusDescription: '',
  schedulingEligibility: 'eligible',
  events: [],
  createIndex: 0,
  modifyIndex: 0,
} as const satisfies Partial<Node>;

const cluster = (message: string): NodeHappening => ({ message, subsystem: 'Cluster' });

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
  #unlisten: (() => void) | undefined;

  constructor(options: NodeRegistryOptions, deps: NodeRegistryDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { leadership } = this.#deps;
    this.#unlisten = leadership.onDidChange((leads) => (leads ? this.#takeOver() : this.#cancelTimers()));
    if (leadership.isLeader) this.#takeOver();
  }

  async stop(): Promise<void> {
    this.#unlisten?.();
    this.#cancelTimers();
  }

  /** @throws NODE_REGISTRATION_INVALID, NODE_SECRET_MISMATCH, NO_LEADER, and what a transaction throws */
  async register(registration: NodeRegistration, secret: Secret): Promise<HeartbeatReply> {
    this.#demandLeader();
    validate(registration, secret);
    const { state, clock } = this.#deps;
    const { index, value: isNew } = await state.transact((tx) => {
      demandSecret(tx, registration.id, secret);
      const known = tx.get(NODES, registration.id);
      const nowMs = clock.now();
      const node = {
        ...(known ?? NEW_NODE),
        ...registration,
        statusUpdatedAt: Math.floor(nowMs / 1_000),
        computedClass: computedClass(registration),
      };
      putNode(node, known === undefined ? cluster('Node registered') : undefined, { tx, nowMs });
      return known === undefined;
    });
    if (isNew) this.#deps.logger.info('node registered', { node_id: registration.id, name: registration.name });
    return this.#beat(registration.id, index);
  }

  /** A heartbeat. @throws NODE_STATUS_INVALID, NODE_NOT_FOUND, NO_LEADER, and what a transaction throws */
  async updateStatus(nodeId: string, status: string): Promise<HeartbeatReply> {
    this.#demandLeader();
    if (nodeId === '') throw invalid('NODE_STATUS_INVALID', 'missing node ID for client status update');
    if (!isNodeStatus(status)) throw invalid('NODE_STATUS_INVALID', 'invalid status for node');
    const { state } = this.#deps;
    const node = state.snapshot().get(NODES, nodeId);
    if (node === undefined) throw invalid('NODE_NOT_FOUND', 'node not found');
    // Most heartbeats change nothing, and then cost no write.
    if (node.status === status) return this.#beat(nodeId, 0);
    const { index } = await state.transact((tx) => {
      const isBack = tx.get(NODES, nodeId)?.status === 'down' && status === 'ready';
      const message = isBack ? 'Node reregistered by heartbeat' : undefined;
      this.#setStatus(tx, nodeId, status, message);
    });
    return this.#beat(nodeId, index);
  }

  #beat(nodeId: string, index: number): HeartbeatReply {
    const { minHeartbeatTtlMs, maxHeartbeatsPerSecond, heartbeatGraceMs } = this.#options;
    const base = Math.max(minHeartbeatTtlMs, (this.#timers.size / maxHeartbeatsPerSecond) * 1_000);
    const heartbeatTtlMs = Math.round(base + this.#deps.random.next() * base);
    this.#timers.get(nodeId)?.cancel();
    this.#timers.delete(nodeId);
    const { servers, state, clock } = this.#deps;
    const snapshot = state.snapshot();
    if (snapshot.get(NODES, nodeId)?.status !== 'down') {
      const timer = clock.setTimer(heartbeatTtlMs + heartbeatGraceMs, () => void this.#missed(nodeId));
      this.#timers.set(nodeId, timer);
    }
    return { heartbeatTtlMs, index, servers: servers(), nodeCount: snapshot.count(NODES) };
  }

  /** A new leader does not know when nodes were last heard of: it gives all of them time. */
  #takeOver(): void {
    const { state, clock } = this.#deps;
    for (const { id, status } of state.snapshot().rows(NODES)) {
      if (status === 'down' || this.#timers.has(id)) continue;
      this.#timers.set(
        id,
        clock.setTimer(this.#options.failoverHeartbeatTtlMs, () => void this.#missed(id)),
      );
    }
  }

  #cancelTimers(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  async #missed(nodeId: string): Promise<void> {
    this.#timers.delete(nodeId);
    const { state, leadership, logger } = this.#deps;
    const node = state.snapshot().get(NODES, nodeId);
    if (node === undefined || node.status === 'down' || !leadership.isLeader) return;
    logger.warn('node TTL expired', { node_id: nodeId });
    try {
      await state.transact((tx) => {
        // A heartbeat may have come while this one waited for its turn.
        if (!this.#timers.has(nodeId)) this.#setStatus(tx, nodeId, 'down', 'Node heartbeat missed');
      });
    } catch (error) {
      logger.error('node not marked down', { node_id: nodeId, error: errorMessage(error) });
    }
  }

  #setStatus(tx: StateTransaction, nodeId: string, status: NodeStatus, message: string | undefined): void {
    const node = tx.get(NODES, nodeId);
    if (node === undefined) return;
    const nowMs = this.#deps.clock.now();
    putNode(
      { ...node, status, statusUpdatedAt: Math.floor(nowMs / 1_000) },
      message === undefined ? undefined : cluster(message),
      { tx, nowMs },
    );
  }

  #demandLeader(): void {
    if (!this.#deps.leadership.isLeader) throw invalid('NO_LEADER', 'No cluster leader');
  }
}

/** The first to register an id keeps it. */
function demandSecret(tx: StateTransaction, nodeId: string, secret: Secret): void {
  const digest = secretDigest(secret);
  const known = tx.get(NODE_SECRETS, nodeId)?.digest;
  if (known === undefined) tx.put(NODE_SECRETS, { nodeId, digest });
  else if (!isSameDigest(known, digest)) {
    throw invalid('NODE_SECRET_MISMATCH', 'node secret ID does not match. Not registering node.');
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
