import { describe, expect, test } from '@jest/globals';
import type { RegisterAction, RegisterOperation } from './check-register.js';
import { isLinearizable } from './check-register.js';
import { RegisterHistory } from './register-history.js';
import { SeededRandom } from '@steppe/runtime/simulation';

type Operation = RegisterOperation<number>;
const op = (calledAt: number, returnedAt: number | undefined, action: RegisterAction<number>): Operation => ({
  action,
  calledAt,
  returnedAt,
});
const read = (calledAt: number, returnedAt: number | undefined, value: number) =>
  op(calledAt, returnedAt, { kind: 'read', value });
const write = (calledAt: number, returnedAt: number | undefined, value: number) =>
  op(calledAt, returnedAt, { kind: 'write', value });
const cas = (calledAt: number, returnedAt: number | undefined, expected: number, value: number, succeeded = true) =>
  op(calledAt, returnedAt, { kind: 'cas', expected, value, succeeded });

/** The definition, word for word: some order that time allows and that explains every answer. */
function byDefinition(left: readonly Operation[], value: number): boolean {
  const known = left.filter(({ returnedAt }) => returnedAt !== undefined);
  // What is unknown need not have happened.
  if (known.length === 0) return true;
  const firstReturn = Math.min(...known.map(({ returnedAt }) => returnedAt as number));
  return left.some((next) => {
    if (next.calledAt > firstReturn) return false;
    const rest = left.filter((other) => other !== next);
    const { action, returnedAt } = next;
    if (action.kind === 'write') return byDefinition(rest, action.value);
    if (action.kind === 'read')
      return (returnedAt === undefined || action.value === value) && byDefinition(rest, value);
    if (returnedAt !== undefined && action.succeeded !== (action.expected === value)) return false;
    return byDefinition(rest, action.expected === value ? action.value : value);
  });
}

/** A history in which each operation takes effect at one moment of its interval: linearizable by its making. */
function honestHistory(random: SeededRandom, length: number, unknownOf = 8): Operation[] {
  let held = 0;
  const pick = (below: number): number => Math.floor(random.next() * below);
  return Array.from({ length }, (_, i): Operation => {
    const at = 10 * i;
    const [calledAt, returnedAt] = [at - pick(60), pick(unknownOf) === 0 ? undefined : at + pick(60)];
    switch (pick(3)) {
      case 0:
        return read(calledAt, returnedAt, held);
      case 1:
        held = pick(5);
        return write(calledAt, returnedAt, held);
      default: {
        const [expected, value] = [pick(5), pick(5)];
        const succeeded = held === expected;
        if (succeeded) held = value;
        return cas(calledAt, returnedAt, expected, value, succeeded);
      }
    }
  });
}

describe('a history is linearizable', () => {
  test.each<[string, Operation[]]>([
    ['that is empty', []],
    ['of one read of the beginning', [read(0, 1, 0)]],
    ['of one client after another', [write(0, 1, 1), read(2, 3, 1), cas(4, 5, 1, 2), read(6, 7, 2)]],
    ['when a read overlaps a write, and sees the old value', [write(0, 10, 1), read(1, 2, 0)]],
    ['when a read overlaps a write, and sees the new value', [write(0, 10, 1), read(1, 2, 1)]],
    ['when two writes overlap and reads agree on an order', [write(0, 9, 1), write(0, 9, 2), read(10, 11, 1)]],
    ['when a write of unknown outcome is seen later', [write(0, undefined, 1), read(5, 6, 0), read(7, 8, 1)]],
    ['when a write of unknown outcome is never seen', [write(0, undefined, 1), read(5, 6, 0), read(7, 8, 0)]],
    ['when a compare-and-set of unknown outcome is seen', [cas(0, undefined, 0, 1), read(5, 6, 1)]],
    ['when one that cannot have succeeded is not', [write(0, 1, 3), cas(2, undefined, 0, 1), read(5, 6, 3)]],
    [
      'when a refused compare-and-set comes after the change',
      [write(0, 9, 1), cas(1, 2, 0, 5, false), read(10, 11, 1)],
    ],
  ])('%s', (_, history) => {
    expect(isLinearizable(history, 0)).toBe(true);
  });
});

describe('a history is not linearizable', () => {
  test.each<[string, Operation[]]>([
    ['with a read of what nobody wrote', [write(0, 1, 1), read(2, 3, 7)]],
    ['with a stale read after an acknowledged write', [write(0, 1, 1), read(2, 3, 0)]],
    ['with an acknowledged write lost', [write(0, 1, 1), write(2, 3, 2), read(4, 5, 1)]],
    ['with reads that go back', [write(0, 20, 1), read(1, 2, 1), read(3, 4, 0)]],
    ['with two winners of one compare-and-set', [cas(0, 10, 0, 1), cas(0, 10, 0, 2)]],
    ['with a refusal of what must have succeeded', [cas(0, 1, 0, 1, false)]],
    ['with a success that cannot have been', [write(0, 1, 1), cas(2, 3, 0, 2)]],
    ['when an unknown write is seen, and then not', [write(0, undefined, 1), read(5, 6, 1), read(7, 8, 0)]],
    ['when an unknown write is seen before its call', [read(0, 1, 1), write(2, undefined, 1)]],
    [
      'when readers disagree on the order of two writes',
      [write(0, 1, 1), write(0, 1, 2), read(2, 3, 1), read(4, 5, 2)],
    ],
  ])('%s', (_, history) => {
    expect(isLinearizable(history, 0)).toBe(false);
  });
});

test('what it says is the definition, on a thousand short histories, of which some are broken', () => {
  const random = new SeededRandom(7);
  const verdicts = { true: 0, false: 0 };
  for (let round = 0; round < 1_000; round += 1) {
    const history = honestHistory(random, 6);
    if (round % 2 === 1) {
      const i = Math.floor(random.next() * history.length);
      history[i] = read(history[i]?.calledAt ?? 0, (history[i]?.calledAt ?? 0) + 5, Math.floor(random.next() * 5));
    }
    const verdict = isLinearizable(history, 0);
    expect([verdict, history]).toEqual([byDefinition(history, 0), history]);
    if (round % 2 === 0) expect(verdict).toBe(true);
    verdicts[`${verdict}`] += 1;
  }
  expect(verdicts.false).toBeGreaterThan(100);
});

test('a long history is judged, and one stale read at its end is found', () => {
  const history = honestHistory(new SeededRandom(11), 600, Infinity);
  expect(isLinearizable(history, 0)).toBe(true);
  const end = 10 * 600 + 100;
  history.push(write(end, end + 1, 77), write(end + 2, end + 3, 78), read(end + 4, end + 5, 77));
  expect(isLinearizable(history, 0)).toBe(false);
});

test('hundreds of unknown writes that nobody has seen cost nothing', () => {
  const writes = Array.from({ length: 300 }, (_, i) => write(10 * i, i % 2 === 0 ? undefined : 10 * i + 5, i));
  expect(isLinearizable([...writes, read(4_000, 4_001, 299)], 0)).toBe(true);
  expect(isLinearizable([...writes, read(4_000, 4_001, 297)], 0)).toBe(false);
  expect(isLinearizable([...writes, read(4_000, 4_001, 298), read(4_002, 4_003, 299)], 0)).toBe(false);
});

describe('a recorded history', () => {
  const failing = (message: string) => () => Promise.reject(new Error(message));
  const record = () =>
    new RegisterHistory<number>(0, (error) => ((error as Error).message === 'refused' ? 'nothing' : 'unknown'));

  test('leaves out reads that failed and writes that did nothing, and keeps those of unknown outcome', async () => {
    const history = record();
    await history.write('k', 1, async () => undefined);
    await history.write('k', 2, failing('refused'));
    await history.write('k', 3, failing('lost'));
    await history.cas('k', 1, 4, failing('lost'));
    expect(await history.read('k', failing('lost'))).toBeUndefined();
    expect(await history.read('k', async () => 3)).toBe(3);
    expect(history.counts).toEqual({ known: 2, unknown: 2 });
    expect(history.violations()).toEqual([]);
  });

  test('tells the registers that are broken, each by itself', async () => {
    const history = record();
    await history.write('good', 1, async () => undefined);
    expect(await history.read('other', async () => 0)).toBe(0);
    await history.cas('bad', 0, 1, async () => true);
    await history.write('bad', 2, failing('refused'));
    expect(await history.read('bad', async () => 2)).toBe(2);
    expect(history.violations().map(({ key }) => key)).toEqual(['bad']);
  });
});
