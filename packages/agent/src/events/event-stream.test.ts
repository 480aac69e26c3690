import { describe, expect, test } from '@jest/globals';
import { EVALUATION_WIRE } from '@steppe/domain';
import type { Commit } from '@steppe/state';
import { EVALUATIONS } from '@steppe/state';
import { SimClock } from '@steppe/testing';
import { EventFilter } from './event-filter.js';
import { EventStream } from './event-stream.js';

const evaluationCommit = (index: number, namespace = 'default'): Commit => {
  const evaluation = { ...EVALUATION_WIRE.empty, id: `e${index}`, jobId: 'web', namespace, status: 'pending' };
  const value = EVALUATIONS.codec.encode(evaluation);
  return { index, mutations: [{ op: 'put', table: EVALUATIONS.name, key: evaluation.id, value, createIndex: 0 }] };
};

/** A log that can be written to and cut short, and a reader of it. */
class Fixture {
  readonly clock = new SimClock();
  readonly lines: string[] = [];
  readonly leaving = new AbortController();
  readonly commits: Commit[] = [];
  base = 0;
  isFull = false;
  drain: () => void = () => undefined;
  readable = new Set(['default', 'team']);
  readonly #listeners = new Set<(commit: Commit | undefined) => void>();
  readonly state = Object.defineProperties(
    {
      index: 0,
      commitsAfter: (index: number) =>
        index < this.base ? undefined : this.commits.filter((commit) => commit.index > index),
      onDidCommit: (listener: (commit: Commit | undefined) => void) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    },
    { index: { get: () => this.commits.at(-1)?.index ?? this.base } },
  );

  get listeners(): number {
    return this.#listeners.size;
  }

  async write(commit: Commit | undefined): Promise<void> {
    if (commit !== undefined) this.commits.push(commit);
    for (const listener of this.#listeners) listener(commit);
    await this.clock.advance(0);
  }

  run(topics: readonly string[] = [], { namespace = 'default', fromIndex = 0 } = {}): Promise<void> {
    const stream = new EventStream(
      { filter: new EventFilter(topics), namespace, fromIndex },
      { state: this.state, clock: this.clock, mayRead: async (name) => this.readable.has(name) },
    );
    const sink = {
      write: (bytes: Uint8Array) => {
        this.lines.push(Buffer.from(bytes).toString().trim());
        return !this.isFull;
      },
      onDrain: (callback: () => void) => {
        this.drain = callback;
      },
    };
    return stream.run(sink, { signal: this.leaving.signal });
  }

  /** Ids of what has been told; heartbeats are `''`. */
  get told(): readonly string[] {
    return this.lines.flatMap((line) => {
      const { Events = [{ Key: '' }] } = JSON.parse(line) as { Events?: readonly { Key: string }[] };
      return Events.map(({ Key }) => Key);
    });
  }
}

describe('an event stream', () => {
  test('tells what is written from now on, and beats while nothing is', async () => {
    const fixture = new Fixture();
    fixture.commits.push(evaluationCommit(5));
    const running = fixture.run(['Evaluation']);
    await fixture.write(evaluationCommit(6));
    expect(fixture.told).toEqual(['e6']);
    await fixture.clock.advance(9_000);
    await fixture.write(evaluationCommit(7));
    await fixture.clock.advance(9_000);
    expect(fixture.told).toEqual(['e6', 'e7']);
    await fixture.clock.advance(11_000);
    expect(fixture.told).toEqual(['e6', 'e7', '']);
    fixture.leaving.abort();
    await running;
    expect(fixture.listeners).toBe(0);
  });

  test('begins with the index that is asked for, as long as that is known', async () => {
    const fixture = new Fixture();
    fixture.base = 3;
    fixture.commits.push(evaluationCommit(4), evaluationCommit(5));
    const known = fixture.run(['Evaluation'], { fromIndex: 5 });
    await fixture.clock.advance(0);
    expect(fixture.told).toEqual(['e5']);
    const forgotten = fixture.run(['Evaluation'], { fromIndex: 2 });
    await fixture.clock.advance(0);
    expect(fixture.told).toEqual(['e5']);
    fixture.leaving.abort();
    await Promise.all([known, forgotten]);
  });

  test.each<[readonly string[], string, readonly string[]]>([
    [[], '*', ['e1', 'e2']],
    [['Evaluation:web'], 'default', ['e1']],
    [['Evaluation:e2'], '*', ['e2']],
    [['Evaluation:e2'], 'default', []],
    [['Job'], '*', []],
    [['*:web'], 'team', ['e2']],
  ])('for %j in %s tells %j', async (topics, namespace, told) => {
    const fixture = new Fixture();
    const running = fixture.run(topics, { namespace });
    await fixture.write(evaluationCommit(1));
    await fixture.write(evaluationCommit(2, 'team'));
    expect(fixture.told).toEqual(told);
    fixture.leaving.abort();
    await running;
  });

  test('tells nothing of a namespace that the caller may no longer read', async () => {
    const fixture = new Fixture();
    const running = fixture.run(['Evaluation'], { namespace: '*' });
    await fixture.write(evaluationCommit(1, 'team'));
    fixture.readable.delete('team');
    await fixture.write(evaluationCommit(2, 'team'));
    await fixture.write(evaluationCommit(3));
    expect(fixture.told).toEqual(['e1', 'e3']);
    fixture.leaving.abort();
    await running;
  });

  test('waits for a slow reader, and lets one go that has fallen behind the log', async () => {
    const fixture = new Fixture();
    fixture.isFull = true;
    const running = fixture.run(['Evaluation']);
    await fixture.write(evaluationCommit(1));
    await fixture.write(evaluationCommit(2));
    expect(fixture.told).toEqual(['e1']);
    fixture.isFull = false;
    fixture.drain();
    await fixture.clock.advance(0);
    expect(fixture.told).toEqual(['e1', 'e2']);
    fixture.isFull = true;
    await fixture.write(evaluationCommit(3));
    fixture.base = 9;
    fixture.commits.splice(0);
    fixture.drain();
    await running;
  });

  test('is at one line of a reader that takes nothing, and lets it go after a minute', async () => {
    const fixture = new Fixture();
    fixture.isFull = true;
    const running = fixture.run(['Evaluation']);
    const ended = expect(running).rejects.toMatchObject({ code: 'READER_STALLED' });
    for (let index = 1; index <= 100; index += 1) await fixture.write(evaluationCommit(index));
    await fixture.clock.advance(59_999);
    expect(fixture.told).toEqual(['e1']);
    expect(fixture.listeners).toBe(1);
    await fixture.clock.advance(1);
    await ended;
    expect(fixture.listeners).toBe(0);
    await fixture.clock.advance(600_000);
    expect(fixture.told).toEqual(['e1']);
  });

  test('gives a reader a minute for each line, heartbeats included', async () => {
    const fixture = new Fixture();
    fixture.isFull = true;
    const running = fixture.run(['Evaluation']);
    await fixture.write(evaluationCommit(1));
    for (let round = 1; round <= 3; round += 1) {
      await fixture.clock.advance(59_000);
      fixture.drain();
      await fixture.clock.advance(0);
    }
    expect(fixture.told).toEqual(['e1', '', '', '']);
    fixture.leaving.abort();
    await running;
    expect(fixture.listeners).toBe(0);
  });

  test('ends when everything is different', async () => {
    const fixture = new Fixture();
    const running = fixture.run();
    await fixture.write(undefined);
    await running;
    expect(fixture.listeners).toBe(0);
  });
});
