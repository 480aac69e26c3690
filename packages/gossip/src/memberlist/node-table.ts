import type { Random } from '@steppe/runtime';
import type { GossipNode } from './delegate.js';
import type { Suspicion, SuspicionRecord } from './suspicion.js';

/** An entry of the table: what is known of one node, and what runs about it. */
export interface NodeRecord {
  node: GossipNode;
  /** Present while `node.state` is suspect, and only then. */
  suspicion: Suspicion | undefined;
  /** Ended suspicions, oldest first, bounded. */
  pastSuspicions: readonly SuspicionRecord[];
}

/** What most nodes have, in one copy. */
const NO_SUSPICIONS: readonly SuspicionRecord[] = Object.freeze([]);

/**
 * Every node we know, ourselves included, dead and left ones until they are purged. Names are compared exactly: two
 * spellings that look alike are two nodes. Owns the order in which nodes are probed.
 */
export class NodeTable {
  readonly #random: Random;
  readonly #byName = new Map<string, NodeRecord>();
  /** By host; most have one node only. */
  readonly #byHost = new Map<string, NodeRecord | NodeRecord[]>();
  #probeOrder: NodeRecord[] = [];
  #nextProbe = 0;
  /** In no order: picks shuffle the front of it in place. */
  #pickFrom: NodeRecord[] = [];
  #snapshot: readonly GossipNode[] | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Entries of any state. */
  get size(): number {
    return this.#byName.size;
  }

  get(name: string): NodeRecord | undefined {
    return this.#byName.get(name);
  }

  records(): Iterable<NodeRecord> {
    return this.#byName.values();
  }

  /** All nodes in order of insertion, frozen; the same array until something changes. */
  nodes(): readonly GossipNode[] {
    this.#snapshot ??= Object.freeze(Array.from(this.#byName.values(), ({ node }) => node));
    return this.#snapshot;
  }

  /** Whether any entry has this address and port. */
  hasAddress(host: string, port: number): boolean {
    const there = this.#byHost.get(host);
    if (!Array.isArray(there)) return there?.node.port === port;
    return there.some(({ node }) => node.port === port);
  }

  /** Adds a node whose name is not known yet, at a random place of the probe order. */
  insert(node: GossipNode): NodeRecord {
    const record: NodeRecord = { node, suspicion: undefined, pastSuspicions: NO_SUSPICIONS };
    this.#byName.set(node.name, record);
    this.#addToHost(record);
    this.#pickFrom.push(record);
    const order = this.#probeOrder;
    order.push(record);
    swap(order, Math.floor(this.#random.next() * order.length), order.length - 1);
    this.#snapshot = undefined;
    return record;
  }

  update(record: NodeRecord, node: GossipNode): void {
    const moves = record.node.host !== node.host;
    if (moves) this.#removeFromHost(record);
    record.node = node;
    if (moves) this.#addToHost(record);
    this.#snapshot = undefined;
  }

  /** Forgets the entries the test holds for. @returns how many */
  remove(test: (node: GossipNode) => boolean): number {
    const before = this.#byName.size;
    for (const record of this.#byName.values()) {
      if (!test(record.node)) continue;
      this.#byName.delete(record.node.name);
      this.#removeFromHost(record);
    }
    const removed = before - this.#byName.size;
    if (removed === 0) return 0;
    const kept = (record: NodeRecord): boolean => this.#byName.get(record.node.name) === record;
    this.#probeOrder = this.#probeOrder.filter(kept);
    this.#pickFrom = this.#pickFrom.filter(kept);
    this.#nextProbe = Math.min(this.#nextProbe, this.#probeOrder.length);
    this.#snapshot = undefined;
    return removed;
  }

  /**
   * The next node in the probe order the test holds for. Where the order ends, `onWrap` is called and the order shuffled.
   * @returns nothing after one full pass without a candidate
   */
  nextToProbe(test: (node: GossipNode) => boolean, onWrap: () => void): NodeRecord | undefined {
    for (let checked = 0; checked < this.#probeOrder.length; ) {
      if (this.#nextProbe >= this.#probeOrder.length) {
        onWrap();
        this.#shuffle();
        this.#nextProbe = 0;
        continue;
      }
      const record = this.#probeOrder[this.#nextProbe] as NodeRecord;
      this.#nextProbe += 1;
      if (test(record.node)) return record;
      checked += 1;
    }
    return undefined;
  }

  /** Up to `count` different nodes the test holds for, at random; all of them where there are not more. */
  pick(count: number, test: (node: GossipNode) => boolean): GossipNode[] {
    const from = this.#pickFrom;
    const picked: GossipNode[] = [];
    for (let at = 0; at < from.length && picked.length < count; at += 1) {
      swap(from, at, at + Math.floor(this.#random.next() * (from.length - at)));
      const { node } = from[at] as NodeRecord;
      if (test(node)) picked.push(node);
    }
    return picked;
  }

  #shuffle(): void {
    const order = this.#probeOrder;
    for (let at = order.length - 1; at > 0; at -= 1) swap(order, at, Math.floor(this.#random.next() * (at + 1)));
  }

  #addToHost(record: NodeRecord): void {
    const { host } = record.node;
    const there = this.#byHost.get(host);
    if (Array.isArray(there)) there.push(record);
    else this.#byHost.set(host, there === undefined ? record : [there, record]);
  }

  #removeFromHost(record: NodeRecord): void {
    const { host } = record.node;
    const there = this.#byHost.get(host);
    const others = Array.isArray(there) ? there.filter((other) => other !== record) : [];
    if (others.length > 0) this.#byHost.set(host, others);
    else this.#byHost.delete(host);
  }
}

function swap(records: NodeRecord[], a: number, b: number): void {
  const record = records[a] as NodeRecord;
  records[a] = records[b] as NodeRecord;
  records[b] = record;
}
