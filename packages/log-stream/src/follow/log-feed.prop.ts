import { expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import fc from 'fast-check';
import { feedOf, hubWith, messageOf, ringIn, temporaryFolder } from '../testing/feed-tools.js';
import type { FeedSetup } from '../testing/feed-tools.js';
import type { LogRing } from '../history/log-ring.js';
import type { FeedItem } from '../hub/record-queue.js';

/** So many reads of nothing in a row take seconds. */
const MAX_IDLE_READS = 500;

type Step =
  /** Log that many, in one go. */
  | { readonly do: 'log'; readonly count: number }
  /** The reader takes that many batches, if there are. */
  | { readonly do: 'read'; readonly count: number }
  /** The reader goes, and comes back for what it has not seen. */
  | { readonly do: 'reconnect' }
  /** The agent stops in order, and starts again. */
  | { readonly do: 'restart' }
  /** The agent is gone without a word, and starts again. */
  | { readonly do: 'crash' }
  | { readonly do: 'wait' };

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('log' as const), count: fc.integer({ min: 1, max: 40 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), count: fc.integer({ min: 1, max: 6 }) }) },
    { weight: 2, arbitrary: fc.constant<Step>({ do: 'reconnect' }) },
    { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'restart' }, { do: 'crash' }, { do: 'wait' }) },
  ),
  { maxLength: 30 },
);

/** One reader's whole life: it reads, stalls, leaves and resumes by number, over runs of the agent. */
class Reader {
  readonly items: FeedItem[] = [];
  readonly #wanted: 'all' | 'even';
  next: number;
  #leave = new AbortController();
  #batches: AsyncIterator<readonly FeedItem[]>;
  #pending: Promise<IteratorResult<readonly FeedItem[]>> | undefined;

  constructor(setup: FeedSetup, wanted: 'all' | 'even') {
    this.#wanted = wanted;
    this.next = setup.hub.nextSequence;
    this.#batches = this.#open(setup);
  }

  #open(setup: FeedSetup): AsyncIterator<readonly FeedItem[]> {
    const feed = feedOf(setup, {
      start: { kind: 'sequence', sequence: this.next },
      maxRecords: 16,
      ...(this.#wanted === 'even' ? { fields: [['even', 'true']] } : {}),
    });
    return feed.read({ signal: this.#leave.signal })[Symbol.asyncIterator]();
  }

  /** @returns whether there was something to read */
  async read(): Promise<boolean> {
    this.#pending ??= this.#batches.next();
    const idle = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 8));
    const next = await Promise.race([this.#pending, idle]);
    if (next === undefined || next.done === true) return false;
    this.#pending = undefined;
    for (const item of next.value) {
      this.items.push(item);
      this.next = (item.kind === 'gap' ? item.to : item.sequence) + 1;
    }
    return true;
  }

  async leave(): Promise<void> {
    this.#leave.abort();
    // What was on its way is never seen.
    await this.#pending;
    this.#pending = undefined;
  }

  resume(setup: FeedSetup): void {
    this.#leave = new AbortController();
    this.#batches = this.#open(setup);
  }
}

/** Every number of a line comes once and in order; every one that does not come is within a gap; gaps hold no line. */
function check(items: readonly FeedItem[], logged: ReadonlyMap<number, string>, first: number): void {
  let next = first;
  const covered = new Set<number>();
  for (const item of items) {
    const from = item.kind === 'gap' ? item.from : item.sequence;
    expect(from).toBeGreaterThanOrEqual(next);
    next = (item.kind === 'gap' ? item.to : item.sequence) + 1;
    if (item.kind === 'line') {
      expect(messageOf(item.line)).toBe(logged.get(item.sequence));
      covered.add(item.sequence);
    } else
      for (const sequence of logged.keys()) if (sequence >= item.from && sequence <= item.to) covered.add(sequence);
  }
  expect([...logged.keys()].filter((sequence) => !covered.has(sequence))).toEqual([]);
}

test.each([
  ['with a ring', true, 'all'],
  ['with a ring, filtered', true, 'even'],
  ['without one', false, 'all'],
] as const)(
  '%s: lines delivered and gaps reported are the lines logged, in order, whoever stalls, leaves and comes back',
  async (_, withRing, wanted) => {
    let gaps = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const folder = temporaryFolder();
        const clock = new SimClock();
        const rings: LogRing[] = [];
        const begin = (): FeedSetup => {
          const history = withRing ? ringIn(folder.path, clock) : undefined;
          if (history !== undefined) rings.push(history);
          return { clock, history, hub: hubWith(clock, history) };
        };
        let setup = begin();
        const logged = new Map<number, string>();
        const first = setup.hub.nextSequence;
        const reader = new Reader(setup, wanted);
        let n = 0;
        const log = (): void => {
          n += 1;
          const even = n % 2 === 0;
          if (even || wanted === 'all') logged.set(setup.hub.nextSequence, `${n}: even=${even}`);
          setup.hub.logger('').info(`${n}`, { even });
        };
        for (const step of script) {
          if (step.do === 'log') for (let i = 0; i < step.count; i += 1) log();
          else if (step.do === 'read') for (let i = 0; i < step.count && (await reader.read()); i += 1);
          else if (step.do === 'wait') await clock.advance(200);
          else {
            await reader.leave();
            if (step.do === 'restart') await rings.at(-1)?.close();
            if (step.do !== 'reconnect') {
              await clock.advance(5);
              setup = begin();
              // Somebody must log, or nobody knows that the numbers in between are gone.
              log();
            }
            reader.resume(setup);
          }
        }
        // One more that is wanted: with it everything has come.
        if (n % 2 === 0) log();
        log();
        for (let idle = 0; reader.next < setup.hub.nextSequence; ) {
          if (await reader.read()) continue;
          idle += 1;
          // Time went by in the middle of a read of the ring: it has paused, to let others have their turn.
          await clock.advance(0);
          // Rather a script that can be replayed than a test that takes too long.
          if (idle > MAX_IDLE_READS) throw new Error(`${reader.next} never comes, up to ${setup.hub.nextSequence}`);
        }
        await reader.leave();
        check(reader.items, logged, first);
        gaps += reader.items.filter(({ kind }) => kind === 'gap').length;
        for (const ring of rings) await ring.close();
        folder.remove();
      }),
      { numRuns: 25 },
    );
    // The scripts do what they are for.
    expect(gaps).toBeGreaterThan(0);
  },
  60_000,
);
