import { describe, expect, test } from '@jest/globals';
import type { Evaluation } from '@steppe/domain';
import { SeededRandom, SimClock } from '@steppe/testing';
import { EvalBroker } from '../broker/eval-broker.js';
import { evaluationOf } from '../testing/evaluation-of.js';
import { BlockedEvals } from './blocked-evals.js';

function setUp() {
  const clock = new SimClock();
  const enqueued: string[] = [];
  const tokens: string[] = [];
  const blocked = new BlockedEvals({
    clock,
    enqueue: ({ id }, token) => {
      enqueued.push(id);
      tokens.push(token);
    },
  });
  blocked.setEnabled(true);
  return { clock, blocked, enqueued, tokens };
}
const blockedOf = (id: string, changes: Partial<Evaluation> = {}): Evaluation =>
  evaluationOf(id, { status: 'blocked', snapshotIndex: 900, ...changes });

describe('BlockedEvals', () => {
  test('row 64: a disabled tracker keeps nothing', () => {
    const { blocked } = setUp();
    blocked.setEnabled(false);
    blocked.block(blockedOf('a'));
    expect(blocked.stats()).toEqual({ blocked: 0, escaped: 0, quotaLimit: 0 });
  });

  test('row 65, 66: of a job the newest is kept, whichever came first, and the others are duplicates', () => {
    const { blocked } = setUp();
    blocked.block(blockedOf('old', { createIndex: 5, snapshotIndex: 5 }));
    blocked.block(blockedOf('new', { createIndex: 9, snapshotIndex: 9 }));
    expect(blocked.stats().blocked).toBe(1);
    blocked.block(blockedOf('older', { createIndex: 4, snapshotIndex: 4 }));
    blocked.block(blockedOf('elsewhere', { namespace: 'other' }));
    expect(blocked.stats().blocked).toBe(2);
    expect(blocked.takeDuplicates(10).map(({ id }) => id)).toEqual(['old', 'older']);
    expect(blocked.takeDuplicates(10)).toEqual([]);
  });

  test('one that is blocked again stays one', () => {
    const { blocked } = setUp();
    blocked.block(blockedOf('a'));
    blocked.block(blockedOf('a', { classEligibility: { v: true } }));
    expect(blocked.stats().blocked).toBe(1);
    expect(blocked.takeDuplicates(10)).toEqual([]);
  });

  test('row 67: one about single nodes goes on with any class, with the token it was blocked with', () => {
    const { blocked, enqueued, tokens } = setUp();
    blocked.block(blockedOf('a', { escapedComputedClass: true }), 'token');
    expect(blocked.stats()).toEqual({ blocked: 1, escaped: 1, quotaLimit: 0 });
    blocked.unblockClass('v1:x', 1_000);
    expect([enqueued, tokens]).toEqual([['a'], ['token']]);
    expect(blocked.stats()).toEqual({ blocked: 0, escaped: 0, quotaLimit: 0 });
  });

  test.each([
    ['row 68: a class that would do', { 'v1:a': true }, ['a']],
    ['row 68: a class that would not', { 'v1:a': false }, []],
    ['row 69: a class never seen', {}, ['a']],
  ])('%s', (_, classEligibility, expected) => {
    const { blocked, enqueued } = setUp();
    blocked.block(blockedOf('a', { classEligibility }));
    blocked.unblockClass('v1:a', 1_000);
    expect(enqueued).toEqual(expected);
  });

  test('row 70: one that met a quota goes on with that quota', () => {
    const { blocked, enqueued } = setUp();
    blocked.block(blockedOf('q', { quotaLimitReached: 'Q' }));
    blocked.block(blockedOf('none', { jobId: 'other' }));
    blocked.block(blockedOf('escaped', { jobId: 'third', escapedComputedClass: true }));
    blocked.unblockQuota('P', 1_000);
    expect(enqueued).toEqual(['none']);
    blocked.unblockQuota('Q', 1_001);
    expect(enqueued).toEqual(['none', 'q']);
  });

  test.each<[string, Partial<Evaluation>, boolean]>([
    ['a class that would do', { classEligibility: { 'v1:a': true } }, true],
    ['a class not seen', { classEligibility: { 'v1:b': true } }, true],
    [
      'any class, as it is about single nodes',
      { escapedComputedClass: true, classEligibility: { 'v1:a': false } },
      true,
    ],
    ['a class that would not do', { classEligibility: { 'v1:a': false } }, false],
    [
      'a class that would do, seen later than that',
      { classEligibility: { 'v1:a': true }, snapshotIndex: 1_000 },
      false,
    ],
    ['another quota', { quotaLimitReached: 'Q', classEligibility: { 'v1:a': true } }, false],
  ])('row 71, 72: room that came while it was scheduled: %s', (_, changes, goesOn) => {
    const { blocked, enqueued } = setUp();
    blocked.unblockClass('v1:a', 1_000);
    blocked.block(blockedOf('e', changes));
    expect(enqueued).toEqual(goesOn ? ['e'] : []);
    expect(blocked.stats().blocked).toBe(goesOn ? 0 : 1);
  });

  test('a quota or a resource that came while it was scheduled', () => {
    const { blocked, enqueued } = setUp();
    blocked.unblockQuota('Q', 1_000);
    blocked.unblockResource('csi-volume:default:data', 1_000);
    blocked.block(blockedOf('quota', { quotaLimitReached: 'Q' }));
    blocked.block(blockedOf('volume', { jobId: 'b', missingNonNodeResources: ['csi-volume:default:data'] }));
    blocked.block(blockedOf('neither', { jobId: 'c', missingNonNodeResources: ['csi-volume:default:more'] }));
    expect(enqueued).toEqual(['quota', 'volume']);
  });

  test('what became free long ago is forgotten', async () => {
    const { blocked, clock, enqueued } = setUp();
    blocked.unblockClass('v1:a', 1_000);
    await clock.advance(25 * 60_000);
    blocked.block(blockedOf('e'));
    expect(enqueued).toEqual([]);
  });

  test('row 73: one that only met conflicts is tried again', () => {
    const { blocked, enqueued } = setUp();
    blocked.block(blockedOf('conflicts', { triggeredBy: 'max-plan-attempts' }));
    blocked.block(blockedOf('full', { jobId: 'other', triggeredBy: 'queued-allocs' }));
    blocked.unblockFailed();
    expect(enqueued).toEqual(['conflicts']);
  });

  test('row 74: a job that needs no more room is forgotten', () => {
    const { blocked, enqueued } = setUp();
    blocked.block(blockedOf('a'));
    expect(blocked.untrack('default', 'web').map(({ id }) => id)).toEqual(['a']);
    blocked.unblockClass('v1:a', 1_000);
    expect(enqueued).toEqual([]);
  });

  test('row 75: a system job is kept for each node, and goes on with that node', () => {
    const { blocked, enqueued } = setUp();
    const system = { type: 'system', classEligibility: { 'v1:a': false } };
    blocked.block(blockedOf('n1', { ...system, nodeId: 'node-1' }));
    blocked.block(blockedOf('n2', { ...system, nodeId: 'node-2' }));
    expect(blocked.takeDuplicates(10)).toEqual([]);
    blocked.unblockNode('node-1');
    expect(enqueued).toEqual(['n1']);
    expect(blocked.stats().blocked).toBe(1);
  });

  test('row 76: one that lacks a volume goes on with that volume', () => {
    const { blocked, enqueued } = setUp();
    blocked.block(blockedOf('a', { escapedComputedClass: true, missingNonNodeResources: ['csi-volume:default:data'] }));
    blocked.unblockResource('csi-volume:default:more', 1_000);
    expect(enqueued).toEqual([]);
    blocked.unblockResource('csi-volume:default:data', 1_000);
    expect(enqueued).toEqual(['a']);
  });

  test('row 77: disabling forgets everything, what became free included', () => {
    const { blocked, clock, enqueued } = setUp();
    blocked.unblockClass('v1:a', 1_000);
    blocked.block(blockedOf('a', { snapshotIndex: 2_000 }));
    blocked.block(blockedOf('e', { jobId: 'e', snapshotIndex: 2_000, escapedComputedClass: true }));
    blocked.block(blockedOf('q', { jobId: 'q', snapshotIndex: 2_000, quotaLimitReached: 'Q' }));
    expect(blocked.stats()).toEqual({ blocked: 3, escaped: 1, quotaLimit: 1 });
    blocked.setEnabled(false);
    expect(blocked.stats()).toEqual({ blocked: 0, escaped: 0, quotaLimit: 0 });
    expect(clock.pending).toBe(0);
    blocked.setEnabled(true);
    blocked.block(blockedOf('b'));
    expect(enqueued).toEqual([]);
  });

  /** Ten thousand evaluations, and 144 callers that free room, all at the same time. @returns longest call, milliseconds */
  const unblockAll = async (): Promise<number> => {
    const clock = new SimClock();
    const broker = new EvalBroker({}, { clock, random: new SeededRandom(1) });
    broker.setEnabled(true);
    const blocked = new BlockedEvals({ clock, enqueue: (evaluation, token) => broker.enqueue(evaluation, token) });
    blocked.setEnabled(true);
    for (let i = 0; i < 10_000; i += 1) {
      blocked.block(blockedOf(`e${i}`, { jobId: `j${i}`, escapedComputedClass: true }));
    }
    let slowestMs = 0;
    const caller = async (number: number): Promise<void> => {
      for (let call = 0; call < 10; call += 1) {
        const begun = performance.now();
        blocked.unblockClass(`v1:${number}-${call}`, 1_000 + call);
        slowestMs = Math.max(slowestMs, performance.now() - begun);
        await new Promise(setImmediate);
      }
    };
    await Promise.all(Array.from({ length: 144 }, (_, number) => caller(number)));
    expect(broker.stats().ready).toBe(10_000);
    expect(blocked.stats()).toEqual({ blocked: 0, escaped: 0, quotaLimit: 0 });
    return slowestMs;
  };

  test('row 78: ten thousand go on while 144 callers go on freeing room, and none of these is held up', async () => {
    // The machine may be busy with something else meanwhile, but not each time.
    const slowestMs = [await unblockAll(), await unblockAll(), await unblockAll()];
    expect(Math.min(...slowestMs)).toBeLessThan(100);
  });
});
