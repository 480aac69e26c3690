/** Where the text of a snapshot is kept. Calls come one at a time. */
export interface SnapshotStore {
  /** What is stored; `undefined` when nothing is yet. */
  read(): Promise<string | undefined>;
  append(text: string): Promise<void>;
  /** Puts `text` in place of everything, so that a crash leaves the old or the new. */
  replace(text: string): Promise<void>;
  /** Releases the file. */
  close(): Promise<void>;
}
