import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aliveMessage, fakeMembership } from '../testing/fake-membership.js';
import { decodePacketMessage, encodeNews } from '../wire/memberlist-codec.js';
import type { News } from '../wire/memberlist-message.js';

const RECLAIM_MS = 1_000;

const incarnation = fc.integer({ min: 1, max: 3 });
const from = fc.constantFrom('a', 'b', 'c', 'x');
const node = fc.constantFrom('x', 'x', 'me');
const news = fc.oneof(
  fc
    .record({ node, incarnation, last: fc.constantFrom(9, 9, 9, 77), port: fc.constantFrom(7946, 7946, 0) })
    .map(({ last, ...change }): News => aliveMessage({ ...change, address: Uint8Array.of(10, 0, 0, last) })),
  fc.record({ type: fc.constant('suspect' as const), node, incarnation, from }),
  fc.record({ type: fc.constant('dead' as const), node, incarnation, from }),
);
const step = fc.oneof(
  { weight: 24, arbitrary: news },
  { weight: 1, arbitrary: fc.constant('time passes' as const) },
  { weight: 1, arbitrary: fc.constant('the gone are forgotten' as const) },
);

/** As it comes from the wire: with a serial, the same for the same news. */
const asRead = (message: News): News => decodePacketMessage(encodeNews(message)) as News;

test('who leaves out old news knows and tells the same as who handles everything', async () => {
  let left = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }), async (steps) => {
      const picky = fakeMembership({ options: { deadNodeReclaimMs: RECLAIM_MS } });
      const patient = fakeMembership({ options: { deadNodeReclaimMs: RECLAIM_MS } });
      for (const one of steps) {
        for (const membership of [picky, patient]) {
          const { states, table, clock } = membership;
          if (one === 'time passes') await clock.advance(RECLAIM_MS);
          else if (one === 'the gone are forgotten') table.remove(({ state }) => state === 'dead' || state === 'left');
          else if (membership === picky && states.isOldNews(asRead(one))) left += 1;
          else states.hear(asRead(one));
        }
        expect(picky.table.nodes()).toEqual(patient.table.nodes());
        expect(picky.announced).toEqual(patient.announced);
        expect(picky.told).toEqual(patient.told);
      }
    }),
    { numRuns: 150 },
  );
  // Or nothing was tried out.
  expect(left).toBeGreaterThan(500);
});
