import type { Clock, Logger } from '@steppe/runtime';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';
import type { EtcdState } from '../engine/etcd/create-etcd-state.js';
import { createEtcdState } from '../engine/etcd/create-etcd-state.js';
import { EngineStateStore } from '../store/state-store.js';
import type { Indexed } from '../store/state-store.js';
import { defineTable } from '../table/table.js';

export const NOTES = defineTable<{ id: string; text: string; createIndex: number; modifyIndex: number }>({
  name: 'notes',
  key: ({ id }) => id,
});

export interface NoteServerOptions {
  readonly prefix: string;
  /** Of etcd. */
  readonly addresses: readonly string[];
  readonly leaseSeconds: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** One of the servers of a region, as far as its state goes; it keeps notes. */
export class NoteServer {
  readonly id: string;
  readonly changes: boolean[] = [];
  readonly store: EngineStateStore;
  readonly leadership: EtcdState['leadership'];

  constructor(id: string, { clock = new SystemClock(), logger = silentLogger, ...options }: NoteServerOptions) {
    this.id = id;
    const deps = { clock, logger, metrics: noMetrics, random: new SystemRandom() };
    const { engine, leadership } = createEtcdState(
      { ...options, serverId: id, rpcAddress: () => `${id}:4647`, attemptTimeoutMs: 500 },
      deps,
    );
    this.leadership = leadership;
    leadership.onDidChange((leads) => void this.changes.push(leads));
    this.store = new EngineStateStore({ tables: [NOTES] }, { engine, leadership, ...deps });
  }

  async start(): Promise<this> {
    await this.store.start();
    await this.leadership.start();
    return this;
  }

  async stop(): Promise<void> {
    await this.leadership.stop();
    await this.store.stop();
  }

  note(id: string, text = ''): Promise<Indexed<void>> {
    return this.store.transact((tx) => tx.put(NOTES, { id, text }));
  }

  /** The text of a note, empty for none, as this server has it. */
  textOf(id: string): string {
    return this.store.snapshot().get(NOTES, id)?.text ?? '';
  }
}

export const leaderOf = <Server extends NoteServer>(servers: readonly Server[]): Server | undefined =>
  servers.find(({ leadership }) => leadership.isLeader);

/** Resolves as soon as `condition` holds, however long that takes; the test's own limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
