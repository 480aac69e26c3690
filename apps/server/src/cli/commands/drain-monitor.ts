import { goQuote } from '@steppe/domain';
import type { ApiClient } from '../api/api-client.js';
import { watchValue } from '../api/watch.js';
import type { CliIo } from '../cli-io.js';
import type { AllocWire } from './alloc-wire.js';
import type { NodeWire } from './node-wire.js';
import { shownId } from './node-table.js';

interface Drained {
  readonly nodeId: string;
  readonly isVerbose: boolean;
}

type DrainOutcome = 'complete' | 'canceled';

/** Tells how a node gives up its work, by blocking queries on the node and on its allocations. */
export class DrainMonitor {
  readonly #client: ApiClient;
  readonly #io: CliIo;
  readonly #drained: Drained;
  #outcome: DrainOutcome | undefined;
  /** Allocations as they were told of last. */
  readonly #allocs = new Map<string, AllocWire>();
  /** Whether something is still to stop; nobody knows before allocations are read. */
  #isWorking = true;

  constructor(client: ApiClient, io: CliIo, drained: Drained) {
    this.#client = client;
    this.#io = io;
    this.#drained = drained;
  }

  /** Resolves when the drain is over and what had to stop has, when it is canceled, or when the user has enough. */
  async run(): Promise<void> {
    const leave = new AbortController();
    const stopListening = this.#io.onInterrupt(() => leave.abort());
    try {
      await Promise.all([this.#followNode(leave), this.#followAllocs(leave)]);
    } catch (error) {
      if (!leave.signal.aborted) throw error;
    } finally {
      leave.abort();
      stopListening();
    }
  }

  async #followNode(leave: AbortController): Promise<void> {
    const { nodeId } = this.#drained;
    for await (const node of watchValue<NodeWire>(this.#client, `/v1/node/${nodeId}`, leave)) {
      if (node.Drain) continue;
      this.#outcome = node.LastDrain?.Status === 'canceled' ? 'canceled' : 'complete';
      this.#io.writeOut(`Node ${goQuote(nodeId)} drain ${this.#outcome}\n`);
      break;
    }
    this.#endIfStopped(leave);
  }

  async #followAllocs(leave: AbortController): Promise<void> {
    const path = `/v1/node/${this.#drained.nodeId}/allocations`;
    const query = { namespace: '*' };
    for await (const allocs of watchValue<readonly AllocWire[] | null>(this.#client, path, {
      query,
      signal: leave.signal,
    })) {
      for (const alloc of allocs ?? []) this.#tell(alloc);
      this.#isWorking = (allocs ?? []).some(isStopping);
      this.#endIfStopped(leave);
    }
  }

  /** What the drain has told to stop may take a moment longer than the drain. */
  #endIfStopped(leave: AbortController): void {
    if (this.#outcome === undefined || (this.#outcome === 'complete' && this.#isWorking)) return;
    leave.abort();
  }

  #tell(alloc: AllocWire): void {
    const before = this.#allocs.get(alloc.ID);
    this.#allocs.set(alloc.ID, alloc);
    const isMigrating = isMarked(alloc) && !isEnded(alloc);
    if (isMigrating && (before === undefined || !isMarked(before))) this.#line(alloc, 'marked for migration');
    if (before === undefined) return;
    if (before.DesiredStatus !== alloc.DesiredStatus && alloc.DesiredStatus !== 'run') this.#line(alloc, 'draining');
    if (before.ClientStatus !== alloc.ClientStatus) {
      this.#line(alloc, `status ${before.ClientStatus} -> ${alloc.ClientStatus}`);
    }
  }

  #line({ ID, Name }: AllocWire, what: string): void {
    this.#io.writeOut(`Alloc ${goQuote(shownId(ID, this.#drained.isVerbose))} (${Name}) ${what}\n`);
  }
}

const isMarked = ({ DesiredTransition }: AllocWire): boolean => DesiredTransition?.Migrate === true;

const isEnded = ({ ClientStatus }: AllocWire): boolean => ['complete', 'failed', 'lost'].includes(ClientStatus);

const isStopping = (alloc: AllocWire): boolean => !isEnded(alloc) && (alloc.DesiredStatus !== 'run' || isMarked(alloc));
