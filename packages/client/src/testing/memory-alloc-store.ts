import type { AllocRecord, AllocStore } from '../allocs/alloc-record.js';

/** Records in memory, as a disk would hold them: copies. */
export class MemoryAllocStore implements AllocStore {
  readonly records = new Map<string, AllocRecord>();

  load(): Promise<readonly AllocRecord[]> {
    return Promise.resolve([...this.records.values()].map(copy));
  }

  async save(record: AllocRecord): Promise<void> {
    this.records.set(record.allocation.id, copy(record));
  }

  async remove(allocId: string): Promise<void> {
    this.records.delete(allocId);
  }
}

const copy = (record: AllocRecord): AllocRecord => JSON.parse(JSON.stringify(record)) as AllocRecord;
