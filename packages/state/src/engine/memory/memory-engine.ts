import type { Mutation, StateImage } from '../../change/commit.js';
import { EMPTY_IMAGE } from '../../change/commit.js';
import { stateError } from '../../errors.js';
import { LogTail } from '../log-tail.js';
import type { EngineSink, StateEngine } from '../state-engine.js';

/** State that ends with the process: for tests, and for agents that keep nothing. */
export class MemoryEngine implements StateEngine {
  readonly kind = 'memory';
  readonly ageMs = 0;
  readonly limits = { mutations: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER };
  readonly #tail = new LogTail(EMPTY_IMAGE.index);
  #sink: EngineSink | undefined;
  #index = EMPTY_IMAGE.index;

  get isWritable(): boolean {
    return this.#sink !== undefined;
  }

  async open(sink: EngineSink): Promise<void> {
    this.#sink = sink;
    sink.reset({ ...EMPTY_IMAGE, index: this.#index });
  }

  async append(mutations: readonly Mutation[]): Promise<number> {
    const sink = this.#opened();
    const commit = { index: (this.#index += 1), mutations };
    this.#tail.add(commit);
    sink.commit(commit);
    return commit.index;
  }

  async replace(image: StateImage): Promise<number> {
    const sink = this.#opened();
    const index = (this.#index = Math.max(this.#index, image.index) + 1);
    this.#tail.reset(index);
    const tables = new Map([...image.tables].map(([name, table]) => [name, { ...table, index }]));
    sink.reset({ index, tables });
    return index;
  }

  async catchUp(): Promise<void> {
    // There is nobody to be behind of.
  }

  tail(index: number) {
    return this.#tail.after(index);
  }

  async close(): Promise<void> {
    this.#sink = undefined;
  }

  #opened(): EngineSink {
    if (this.#sink === undefined) throw stateError({ code: 'STATE_CLOSED' }, 'the state is not open');
    return this.#sink;
  }
}
