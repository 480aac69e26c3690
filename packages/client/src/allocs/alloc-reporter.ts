import { errorMessage } from '@steppe/domain';
import type { Clock, Logger, Random, Timer } from '@steppe/runtime';
import { createHash } from 'node:crypto';
import type { AllocReport } from '../servers/alloc-link.js';

export interface AllocReporterDeps {
  /** Rejects when the servers did not take them. */
  readonly send: (reports: readonly AllocReport[]) => Promise<void>;
  /** A server knows it now. */
  readonly onAcknowledged: (id: string) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A changed client status waits this long for company, milliseconds. */
const URGENT_MS = 200;
/** As everything else does. */
const CALM_MS = 5 * URGENT_MS;
const RETRY_MS = 5_000;
/** One call carries no more. */
const MAX_REPORTS = 256;

/**
 * Tells servers how allocations are doing: in batches, only what they do not know, and until they have taken it.
 * @see spec "Client side: status updates" of scheduling
 */
export class AllocReporter {
  readonly #deps: AllocReporterDeps;
  /** What is to be told, by id. */
  readonly #waiting = new Map<string, AllocReport>();
  /** Digest of what the servers know, by id. */
  readonly #acknowledged = new Map<string, string>();
  /** The client status told or waiting to be told, by id. */
  readonly #statuses = new Map<string, string>();
  #timer: { readonly dueMs: number; readonly timer: Timer } | undefined;
  #notBeforeMs = 0;
  #isOpen = false;
  #isSending = false;
  #isStopped = false;

  constructor(deps: AllocReporterDeps) {
    this.#deps = deps;
  }

  /** Whether the servers know how the allocation is doing. */
  isAcknowledged(report: AllocReport): boolean {
    return this.#acknowledged.get(report.id) === digestOf(report);
  }

  /** What is kept for {@link AllocReporter.restore}. */
  digest(id: string): string {
    return this.#acknowledged.get(id) ?? '';
  }

  /** What the servers knew before the agent was restarted. */
  restore(id: string, digest: string): void {
    if (digest !== '') this.#acknowledged.set(id, digest);
  }

  /** How an allocation is doing now. */
  update(report: AllocReport): void {
    const { id, clientStatus } = report;
    const isUrgent = this.#statuses.get(id) !== clientStatus;
    this.#statuses.set(id, clientStatus);
    if (digestOf(report) === this.#acknowledged.get(id)) this.#waiting.delete(id);
    else {
      this.#waiting.set(id, report);
      this.#arm(isUrgent ? URGENT_MS : CALM_MS);
    }
  }

  /** It is of no interest any more. */
  forget(id: string): void {
    this.#waiting.delete(id);
    this.#acknowledged.delete(id);
    this.#statuses.delete(id);
  }

  /** The servers know the node: from now on they may be told. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    if (this.#waiting.size > 0) this.#arm(0);
  }

  /** Tells them anew, known or not: the servers are waiting to hear of everything. */
  repeat(reports: readonly AllocReport[]): void {
    for (const report of reports) {
      this.#acknowledged.delete(report.id);
      this.update(report);
    }
    this.#notBeforeMs = 0;
    if (this.#waiting.size > 0) this.#arm(0);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.timer.cancel();
  }

  /** Sends in `ms` at the latest. */
  #arm(ms: number): void {
    if (!this.#isOpen || this.#isStopped || this.#isSending) return;
    const { clock } = this.#deps;
    const now = clock.monotonic();
    // Who did not take the last ones is left in peace for a while.
    const dueMs = Math.max(now + ms, this.#notBeforeMs);
    if (this.#timer !== undefined) {
      if (this.#timer.dueMs <= dueMs) return;
      this.#timer.timer.cancel();
    }
    const timer = clock.setTimer(dueMs - now, () => {
      this.#timer = undefined;
      void this.#send();
    });
    this.#timer = { dueMs, timer };
  }

  async #send(): Promise<void> {
    const { send, onAcknowledged, clock, logger, random } = this.#deps;
    const reports = [...this.#waiting.values()].slice(0, MAX_REPORTS);
    if (reports.length === 0) return;
    this.#isSending = true;
    try {
      await send(reports);
      for (const report of reports) {
        // Collected meanwhile, or told something newer.
        if (!this.#statuses.has(report.id)) continue;
        this.#acknowledged.set(report.id, digestOf(report));
        if (this.#waiting.get(report.id) === report) this.#waiting.delete(report.id);
        onAcknowledged(report.id);
      }
    } catch (error) {
      const retryMs = RETRY_MS + random.next() * RETRY_MS;
      this.#notBeforeMs = clock.monotonic() + retryMs;
      if (!this.#isStopped) {
        logger.warn('servers did not take the status of allocations', {
          error: errorMessage(error),
          retry_ms: Math.round(retryMs),
        });
      }
    }
    this.#isSending = false;
    if (this.#waiting.size > 0) this.#arm(URGENT_MS);
  }
}

const digestOf = (report: AllocReport): string =>
  createHash('sha256').update(JSON.stringify(report)).digest('base64').slice(0, 22);
