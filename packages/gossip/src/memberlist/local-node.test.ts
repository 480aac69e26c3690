import { describe, expect, test } from '@jest/globals';
import { aliveMessage, fakeMembership } from '../testing/fake-membership.js';
import { MAX_INCARNATION } from './local-node.js';
import { NOMAD_VERSIONS } from './options.js';

const OWN_ADDRESS = Uint8Array.of(10, 0, 0, 1);
const aliveMe = (incarnation: number, change = {}) =>
  aliveMessage({ node: 'me', address: OWN_ADDRESS, incarnation, ...change });
const suspectMe = (incarnation: number) => ({ type: 'suspect', node: 'me', incarnation, from: 'a' }) as const;
const deadMe = (incarnation: number) => ({ type: 'dead', node: 'me', incarnation, from: 'a' }) as const;

describe('a claim about us', () => {
  test.each([
    ['suspect', 1, 2],
    ['dead', 1, 2],
    ['dead', 40, 41],
    ['suspect', 7, 8],
  ] as const)('%s with incarnation %p is refuted with %p, and costs health', (type, claimed, own) => {
    const { announced, awareness, local, states } = fakeMembership();
    if (type === 'suspect') states.suspect(suspectMe(claimed));
    else states.dead(deadMe(claimed));
    expect(local.node).toMatchObject({ state: 'alive', incarnation: own });
    expect(announced).toEqual([aliveMe(own)]);
    expect(awareness.score).toBe(1);
  });

  test.each([
    ['alive with a newer incarnation', aliveMe(3), 4],
    ['alive with other metadata', aliveMe(1, { meta: Uint8Array.of(1) }), 2],
    ['alive with other versions', aliveMe(1, { versions: { ...NOMAD_VERSIONS, delegateCurrent: 5 } }), 2],
  ])('%s is refuted', (_, message, own) => {
    const { local, states } = fakeMembership();
    states.alive(message);
    expect(local.node.incarnation).toBe(own);
  });

  test('that is true or old is ignored', () => {
    const { announced, local, states } = fakeMembership();
    states.alive(aliveMe(1));
    states.suspect(suspectMe(1));
    announced.length = 0;
    states.alive(aliveMe(1, { meta: Uint8Array.of(1) }));
    states.alive(aliveMe(2));
    states.suspect(suspectMe(1));
    states.dead(deadMe(0));
    expect(local.node.incarnation).toBe(2);
    expect(announced).toEqual([]);
  });

  test('from another address is a conflict, not a reason to refute', () => {
    const { local, states, told } = fakeMembership();
    states.alive(aliveMe(9, { address: Uint8Array.of(10, 0, 0, 2) }));
    expect(told).toEqual(['conflict me 10.0.0.2:7946']);
    expect(local.node.incarnation).toBe(1);
  });

  test('repeated in a storm costs one refutation per gossip interval, above the highest claim', async () => {
    const { announced, awareness, clock, local, states } = fakeMembership();
    for (let incarnation = 1; incarnation <= 500; incarnation += 1) states.suspect(suspectMe(incarnation));
    expect(local.node.incarnation).toBe(2);
    await clock.advance(200);
    expect(local.node.incarnation).toBe(501);
    await clock.advance(10_000);
    expect(announced).toHaveLength(2);
    expect(awareness.score).toBe(2);
  });

  test('with the last incarnation there is cannot be refuted: we go on, and raise an alarm', () => {
    const { local, logger, states } = fakeMembership();
    states.dead(deadMe(MAX_INCARNATION));
    expect(local.node).toMatchObject({ state: 'alive', incarnation: MAX_INCARNATION });
    expect(logger.messages('error').join()).toMatch('cannot be refuted');
  });
});

describe('leaving', () => {
  test('tells it under the current incarnation, and lets no claim bring us back', () => {
    const { announced, local, states, told } = fakeMembership();
    let done = 0;
    local.leave(() => (done += 1));
    expect(announced).toEqual([{ type: 'dead', node: 'me', from: 'me', incarnation: 1 }]);
    expect(told).toEqual(['leave me 1']);
    states.alive(aliveMe(5));
    states.suspect(suspectMe(5));
    states.dead(deadMe(5));
    expect(local.node).toMatchObject({ state: 'left', incarnation: 1 });
    local.leave(() => (done += 1));
    expect(announced).toHaveLength(1);
    expect(done).toBe(2);
  });
});

test('new metadata is announced under the next incarnation', () => {
  const { announced, local, told } = fakeMembership();
  local.updateMeta(Uint8Array.of(3), () => undefined);
  expect(announced).toEqual([aliveMe(2, { meta: Uint8Array.of(3) })]);
  expect(told).toEqual(['update me 2']);
});
