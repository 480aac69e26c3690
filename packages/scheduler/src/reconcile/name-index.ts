import { allocationName } from '@steppe/domain';

/** The names of a group's allocations that are taken. */
export class NameIndex {
  readonly #jobId: string;
  readonly #group: string;
  readonly #taken: Set<string>;
  #next = 0;

  constructor(jobId: string, group: string, taken: Iterable<string>) {
    this.#jobId = jobId;
    this.#group = group;
    this.#taken = new Set(taken);
  }

  has(name: string): boolean {
    return this.#taken.has(name);
  }

  /** Takes a name. @returns whether it was free */
  take(name: string): boolean {
    if (this.#taken.has(name)) return false;
    this.#taken.add(name);
    return true;
  }

  /** Takes the free name with the lowest index. */
  takeLowest(): string {
    for (;;) {
      const name = allocationName(this.#jobId, this.#group, this.#next);
      this.#next += 1;
      if (this.take(name)) return name;
    }
  }
}
