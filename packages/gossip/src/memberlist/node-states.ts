import { GOSSIP_METRICS } from '../metrics.js';
import type {
  AliveMessage,
  DeadMessage,
  NodeVersions,
  PushPullNode,
  SuspectMessage,
} from '../wire/memberlist-message.js';
import { sameBytes } from '../wire/same-bytes.js';
import { isValidText, textByteLength } from '../wire/text.js';
import type { GossipNode } from './delegate.js';
import { hostOf } from './ip-address.js';
import { sameVersions } from './local-node.js';
import type { LocalNode } from './local-node.js';
import { MAX_META_BYTES } from '../wire/tags.js';
import type { MembershipContext } from './membership-context.js';
import type { NodeRecord } from './node-table.js';
import type { MemberlistTiming } from './options.js';
import { Suspicion, suspicionBounds } from './suspicion.js';
import type { SuspicionBounds, SuspicionOutcome } from './suspicion.js';

const MAX_NAME_BYTES = 128;
/** Ended suspicions remembered per node. */
const MAX_PAST_SUSPICIONS = 16;

export type NodeStatesOptions = Pick<
  MemberlistTiming,
  'suspicionMult' | 'suspicionMaxTimeoutMult' | 'probeIntervalMs' | 'deadNodeReclaimMs'
> & {
  /** Stands for a port of 0 in what peers announce. */
  readonly boundPort: number;
  readonly maxNodes: number;
};

type Claim = AliveMessage & { readonly versions: NodeVersions };

type Refusal =
  | 'versions-missing'
  | 'versions-invalid'
  | 'address-invalid'
  | 'name-invalid'
  | 'meta-too-large'
  | 'table-full'
  | 'delegate';

/** Entries are shared by all who got the same bytes, and so are the claims they stand for. */
const claims = new WeakMap<PushPullNode, AliveMessage>();

function aliveMessageOf(entry: PushPullNode): AliveMessage {
  let message = claims.get(entry);
  if (message === undefined) {
    const { name, incarnation, address, port, meta, versions } = entry;
    message = { type: 'alive', node: name, incarnation, address, port, meta, ...(versions && { versions }) };
    claims.set(entry, message);
  }
  return message;
}

/**
 * The rules that turn what is heard of a node into its state: a claim counts only from an incarnation that is new enough,
 * a suspicion is refuted by a newer one, and only a suspicion that nobody refutes in time, or the node itself, ends it.
 * @see spec sections 4.1 and 4.2
 */
export class NodeStates {
  readonly #options: NodeStatesOptions;
  readonly #context: MembershipContext;
  readonly #local: LocalNode;
  #lastBounds: { readonly n: number; readonly bounds: SuspicionBounds } | undefined;

  constructor(options: NodeStatesOptions, local: LocalNode, context: MembershipContext) {
    this.#options = options;
    this.#local = local;
    this.#context = context;
  }

  alive(message: AliveMessage): void {
    const { versions } = message;
    if (versions === undefined) {
      this.#refuse(message.node, 'versions-missing');
      return;
    }
    if (versions.protocolMin === 0 || versions.protocolMax === 0 || versions.protocolMin > versions.protocolMax) {
      this.#refuse(message.node, 'versions-invalid');
      return;
    }
    const port = message.port === 0 ? this.#options.boundPort : message.port;
    const record = this.#context.table.get(message.node);
    const sameAddress =
      record !== undefined && record.node.port === port && sameBytes(record.node.address, message.address);
    const isLocal = message.node === this.#local.node.name;
    // Most of what is heard was heard before: it must cost little.
    if (sameAddress && !isLocal && message.incarnation <= record.node.incarnation) return;
    const claim: Claim = message.port === port ? (message as Claim) : { ...message, versions, port };
    if (record === undefined) {
      this.#insert(claim);
      return;
    }
    if (!sameAddress && !this.#mayMove(record.node)) {
      this.#conflict(record.node, claim);
      return;
    }
    if (isLocal) {
      this.#local.heardAlive(claim);
      return;
    }
    const { node } = record;
    const candidate = this.#candidate(claim, node.state === 'alive' ? node.stateSinceMs : undefined);
    if (candidate === undefined) return;
    const wasGone = node.state === 'dead' || node.state === 'left';
    this.#endSuspicion(record, 'refuted');
    this.#context.table.update(record, candidate);
    this.#spread(claim, GOSSIP_METRICS.alive);
    if (wasGone) this.#context.delegate.tell('onJoin', record.node);
    else if (!sameBytes(node.meta, claim.meta)) this.#context.delegate.tell('onUpdate', record.node);
  }

  suspect(message: SuspectMessage): void {
    const record = this.#context.table.get(message.node);
    if (record === undefined || message.incarnation < record.node.incarnation) return;
    if (message.node === this.#local.node.name) {
      this.#local.heardAccusation(message);
      return;
    }
    if (record.suspicion !== undefined) {
      if (record.suspicion.confirm(message.from)) this.#context.announce(message);
      return;
    }
    if (record.node.state !== 'alive') return;
    this.#spread(message, GOSSIP_METRICS.suspect);
    this.#change(record, { state: 'suspect', incarnation: message.incarnation });
    const { clock, logger, table } = this.#context;
    const suspicion = new Suspicion(message, this.#bounds(table.size), clock, () => {
      const { name, incarnation } = record.node;
      logger.info('a suspect was neither refuted nor heard of in time', {
        node: name,
        confirmations: suspicion.confirmed,
      });
      this.dead({ type: 'dead', node: name, incarnation, from: this.#local.node.name });
    });
    record.suspicion = suspicion;
  }

  dead(message: DeadMessage): void {
    const record = this.#context.table.get(message.node);
    if (record === undefined || message.incarnation < record.node.incarnation) return;
    if (message.node === this.#local.node.name) {
      this.#local.heardAccusation(message);
      return;
    }
    if (record.node.state === 'dead' || record.node.state === 'left') return;
    this.#endSuspicion(record, 'died');
    this.#spread(message, GOSSIP_METRICS.dead);
    this.#change(record, {
      state: message.from === message.node ? 'left' : 'dead',
      incarnation: message.incarnation,
    });
    this.#context.delegate.tell('onLeave', record.node);
  }

  /** Takes over the node list of a push/pull. A remote "dead" only starts a suspicion here: the node may refute it. */
  merge(nodes: readonly PushPullNode[]): void {
    const from = this.#local.node.name;
    for (const node of nodes) {
      const { name, state, incarnation } = node;
      switch (state) {
        case 'alive':
          this.alive(aliveMessageOf(node));
          break;
        case 'left':
          this.dead({ type: 'dead', node: name, incarnation, from: name });
          break;
        case 'dead':
        case 'suspect':
          this.suspect({ type: 'suspect', node: name, incarnation, from });
          break;
      }
    }
  }

  /** Stops the timers of all suspicions. */
  stop(): void {
    for (const { suspicion } of this.#context.table.records()) suspicion?.stop();
  }

  #insert(claim: Claim): void {
    // Differs from memberlist: incarnation 0, which no node uses, leaves a dead record there.
    if (claim.incarnation === 0) return;
    const bytes = textByteLength(claim.node);
    if (bytes < 1 || bytes > MAX_NAME_BYTES || !isValidText(claim.node)) {
      this.#refuse(claim.node, 'name-invalid');
      return;
    }
    if (this.#context.table.size >= this.#options.maxNodes) {
      this.#refuse(claim.node, 'table-full');
      return;
    }
    const candidate = this.#candidate(claim);
    if (candidate === undefined) return;
    const { node } = this.#context.table.insert(candidate);
    this.#spread(claim, GOSSIP_METRICS.alive);
    this.#context.delegate.tell('onJoin', node);
  }

  /** The node as it would be, alive since then; nothing when it is refused. */
  #candidate(claim: Claim, stateSinceMs = this.#context.clock.monotonic()): GossipNode | undefined {
    const host = hostOf(claim.address);
    if (host === undefined) {
      this.#refuse(claim.node, 'address-invalid');
      return undefined;
    }
    if (claim.meta.length > MAX_META_BYTES) {
      this.#refuse(claim.node, 'meta-too-large');
      return undefined;
    }
    const own = this.#local.node.versions;
    const candidate: GossipNode = Object.freeze({
      name: claim.node,
      address: claim.address,
      host,
      port: claim.port,
      meta: claim.meta,
      // Most of a pool announces the same six numbers: one object serves them all.
      versions: sameVersions(claim.versions, own) ? own : claim.versions,
      incarnation: claim.incarnation,
      state: 'alive',
      stateSinceMs,
    });
    const reason = this.#context.delegate.refuseAlive(candidate);
    if (reason === undefined) return candidate;
    this.#refuse(claim.node, 'delegate', reason);
    return undefined;
  }

  /** Whether a node that was here may be alive elsewhere now. */
  #mayMove({ name, state, stateSinceMs }: GossipNode): boolean {
    if (name === this.#local.node.name) return false;
    if (state === 'left') return true;
    const { deadNodeReclaimMs } = this.#options;
    if (state !== 'dead' || deadNodeReclaimMs === 0) return false;
    return this.#context.clock.monotonic() - stateSinceMs >= deadNodeReclaimMs;
  }

  #conflict(existing: GossipNode, claim: Claim): void {
    const host = hostOf(claim.address);
    if (host === undefined) return;
    this.#context.metrics.incrCounter(GOSSIP_METRICS.conflicts);
    this.#context.logger.error('conflicting address for a node', {
      node: claim.node,
      mine: `${existing.host}:${existing.port}`,
      theirs: `${host}:${claim.port}`,
      state: existing.state,
    });
    this.#context.delegate.tell(
      'onConflict',
      existing,
      Object.freeze({
        name: claim.node,
        address: claim.address,
        host,
        port: claim.port,
        meta: claim.meta,
        versions: claim.versions,
        incarnation: claim.incarnation,
        state: 'alive',
        stateSinceMs: this.#context.clock.monotonic(),
      }),
    );
  }

  #spread(message: AliveMessage | SuspectMessage | DeadMessage, metric: string): void {
    this.#context.announce(message);
    this.#context.metrics.incrCounter(metric);
  }

  #change(record: NodeRecord, change: Pick<GossipNode, 'state' | 'incarnation'>): void {
    const stateSinceMs = this.#context.clock.monotonic();
    this.#context.table.update(record, Object.freeze({ ...record.node, ...change, stateSinceMs }));
  }

  /** The same object until the table grows or shrinks: many suspicions may begin at once. */
  #bounds(n: number): SuspicionBounds {
    if (this.#lastBounds?.n !== n) this.#lastBounds = { n, bounds: suspicionBounds(n, this.#options) };
    return this.#lastBounds.bounds;
  }

  #endSuspicion(record: NodeRecord, outcome: Exclude<SuspicionOutcome, 'pending'>): void {
    const { suspicion } = record;
    if (suspicion === undefined) return;
    suspicion.end(outcome);
    record.suspicion = undefined;
    record.pastSuspicions = [...record.pastSuspicions.slice(1 - MAX_PAST_SUSPICIONS), suspicion.record()];
  }

  #refuse(node: string, reason: Refusal, because?: string): void {
    this.#context.metrics.incrCounter(GOSSIP_METRICS.aliveRefused, 1, { reason });
    this.#context.logger.warn('an announced node is refused', { node, reason: because ?? reason });
  }
}
