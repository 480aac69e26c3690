import { describe, expect, test } from '@jest/globals';
import { aliveMessage, fakeMembership } from '../testing/fake-membership.js';
import type { NodeState, NodeVersions, PushPullMessage, PushPullNode } from '../wire/memberlist-message.js';
import type { GossipNode, MemberlistDelegate } from './delegate.js';
import { GuardedDelegate } from './guarded-delegate.js';
import { NOMAD_VERSIONS } from './options.js';
import { PushPull, pushPullIntervalMs, versionConflict } from './push-pull.js';

const versions = (change: Partial<NodeVersions>) => ({ ...NOMAD_VERSIONS, ...change });
const entry = (name: string, change: Partial<PushPullNode> = {}): PushPullNode => ({
  name,
  address: Uint8Array.of(10, 0, 0, 5),
  port: 7946,
  meta: new Uint8Array(),
  incarnation: 1,
  state: 'alive',
  versions: NOMAD_VERSIONS,
  ...change,
});
const message = (nodes: readonly PushPullNode[], change: Partial<PushPullMessage> = {}): PushPullMessage => ({
  type: 'push-pull',
  join: true,
  nodes,
  userState: new Uint8Array(),
  ...change,
});

function exchange(delegate: MemberlistDelegate = {}) {
  const membership = fakeMembership();
  const pushPull = new PushPull({
    table: membership.table,
    states: membership.states,
    delegate: new GuardedDelegate(delegate, membership.logger),
  });
  return { ...membership, pushPull };
}

test.each([
  [1, 30_000],
  [32, 30_000],
  [33, 60_000],
  [64, 60_000],
  [65, 90_000],
  [128, 90_000],
  [1_000, 180_000],
])('in a pool of %p the pause is %p ms', (n, ms) => expect(pushPullIntervalMs(30_000, n)).toBe(ms));

describe('the version check', () => {
  const node = (name: string, change: Partial<NodeVersions>, state: NodeState = 'alive') => ({
    name,
    state,
    versions: versions(change),
  });

  test('lets nodes pass that all understand each other', () => {
    expect(
      versionConflict([node('a', {}), node('b', { delegateCurrent: 5 })], [node('c', { protocolCurrent: 5 })]),
    ).toBe(undefined);
    expect(versionConflict([], [])).toBeUndefined();
  });

  test('names a node that speaks what an alive one does not understand', () => {
    const modern = node('new', { delegateMin: 6, delegateMax: 6, delegateCurrent: 6 });
    expect(versionConflict([modern], [node('a', {})])).toMatch(
      "node 'new' delegate protocol version (6) is incompatible",
    );
    expect(
      versionConflict([node('p', { protocolMin: 3, protocolMax: 5, protocolCurrent: 3 })], [node('a', {})]),
    ).toMatch("node 'a' protocol version (2) is incompatible: [3, 5]");
  });

  test('counts only alive nodes for what is understood, but everybody for what is spoken', () => {
    const gone = node('gone', { protocolMin: 4, protocolMax: 4, protocolCurrent: 2 }, 'dead');
    expect(versionConflict([gone], [node('a', {})])).toBeUndefined();
    expect(versionConflict([node('gone', { delegateCurrent: 9 }, 'left')], [node('a', {})])).toMatch("node 'gone'");
  });
});

describe('merging', () => {
  test('takes over nodes and the state of the layer above', () => {
    const merged: unknown[] = [];
    const { pushPull, table } = exchange({ mergeState: (state, { join }) => merged.push([...state, join]) });
    expect(pushPull.merge(message([entry('a')], { userState: Uint8Array.of(1, 2) }))).toBeUndefined();
    expect(table.get('a')?.node.state).toBe('alive');
    expect(merged).toEqual([[1, 2, true]]);
  });

  test('takes nothing at all when versions clash', () => {
    const merged: unknown[] = [];
    const { pushPull, table } = exchange({ mergeState: (state) => merged.push(state) });
    const refusal = pushPull.merge(
      message([entry('a'), entry('b', { versions: versions({ delegateCurrent: 6 }) })], {
        userState: Uint8Array.of(1),
      }),
    );
    expect(refusal).toMatch("node 'b'");
    expect(table.size).toBe(1);
    expect(merged).toEqual([]);
  });

  test('leaves out an entry without versions, without failing the rest', () => {
    const { pushPull, table } = exchange();
    const { versions: dropped, ...bare } = entry('bare');
    expect(dropped).toBe(NOMAD_VERSIONS);
    expect(pushPull.merge(message([bare, entry('a')]))).toBeUndefined();
    expect(table.nodes().map(({ name }) => name)).toEqual(['me', 'a']);
  });

  test('asks the layer above only for a join, and with nodes of any state', () => {
    const asked: (readonly GossipNode[])[] = [];
    const refuseMerge = (nodes: readonly GossipNode[]) => {
      asked.push(nodes);
      return "member 'a' is not a server";
    };
    const { pushPull, table } = exchange({ refuseMerge });
    expect(pushPull.merge(message([entry('a', { state: 'dead' })]))).toBe("member 'a' is not a server");
    expect(asked[0]).toMatchObject([{ name: 'a', host: '10.0.0.5', state: 'dead' }]);
    expect(table.size).toBe(1);
    expect(pushPull.merge(message([entry('a')], { join: false }))).toBeUndefined();
    expect(asked).toHaveLength(1);
    expect(table.size).toBe(2);
  });
});

test('our own list holds everybody, the dead and left ones too', () => {
  const { pushPull, states } = exchange({ localState: ({ join }) => Uint8Array.of(join ? 1 : 0) });
  states.alive(aliveMessage({ node: 'a' }));
  states.alive(aliveMessage({ node: 'b' }));
  states.dead({ type: 'dead', node: 'a', incarnation: 1, from: 'me' });
  states.dead({ type: 'dead', node: 'b', incarnation: 1, from: 'b' });
  const { nodes, join, userState } = pushPull.localState(true);
  expect(nodes.map(({ name, state }) => `${name} ${state}`)).toEqual(['me alive', 'a dead', 'b left']);
  expect([join, [...userState]]).toEqual([true, [1]]);
});
