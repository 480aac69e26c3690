import { expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import fc from 'fast-check';
import { MemberTable } from './member-table.js';
import { memberOf } from './testing/member-of.js';

type Step = readonly ['join' | 'leave' | 'left elsewhere', number] | readonly ['node joined' | 'node left', 0];

const time = fc.integer({ min: 0, max: 20 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constantFrom('join' as const, 'leave' as const, 'left elsewhere' as const), time),
  fc.tuple(fc.constantFrom('node joined' as const, 'node left' as const), fc.constant(0 as const)),
);

const newTable = (): MemberTable =>
  new MemberTable({ recentIntentMs: 1000, tombstoneMs: 1000 }, { clock: new SimClock() });

function apply(table: MemberTable, [what, lTime]: Step): boolean {
  switch (what) {
    case 'join':
      return table.joinIntent('m', lTime).isNew;
    case 'leave':
      return table.leaveIntent('m', lTime).isNew;
    case 'left elsewhere':
      return table.leftElsewhere('m', lTime).isNew;
    case 'node joined':
      table.nodeJoined(memberOf('m'));
      return false;
    case 'node left':
      table.nodeLeft('m');
      return false;
  }
}

test('a status time never decreases, and status agrees with what the failure detector sees', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const table = newTable();
      let last = 0;
      for (const next of steps) {
        apply(table, next);
        const record = table.get('m');
        if (record === undefined) continue;
        expect(record.statusTime).toBeGreaterThanOrEqual(last);
        last = record.statusTime;
        const { status } = record.member;
        expect(record.present ? ['alive', 'leaving'] : ['failed', 'left']).toContain(status);
      }
    }),
    { numRuns: 1000 },
  );
});

test('an intent is passed on at most once, so that no two members pass it to and fro', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const table = newTable();
      for (const next of steps) {
        apply(table, next);
        expect(apply(table, next)).toBe(false);
      }
    }),
    { numRuns: 1000 },
  );
});

test('members that saw the same node and the same intents of different times agree, in whatever order these came', () => {
  const intents = fc.uniqueArray(
    fc.tuple(fc.constantFrom('join' as const, 'leave' as const), fc.integer({ min: 1, max: 20 })),
    { selector: ([, lTime]) => lTime, minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(intents, fc.infiniteStream(fc.nat()), (steps, order) => {
      const [straight, shuffled] = [newTable(), newTable()];
      straight.nodeJoined(memberOf('m'));
      shuffled.nodeJoined(memberOf('m'));
      const left = [...steps];
      for (const next of steps) apply(straight, next);
      while (left.length > 0) {
        const [next] = left.splice((order.next().value as number) % left.length, 1);
        apply(shuffled, next as Step);
      }
      expect(shuffled.get('m')).toMatchObject({
        statusTime: straight.get('m')?.statusTime,
        member: { status: straight.get('m')?.member.status },
      });
    }),
    { numRuns: 1000 },
  );
});
