import type { Node, NodeStatus } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import { ChangeIndex } from './change-index.js';

/** Rows of a table and the index they are true at. */
export interface Indexed<T> {
  readonly index: number;
  readonly value: T;
}

export interface BlockingOptions {
  /** Longest wait, milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * The region's shared state. Every write gets the next index; reads are snapshots and never wait.
 * An instance holds its state in memory only.
 */
export interface StateStore {
  /** Index of the newest write. */
  readonly index: number;
  /** All nodes, by id; the same frozen array until one changes. */
  nodes(): Indexed<readonly Node[]>;
  node(id: string): Node | undefined;
  /** Adds or replaces a node; `createIndex` and `modifyIndex` are set here. */
  upsertNode(node: Omit<Node, 'createIndex' | 'modifyIndex'>): Indexed<Node>;
  /** @returns `undefined` when no such node exists */
  updateNodeStatus(id: string, status: NodeStatus, statusUpdatedAt: number): Indexed<Node> | undefined;
  /** Resolves when the nodes table changed beyond `index`, when the time is over, or when the caller gave up. */
  waitForNodes(index: number, options: BlockingOptions): Promise<void>;
}

/** An empty state starts at 1, so that "index greater than 0" always means "I have seen something". */
const FIRST_INDEX = 1;

export class MemoryStateStore implements StateStore {
  readonly #clock: Clock;
  readonly #nodes = new Map<string, Node>();
  readonly #nodesIndex = new ChangeIndex(FIRST_INDEX);
  #nodesSnapshot: readonly Node[] = Object.freeze([]);
  #index = FIRST_INDEX;

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  get index(): number {
    return this.#index;
  }

  nodes(): Indexed<readonly Node[]> {
    return { index: this.#nodesIndex.value, value: this.#nodesSnapshot };
  }

  node(id: string): Node | undefined {
    return this.#nodes.get(id);
  }

  upsertNode(node: Omit<Node, 'createIndex' | 'modifyIndex'>): Indexed<Node> {
    const index = this.#index + 1;
    const createIndex = this.#nodes.get(node.id)?.createIndex ?? index;
    return this.#commitNode({ ...node, createIndex, modifyIndex: index });
  }

  updateNodeStatus(id: string, status: NodeStatus, statusUpdatedAt: number): Indexed<Node> | undefined {
    const node = this.#nodes.get(id);
    if (node === undefined) return undefined;
    return this.#commitNode({ ...node, status, statusUpdatedAt, modifyIndex: this.#index + 1 });
  }

  async waitForNodes(index: number, options: BlockingOptions): Promise<void> {
    await this.#nodesIndex.waitBeyond(index, { ...options, clock: this.#clock });
  }

  #commitNode(node: Node): Indexed<Node> {
    const frozen = Object.freeze(node);
    this.#index = frozen.modifyIndex;
    this.#nodes.set(frozen.id, frozen);
    this.#nodesSnapshot = Object.freeze([...this.#nodes.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    this.#nodesIndex.advance(frozen.modifyIndex);
    return { index: frozen.modifyIndex, value: frozen };
  }
}
