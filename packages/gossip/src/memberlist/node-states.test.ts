import { describe, expect, test } from '@jest/globals';
import { ADDRESS, aliveMessage, fakeMembership } from '../testing/fake-membership.js';
import type { AliveMessage, NodeState } from '../wire/memberlist-message.js';
import { NOMAD_VERSIONS } from './options.js';

const OTHER_ADDRESS = Uint8Array.of(10, 0, 0, 77);
const suspect = (incarnation: number, from = 'a') => ({ type: 'suspect', node: 'x', incarnation, from }) as const;
const dead = (incarnation: number, from = 'a') => ({ type: 'dead', node: 'x', incarnation, from }) as const;

const withoutVersions = Object.fromEntries(
  Object.entries(aliveMessage()).filter(([field]) => field !== 'versions'),
) as unknown as AliveMessage;

/** A membership that holds `x` in this state, with incarnation 5. */
function holding(state: NodeState, options: Parameters<typeof fakeMembership>[0] = {}) {
  const membership = fakeMembership(options);
  const { states, forget } = membership;
  states.alive(aliveMessage({ incarnation: 5 }));
  if (state === 'suspect') states.suspect(suspect(5));
  if (state === 'dead') states.dead(dead(5));
  if (state === 'left') states.dead(dead(5, 'x'));
  forget();
  const view = () => {
    const node = membership.table.get('x')?.node;
    return node && `${node.state} ${node.incarnation}`;
  };
  return { ...membership, view };
}

describe('alive', () => {
  test('of an unknown node enters it, spreads and tells', () => {
    const { announced, states, table, told } = fakeMembership();
    states.alive(aliveMessage());
    expect(table.get('x')?.node).toMatchObject({ name: 'x', host: '10.0.0.9', state: 'alive', incarnation: 1 });
    expect(announced).toEqual([aliveMessage()]);
    expect(told).toEqual(['join x 1']);
  });

  test.each([
    ['alive', 'alive 6', []],
    ['suspect', 'alive 6', []],
    ['dead', 'alive 6', ['join x 6']],
    ['left', 'alive 6', ['join x 6']],
  ] as const)('of a newer incarnation makes a node that is %s alive', (state, after, events) => {
    const { announced, states, told, view } = holding(state);
    states.alive(aliveMessage({ incarnation: 6 }));
    expect(view()).toBe(after);
    expect(told).toEqual(events);
    expect(announced).toHaveLength(1);
  });

  test.each(['alive', 'suspect', 'dead', 'left'] as const)(
    'of the same or an older incarnation is ignored (%s)',
    (state) => {
      const { announced, states, told, view } = holding(state);
      for (const incarnation of [5, 4, 1]) states.alive(aliveMessage({ incarnation, meta: Uint8Array.of(1) }));
      expect(view()).toBe(`${state} 5`);
      expect([announced, told]).toEqual([[], []]);
    },
  );

  test('with other metadata is an update, with the same one is not', () => {
    const { states, told, table } = holding('alive');
    states.alive(aliveMessage({ incarnation: 6, meta: Uint8Array.of(7) }));
    states.alive(aliveMessage({ incarnation: 7, meta: Uint8Array.of(7) }));
    expect(told).toEqual(['update x 6']);
    expect(table.get('x')?.node.meta).toEqual(Uint8Array.of(7));
  });

  test('ends a running suspicion, whose timer kills nobody any more', async () => {
    const { clock, states, view } = holding('suspect');
    states.alive(aliveMessage({ incarnation: 6 }));
    await clock.advance(120_000);
    expect(view()).toBe('alive 6');
  });

  test('keeps since when a node is alive, as long as it is', async () => {
    const { clock, states, table } = holding('alive');
    await clock.advance(1_000);
    states.alive(aliveMessage({ incarnation: 6 }));
    expect(table.get('x')?.node.stateSinceMs).toBe(0);
    states.suspect(suspect(6));
    expect(table.get('x')?.node.stateSinceMs).toBe(1_000);
  });

  test.each([
    ['no versions', withoutVersions],
    ['a protocol range that is none', aliveMessage({ versions: { ...NOMAD_VERSIONS, protocolMin: 6 } })],
    ['a protocol minimum of 0', aliveMessage({ versions: { ...NOMAD_VERSIONS, protocolMin: 0 } })],
    ['an address of 5 bytes', aliveMessage({ address: new Uint8Array(5) })],
    ['too much metadata', aliveMessage({ meta: new Uint8Array(513) })],
    ['no name', aliveMessage({ node: '' })],
    ['a name of 129 bytes', aliveMessage({ node: 'é'.repeat(64) + 'e' })],
    ['a name that is no text', aliveMessage({ node: 'a\udc80' })],
    ['incarnation 0', aliveMessage({ incarnation: 0 })],
  ])('with %s is not taken', (_, message) => {
    const { announced, states, table, told } = fakeMembership();
    states.alive(message);
    expect(table.size).toBe(1);
    expect([announced, told]).toEqual([[], []]);
  });

  test('is not taken when the layer above refuses the node, which is logged with its reason', () => {
    const { announced, logger, states, table } = fakeMembership({
      delegate: { refuseAlive: ({ name }) => `member '${name}' is not a server` },
    });
    states.alive(aliveMessage());
    expect(table.size).toBe(1);
    expect(announced).toEqual([]);
    expect(logger.lines.at(-1)).toMatchObject({ level: 'warn', fields: { reason: "member 'x' is not a server" } });
  });

  test('is not taken beyond the size of the table', () => {
    const { states, table } = fakeMembership({ options: { maxNodes: 3 } });
    for (const node of ['a', 'b', 'c', 'd']) states.alive(aliveMessage({ node }));
    expect(table.nodes().map(({ name }) => name)).toEqual(['me', 'a', 'b']);
  });

  test('with port 0 stands for our own port, also where it is passed on', () => {
    const { announced, states, table } = fakeMembership({ options: { boundPort: 4648 } });
    states.alive(aliveMessage({ port: 0 }));
    expect(table.get('x')?.node.port).toBe(4648);
    expect(announced[0]).toMatchObject({ port: 4648 });
  });
});

describe('alive from another address', () => {
  const moved = aliveMessage({ incarnation: 1, address: OTHER_ADDRESS });

  test.each(['alive', 'suspect', 'dead'] as const)('is a conflict while the node is %s', (state) => {
    const { announced, states, told, view } = holding(state);
    states.alive({ ...moved, incarnation: 99 });
    expect(view()).toBe(`${state} 5`);
    expect(told).toEqual(['conflict x 10.0.0.77:7946']);
    expect(announced).toEqual([]);
  });

  test('is accepted after the node left, whatever the incarnation', () => {
    const { states, told, view, table } = holding('left');
    states.alive(moved);
    expect(view()).toBe('alive 1');
    expect(table.get('x')?.node.address).toEqual(OTHER_ADDRESS);
    expect(told).toEqual(['join x 1']);
  });

  test('is accepted for a dead node once the reclaim time is over, not before', async () => {
    const { clock, states, view } = holding('dead', { options: { deadNodeReclaimMs: 10_000 } });
    await clock.advance(9_999);
    states.alive(moved);
    expect(view()).toBe('dead 5');
    await clock.advance(1);
    states.alive(moved);
    expect(view()).toBe('alive 1');
  });

  test('includes another port, and the same IPv4 address in 16 bytes', () => {
    const { states, told } = holding('alive');
    states.alive(aliveMessage({ incarnation: 6, port: 1 }));
    states.alive(
      aliveMessage({ incarnation: 6, address: Uint8Array.from([...Array(10).fill(0), 255, 255, ...ADDRESS]) }),
    );
    expect(told).toEqual(['conflict x 10.0.0.9:1', 'conflict x 10.0.0.9:7946']);
  });
});

describe('suspect', () => {
  test('of the current or a newer incarnation starts a suspicion, and spreads', () => {
    const { announced, states, told, view } = holding('alive');
    states.suspect(suspect(7));
    expect(view()).toBe('suspect 7');
    expect(announced).toEqual([suspect(7)]);
    expect(told).toEqual([]);
  });

  test.each(['dead', 'left'] as const)('says nothing new of a node that is %s', (state) => {
    const { announced, states, view } = holding(state);
    states.suspect(suspect(9));
    expect(view()).toBe(`${state} 5`);
    expect(announced).toEqual([]);
  });

  test('of an older incarnation, or of an unknown node, is ignored', () => {
    const { announced, states, view, table } = holding('alive');
    states.suspect(suspect(4));
    states.suspect({ ...suspect(4), node: 'unknown' });
    expect(view()).toBe('alive 5');
    expect(table.size).toBe(2);
    expect(announced).toEqual([]);
  });

  test('from others confirms: it is passed on as long as confirmations are wanted', () => {
    const { announced, states } = holding('suspect', {});
    // Two more nodes, so that there is somebody who can confirm.
    for (const node of ['b', 'c', 'd']) states.alive(aliveMessage({ node }));
    states.alive(aliveMessage({ incarnation: 6 }));
    states.suspect(suspect(6, 'a'));
    announced.length = 0;
    for (const from of ['a', 'b', 'b', 'c', 'd']) states.suspect(suspect(6, from));
    expect(announced.map((message) => message.type === 'suspect' && message.from)).toEqual(['b', 'c']);
  });

  test('nobody answers kills: it spreads as our own verdict, and is remembered', async () => {
    const { announced, clock, states, table, told, view } = holding('alive');
    states.suspect(suspect(5));
    await clock.advance(4_000);
    expect(view()).toBe('dead 5');
    expect(announced.at(-1)).toEqual({ type: 'dead', node: 'x', incarnation: 5, from: 'me' });
    expect(told).toEqual(['leave x 5']);
    expect(table.get('x')?.pastSuspicions).toMatchObject([{ outcome: 'died', accusers: [{ name: 'a' }] }]);
  });

  test('again and again is remembered only for the last times', () => {
    const { states, table } = holding('alive');
    for (let i = 6; i < 60; i += 1) {
      states.suspect(suspect(i));
      states.alive(aliveMessage({ incarnation: i + 1 }));
    }
    const past = table.get('x')?.pastSuspicions ?? [];
    expect(past).toHaveLength(16);
    expect(past.at(-1)).toMatchObject({ incarnation: 59, outcome: 'refuted' });
  });
});

describe('dead', () => {
  test.each(['alive', 'suspect'] as const)('of the current or a newer incarnation ends a node that is %s', (state) => {
    const { announced, states, told, view } = holding(state);
    states.dead(dead(6));
    expect(view()).toBe('dead 6');
    expect(announced).toEqual([dead(6)]);
    expect(told).toEqual(['leave x 6']);
  });

  test('from the node itself means that it left', () => {
    const { states, view } = holding('alive');
    states.dead(dead(5, 'x'));
    expect(view()).toBe('left 5');
  });

  test('of an older incarnation, and of a node that is gone, is ignored', () => {
    const { states, view } = holding('alive');
    states.dead(dead(4));
    expect(view()).toBe('alive 5');
    const gone = holding('left');
    gone.states.dead(dead(9));
    expect(gone.view()).toBe('left 5');
    expect(gone.announced).toEqual([]);
  });
});

describe('the node list of a push/pull', () => {
  const entry = { name: 'x', address: ADDRESS, port: 7946, meta: new Uint8Array(), versions: NOMAD_VERSIONS };

  test.each([
    ['alive', 'alive 6'],
    ['suspect', 'suspect 6'],
    ['dead', 'suspect 6'],
    ['left', 'left 6'],
  ] as const)('that holds a node for %s makes it %s', (state, after) => {
    const { states, view } = holding('alive');
    states.merge([{ ...entry, state, incarnation: 6 }]);
    expect(view()).toBe(after);
  });

  test('does not bring in nodes that are gone', () => {
    const { states, table } = fakeMembership();
    states.merge(
      (['suspect', 'dead', 'left'] as const).map((state) => ({ ...entry, name: state, state, incarnation: 1 })),
    );
    expect(table.size).toBe(1);
  });
});
