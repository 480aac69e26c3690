import type { SignedIdentity } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import { sleep } from '@steppe/runtime';
import type { AllocLink, AllocReport, ClientAllocation } from '../servers/alloc-link.js';
import type { ServerCallOptions } from '../servers/server-link.js';

/** Servers in memory that have allocations for the node. */
export class FakeAllocLink implements AllocLink {
  /** `what@ms`, for comparing whole histories. */
  readonly calls: string[] = [];
  readonly reports: AllocReport[] = [];
  /** Throws to refuse a call. */
  onCall: (call: string) => void = () => undefined;
  readonly #clock: Clock;
  readonly #allocs = new Map<string, ClientAllocation>();
  /** Listed, but not given out. */
  readonly hidden = new Set<string>();
  index = 1;
  #signed = 0;
  #changed = new AbortController();

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  /** Places or changes an allocation. */
  put(assigned: ClientAllocation): void {
    this.index += 1;
    const allocation = { ...assigned.allocation, allocModifyIndex: this.index };
    this.#allocs.set(allocation.id, { ...assigned, allocation });
    this.#wake();
  }

  remove(id: string): void {
    this.index += 1;
    this.#allocs.delete(id);
    this.#wake();
  }

  async clientAllocs(
    _server: string,
    _node: object,
    { minIndex, maxWaitMs }: { readonly minIndex: number; readonly maxWaitMs: number },
    { signal }: ServerCallOptions,
  ): Promise<{ readonly index: number; readonly allocs: Readonly<Record<string, number>> }> {
    this.#record(`list ${minIndex}`);
    if (minIndex > 0 && this.index <= minIndex) {
      const end = AbortSignal.any([signal, this.#changed.signal]);
      await sleep(this.#clock, maxWaitMs, { signal: end }).catch(() => undefined);
      signal.throwIfAborted();
    }
    const allocs = [...this.#allocs.values()].map(({ allocation }) => [allocation.id, allocation.allocModifyIndex]);
    return { index: this.index, allocs: Object.fromEntries(allocs) as Record<string, number> };
  }

  async allocations(
    _server: string,
    _node: object,
    { ids, minIndex }: { readonly ids: readonly string[]; readonly minIndex: number },
  ): Promise<readonly ClientAllocation[]> {
    this.#record(`pull ${ids.length} ${minIndex}`);
    return ids
      .filter((id) => !this.hidden.has(id))
      .map((id) => this.#allocs.get(id))
      .filter((assigned) => assigned !== undefined);
  }

  async signIdentities(
    _server: string,
    _node: object,
    { names }: { readonly names: readonly Omit<SignedIdentity, 'token'>[] },
  ): Promise<readonly SignedIdentity[]> {
    this.#record(`sign ${names.map(({ task, identity }) => `${task}/${identity}`).join(' ')}`);
    this.#signed += 1;
    return names.map((name) => ({ ...name, token: `renewed-${this.#signed}` }));
  }

  async updateAllocs(_server: string, _node: object, reports: readonly AllocReport[]): Promise<void> {
    this.#record(`report ${reports.map(({ clientStatus }) => clientStatus).join(' ')}`);
    this.reports.push(...reports);
  }

  #wake(): void {
    const changed = this.#changed;
    this.#changed = new AbortController();
    changed.abort();
  }

  #record(what: string): void {
    const call = `${what}@${Math.round(this.#clock.monotonic())}`;
    this.calls.push(call);
    this.onCall(what);
  }
}
