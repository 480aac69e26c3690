import type { SnapshotStore } from './snapshot-store.js';

/** Keeps the snapshot in memory, for agents in a simulation: it outlives the agent that wrote it. */
export class MemorySnapshotStore implements SnapshotStore {
  text: string | undefined;
  /** How often the text was written anew. */
  compactions = 0;

  constructor(text?: string) {
    this.text = text;
  }

  async read(): Promise<string | undefined> {
    return this.text;
  }

  async append(text: string): Promise<void> {
    this.text = (this.text ?? '') + text;
  }

  async replace(text: string): Promise<void> {
    this.text = text;
    this.compactions += 1;
  }

  async close(): Promise<void> {
    // Nothing to release.
  }
}
