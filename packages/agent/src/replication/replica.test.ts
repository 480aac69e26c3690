import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeAclPolicy, encodeAclPolicy, NAMESPACE_WIRE, NODE_POOL_WIRE } from '@steppe/domain';
import { ACL_POLICIES, JOBS, NAMESPACES, NODE_POOLS, NODES } from '@steppe/state';
import { RegionFixture } from '../testing/region-fixture.js';
import { ACL_REPLICAS } from './acl-replicas.js';
import { JOB_REPLICAS } from './job-replicas.js';
import type { Replica } from './replica.js';

/** The API of the region that owns everything: answers by path. */
class Owner {
  readonly answers = new Map<string, unknown>();
  readonly asked: string[] = [];
  index = 7;
  isManagement = true;

  async get(path: string) {
    this.asked.push(path);
    const value = this.answers.get(path.replace(/\?.*/, ''));
    if (value === undefined) throw new Error(`${path}: 404`);
    return { value, index: this.index };
  }

  async demandManagement(): Promise<void> {
    if (!this.isManagement) throw new Error('no management token');
  }
}

let fixture: RegionFixture;
let owner: Owner;
beforeEach(async () => {
  fixture = new RegionFixture();
  owner = new Owner();
  await fixture.start();
});
afterEach(() => fixture.stop());

const replicaOf = (name: string): Replica => {
  const replica = [...ACL_REPLICAS, ...JOB_REPLICAS].find(({ what }) => what === name);
  if (replica === undefined) throw new Error(`nothing is called ${name}`);
  return replica;
};
const copy = (what: string, after = 0): Promise<number> =>
  replicaOf(what).copy(
    after,
    { source: owner, state: fixture.state, logger: fixture.logger },
    new AbortController().signal,
  );
const namespace = (Name: string, rest: object = {}) =>
  NAMESPACE_WIRE.encode(NAMESPACE_WIRE.decode({ Name, ...rest }, 'Namespace'));
const pool = (Name: string, rest: object = {}) =>
  NODE_POOL_WIRE.encode(NODE_POOL_WIRE.decode({ Name, ...rest }, 'NodePool'));
const namespaces = () => fixture.state.snapshot().rows(NAMESPACES);
const pools = () => fixture.state.snapshot().rows(NODE_POOLS);
const offer = (path: string, ...rows: readonly object[]) => owner.answers.set(path, rows);

describe('namespaces of the region that owns them', () => {
  const PATH = '/v1/namespaces';

  test('are added, changed and deleted; one that is the same is not written', async () => {
    offer(
      PATH,
      namespace('default'),
      namespace('team', { Description: 'a', Meta: { b: '2', a: '1' }, ModifyIndex: 90 }),
    );
    expect(await copy('namespaces')).toBe(7);
    expect(owner.asked).toEqual([`${PATH}?index=0`]);
    expect(namespaces()).toMatchObject([{ name: 'default' }, { name: 'team', description: 'a' }]);
    const written = fixture.state.index;
    offer(
      PATH,
      namespace('default'),
      namespace('team', { Description: 'a', Meta: { a: '1', b: '2' }, ModifyIndex: 91 }),
    );
    owner.index = 8;
    expect(await copy('namespaces', 7)).toBe(8);
    expect(fixture.state.index).toBe(written);
    offer(PATH, namespace('default'), namespace('team', { Description: 'b' }));
    await copy('namespaces', 8);
    expect(namespaces()).toMatchObject([{ name: 'default' }, { name: 'team', description: 'b' }]);
    offer(PATH, namespace('default'));
    await copy('namespaces', 8);
    expect(namespaces().map(({ name }) => name)).toEqual(['default']);
  });

  test('stay while a job here needs them, and the default one always', async () => {
    offer(PATH, namespace('default', { Description: 'theirs' }), namespace('team'), namespace('free'));
    await copy('namespaces');
    await fixture.run({ Namespace: 'team' });
    offer(PATH);
    await copy('namespaces');
    expect(namespaces()).toMatchObject([{ name: 'default', description: 'theirs' }, { name: 'team' }]);
    expect(fixture.logger.lines.map(({ message, fields }) => ({ message, fields }))).toContainEqual({
      message: 'not deleted: still used in this region',
      fields: { what: 'namespaces', names: ['default', 'team'] },
    });
    await fixture.state.transact((tx) => {
      for (const row of tx.rows(JOBS)) tx.delete(JOBS, JOBS.key(row));
    });
    await copy('namespaces');
    expect(namespaces().map(({ name }) => name)).toEqual(['default']);
  });

  test('are not taken for gone by a token that may not see them', async () => {
    offer(PATH, namespace('default'), namespace('team'));
    await copy('namespaces');
    owner.isManagement = false;
    offer(PATH, namespace('default'), namespace('new'));
    await expect(copy('namespaces')).rejects.toThrow('no management token');
    expect(namespaces().map(({ name }) => name)).toEqual(['default', 'team']);
  });

  test('are copied by hundreds', async () => {
    const names = Array.from({ length: 250 }, (_, i) => `team-${i}`);
    offer(PATH, ...names.map((name) => namespace(name)));
    await copy('namespaces');
    expect(namespaces()).toHaveLength(250);
    offer(PATH, namespace('team-0'));
    await copy('namespaces');
    expect(namespaces().map(({ name }) => name)).toEqual(['team-0']);
  });
});

describe('node pools of the region that owns them', () => {
  const PATH = '/v1/node/pools';

  test('are added and changed, the built-in ones left as they are', async () => {
    offer(PATH, pool('all', { Description: 'of another version' }), pool('default'), pool('gpu', { Description: 'a' }));
    await copy('node pools');
    expect(pools()).toMatchObject([{ name: 'gpu', description: 'a' }]);
    offer(PATH, pool('gpu', { SchedulerConfiguration: { SchedulerAlgorithm: 'spread' } }));
    await copy('node pools');
    expect(pools()).toMatchObject([{ name: 'gpu', description: '', schedulerConfiguration: { algorithm: 'spread' } }]);
  });

  test('stay while nodes or jobs here are in them', async () => {
    offer(PATH, pool('nodes'), pool('jobs'), pool('free'));
    await copy('node pools');
    await fixture.addNode('n1', { nodePool: 'nodes' });
    await fixture.run({ NodePool: 'jobs' });
    offer(PATH);
    await copy('node pools');
    expect(pools().map(({ name }) => name)).toEqual(['jobs', 'nodes']);
    await fixture.state.transact((tx) => {
      for (const { id } of tx.rows(NODES)) tx.delete(NODES, id);
    });
    await copy('node pools');
    expect(pools().map(({ name }) => name)).toEqual(['jobs']);
  });
});

describe('policies of the region that owns them', () => {
  test('are fetched whole when their hash differs', async () => {
    const policy = (rules: string, hash: string) => ({
      ...encodeAclPolicy(decodeAclPolicy({ Name: 'ops', Rules: rules })),
      Hash: hash,
    });
    const { Rules, ...stub } = policy('', 'AA==');
    expect(Rules).toBe('');
    offer('/v1/acl/policies', stub);
    owner.answers.set('/v1/acl/policy/ops', policy('node { policy = "read" }', 'AA=='));
    await copy('policies');
    await copy('policies');
    expect(owner.asked).toEqual(['/v1/acl/policies?index=0', '/v1/acl/policy/ops', '/v1/acl/policies?index=0']);
    expect(fixture.state.snapshot().rows(ACL_POLICIES)).toMatchObject([
      { name: 'ops', rules: 'node { policy = "read" }' },
    ]);
  });

  test.each([
    [{ no: 'list' }, '/v1/acl/policies: not a list'],
    [[{ Name: 7 }], 'Name'],
  ])('%j is refused', async (answer, problem) => {
    owner.answers.set('/v1/acl/policies', answer);
    await expect(copy('policies')).rejects.toThrow(problem);
  });

  test('begin anew when the index went back', async () => {
    offer('/v1/acl/policies');
    expect(await copy('policies', 8)).toBe(0);
  });
});
