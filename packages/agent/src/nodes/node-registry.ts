import type { Evaluation, Node, NodeRegistration, NodeStatus, Secret } from '@steppe/domain';
import {
  errorMessage,
  isSameDigest,
  isTerminalAllocation,
  isTerminalEvaluation,
  secretDigest,
  SteppeError,
} from '@steppe/domain';
import type { Clock, Logger, Phase, Random, Startable, Timer } from '@steppe/runtime';
import { hasOpenWindow } from '@steppe/scheduler';
import type { Leadership, StateReader, StateStore, StateTransaction } from '@steppe/state';
import { ALLOCATIONS, NODE_SECRETS, NODES } from '@steppe/state';
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { evaluationsOfJob, jobVersion } from '../scheduling/job-rows.js';
import { transactWithEvaluations, writeEvaluations } from '../scheduling/region-writes.js';
import type { NodeEvaluationContext } from './node-evaluations.js';
import { evaluationFor, evaluationsOfNode } from './node-evaluations.js';
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

  /** @throws NODE_REGISTRATION_INVALID, NODE_SECRET_MISMATCH, NO_LEADER, HEARTBEAT_NOT_RESET, and what a transaction throws */
  async register(registration: NodeRegistration, secret: Secret): Promise<HeartbeatReply> {
    this.#demandLeader();
    validate(registration, secret);
    const { state, clock } = this.#deps;
    let isNew = false;
    const { index } = await transactWithEvaluations(state, (tx) => {
      claim(tx, registration.id, secret);
      const known = tx.get(NODES, registration.id);
      isNew = known === undefined;
      const nowMs = clock.now();
      const node = {
        ...(known ?? NEW_NODE),
        ...registration,
        statusUpdatedAt: Math.floor(nowMs / 1_000),
        computedClass: computedClass(registration),
      };
      putNode(node, known === undefined ? cluster('Node registered') : undefined, { tx, nowMs });
      return known?.status === 'ready' && mattersToSchedulers(known, node) ? this.#evaluations(tx, node) : [];
    });
    if (isNew) this.#deps.logger.info('node registered', { node_id: registration.id, name: registration.name });
    return this.#beat(registration.id, index);
  }

  /**
   * A heartbeat.
   * @throws NODE_STATUS_INVALID, NODE_NOT_FOUND, NODE_SECRET_MISMATCH, NO_LEADER, HEARTBEAT_NOT_RESET, and what a transaction
   *   throws
   */
  async updateStatus(nodeId: string, secret: Secret, status: string): Promise<HeartbeatReply> {
    this.#demandLeader();
    if (nodeId === '') throw invalid('NODE_STATUS_INVALID', 'missing node ID for client status update');
    if (!isNodeStatus(status)) throw invalid('NODE_STATUS_INVALID', 'invalid status for node');
    const { state } = this.#deps;
    const node = state.snapshot().get(NODES, nodeId);
    if (node === undefined) throw invalid('NODE_NOT_FOUND', 'node not found');
    // Differs from Nomad: whoever only knows a node's id cannot speak for it.
    demandNodeSecret(state.snapshot(), nodeId, secret);
    // Most heartbeats change nothing, and then cost no write.
    if (nextStatus(state.snapshot(), node, status) === node.status) return this.#beat(nodeId, 0);
    const { index } = await transactWithEvaluations(state, (tx) => {
      const before = tx.get(NODES, nodeId);
      if (before === undefined) return [];
      const next = nextStatus(tx, before, status);
      const isBack = before.status === 'down' && next === 'ready';
      return this.#setStatus(tx, before, {
        status: next,
        ...(isBack ? { message: 'Node reregistered by heartbeat' } : {}),
      });
    });
    return this.#beat(nodeId, index);
  }

  /** @throws HEARTBEAT_NOT_RESET when what came before is written, and yet no time runs */
  #beat(nodeId: string, index: number): HeartbeatReply {
    // The lead may have been lost while it was written: then the time is another one's to look at.
    if (!this.#deps.leadership.isLeader) {
      throw invalid('HEARTBEAT_NOT_RESET', 'failed to reset heartbeat since server is not leader');
    }
    const { minHeartbeatTtlMs, maxHeartbeatsPerSecond, heartbeatGraceMs } = this.#options;
    const base = Math.max(minHeartbeatTtlMs, (this.#timers.size / maxHeartbeatsPerSecond) * 1_000);
    const heartbeatTtlMs = Math.round(base + this.#deps.random.next() * base);
    this.#timers.get(nodeId)?.cancel();
    this.#timers.delete(nodeId);
    const { servers, state } = this.#deps;
    const snapshot = state.snapshot();
    if (snapshot.get(NODES, nodeId)?.status !== 'down') this.#arm(nodeId, heartbeatTtlMs + heartbeatGraceMs);
    return { heartbeatTtlMs, index, servers: servers(), nodeCount: snapshot.count(NODES) };
  }

  /** A new leader does not know when nodes were last heard of: it gives all of them time. */
  #takeOver(): void {
    const { state } = this.#deps;
    for (const { id, status } of state.snapshot().rows(NODES)) {
      if (status !== 'down' && !this.#timers.has(id)) this.#arm(id, this.#options.failoverHeartbeatTtlMs);
    }
    void this.#makeUp();
  }

  /** The leader before may have marked a node down and not come to write all evaluations which that asked for. */
  async #makeUp(): Promise<void> {
    const { state, logger } = this.#deps;
    const snapshot = state.snapshot();
    const missing = snapshot
      .rows(NODES)
      .filter(({ status }) => status === 'down')
      .flatMap((node) => {
        const left = [...snapshot.find(ALLOCATIONS, 'node', node.id)].filter((each) => !isTerminalAllocation(each));
        const keys = new Map(left.map(({ namespace, jobId }) => [`${namespace}/${jobId}`, { namespace, id: jobId }]));
        return [...keys.values()]
          .filter((key) => [...evaluationsOfJob(snapshot, key)].every(isTerminalEvaluation))
          .map((key) => evaluationFor(snapshot, node, key, this.#context()));
      });
    try {
      await writeEvaluations(state, missing);
    } catch (error) {
      logger.warn('evaluations of lost nodes not written', { error: errorMessage(error) });
    }
  }

  #arm(nodeId: string, delayMs: number): void {
    this.#timers.get(nodeId)?.cancel();
    this.#timers.set(
      nodeId,
      this.#deps.clock.setTimer(delayMs, () => void this.#missed(nodeId)),
    );
  }

  #cancelTimers(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  async #missed(nodeId: string): Promise<void> {
    this.#timers.delete(nodeId);
    const { state, leadership, logger, clock } = this.#deps;
    const node = state.snapshot().get(NODES, nodeId);
    if (node === undefined || node.status === 'down' || !leadership.isLeader) return;
    logger.warn('node TTL expired', { node_id: nodeId });
    try {
      await transactWithEvaluations(state, (tx) => {
        const before = tx.get(NODES, nodeId);
        // A heartbeat may have come while this one waited for its turn.
        if (before === undefined || this.#timers.has(nodeId)) return [];
        const status = mayReturn(tx, nodeId, clock.now()) ? 'disconnected' : 'down';
        if (status === before.status) return [];
        const missed = { ...before, lastMissedHeartbeatIndex: tx.index };
        return this.#setStatus(tx, missed, { status, message: 'Node heartbeat missed' });
      });
      // As long as its allocations may come back it is looked at again.
      const isDown = state.snapshot().get(NODES, nodeId)?.status === 'down';
      if (!isDown && !this.#timers.has(nodeId)) this.#arm(nodeId, this.#options.minHeartbeatTtlMs);
    } catch (error) {
      logger.error('node not marked down', { node_id: nodeId, error: errorMessage(error) });
    }
  }

  /** @returns the evaluations that the change asks for */
  #setStatus(
    tx: StateTransaction,
    before: Node,
    { status, message }: { readonly status: NodeStatus; readonly message?: string },
  ): readonly Evaluation[] {
    const nowMs = this.#deps.clock.now();
    const node = { ...before, status, statusUpdatedAt: Math.floor(nowMs / 1_000) };
    putNode(node, message === undefined ? undefined : cluster(message), { tx, nowMs });
    return asksForEvaluations(before.status, status) ? this.#evaluations(tx, node) : [];
  }

  #evaluations(tx: StateTransaction, node: Node): readonly Evaluation[] {
    return evaluationsOfNode(tx, node, this.#context());
  }

  #context(): NodeEvaluationContext {
    const { clock, random } = this.#deps;
    return { trigger: 'node-update', nowMs: clock.now(), random };
  }

  #demandLeader(): void {
    if (!this.#deps.leadership.isLeader) throw invalid('NO_LEADER', 'No cluster leader');
  }
}

/** The first to register an id keeps it. */
function claim(tx: StateTransaction, nodeId: string, secret: Secret): void {
  const known = tx.get(NODE_SECRETS, nodeId)?.digest;
  if (known === undefined) tx.put(NODE_SECRETS, { nodeId, digest: secretDigest(secret) });
  else demandSecret(known, secret, 'node secret ID does not match. Not registering node.');
}

/** @throws NODE_SECRET_MISMATCH */
export function demandNodeSecret(reader: StateReader, nodeId: string, secret: Secret): void {
  demandSecret(reader.get(NODE_SECRETS, nodeId)?.digest, secret, 'node secret ID does not match');
}

function demandSecret(known: string | undefined, secret: Secret, message: string): void {
  if (known === undefined || !isSameDigest(known, secretDigest(secret))) {
    throw invalid('NODE_SECRET_MISMATCH', message);
  }
}

/**
 * What becomes of a node that tells its status.
 * @see spec "Status transitions" of scheduling
 */
function nextStatus(reader: StateReader, node: Node, told: NodeStatus): NodeStatus {
  if (told !== 'ready') return told;
  if (node.status === 'disconnected') return 'initializing';
  if (node.status !== 'initializing') return 'ready';
  // Before it gets new work it has to tell what has become of what it had.
  const { lastMissedHeartbeatIndex = 0, lastAllocUpdateIndex = 0 } = node;
  const isInformed = lastMissedHeartbeatIndex === 0 || lastAllocUpdateIndex > lastMissedHeartbeatIndex;
  return isInformed || allEnded(reader, node.id) ? 'ready' : 'initializing';
}

const allEnded = (reader: StateReader, nodeId: string): boolean =>
  [...reader.find(ALLOCATIONS, 'node', nodeId)].every(isTerminalAllocation);

/** Whether some allocation of a node is let to come back with it. */
function mayReturn(reader: StateReader, nodeId: string, nowMs: number): boolean {
  return [...reader.find(ALLOCATIONS, 'node', nodeId)].some((allocation) => {
    const { namespace, jobId, jobModifyIndex, taskGroup } = allocation;
    const job = jobVersion(reader, { namespace, id: jobId }, jobModifyIndex);
    const group = job?.taskGroups.find(({ name }) => name === taskGroup);
    return hasOpenWindow(allocation, group, nowMs);
  });
}

const asksForEvaluations = (before: NodeStatus, after: NodeStatus): boolean =>
  before !== after && (after === 'down' || after === 'ready' || before === 'disconnected' || after === 'disconnected');

/** Whether a node that registers again is another one to schedulers. What it has to give is not looked at. */
function mattersToSchedulers(before: Node, after: Node): boolean {
  const relevant = ({ datacenter, name, nodeClass, nodePool, attributes, meta, drivers }: Node) => [
    [datacenter, name, nodeClass, nodePool],
    attributes,
    meta,
    Object.entries(drivers).map(([driver, { detected, healthy }]) => [driver, detected, healthy]),
  ];
  return !isDeepStrictEqual(relevant(before), relevant(after));
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
