import { describe, expect, test } from '@jest/globals';
import type { Member, MemberStatus } from '@steppe/domain';
import { Secret } from '@steppe/domain';
import { silentLogger } from '@steppe/runtime';
import { KeyRing } from '../keyring/key-ring.js';
import { INTERNAL_QUERY, InternalQueries } from './internal-queries.js';
import { KeyManager } from './key-manager.js';
import { QueryCollector } from './query-collector.js';
import { memberOf } from './testing/member-of.js';

const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(32, 2);
const secret = (key: Buffer): Secret => new Secret(key.toString('base64'));

interface PoolOptions {
  readonly encrypted?: boolean;
  readonly status?: Partial<Record<string, MemberStatus>>;
  /** Whether a member hears a query. */
  readonly hears?: (member: string, query: string, attempt: number) => boolean;
}

/** Three members whose keyrings answer the queries of a key manager. */
function newPool({ encrypted = true, status = {}, hears = () => true }: PoolOptions = {}) {
  const members: Member[] = ['a', 'b', 'c'].map((name) => memberOf(name, { status: status[name] ?? 'alive' }));
  const live = members.filter((member) => member.status === 'alive');
  const keyrings = new Map(members.map(({ name }) => [name, new KeyRing([OLD])]));
  const asked: string[] = [];
  const manager = new KeyManager({
    keyring: encrypted ? keyrings.get('a') : undefined,
    members: () => members,
    logger: silentLogger,
    ask: (name, payload) => {
      asked.push(name);
      const attempt = asked.filter((other) => other === name).length;
      const query = new QueryCollector({
        lTime: 1,
        id: 1,
        numNodes: live.length,
        ackRequested: false,
        onClose: () => undefined,
      });
      for (const member of live.filter((candidate) => hears(candidate.name, name, attempt))) {
        new InternalQueries({
          name: member.name,
          member: () => undefined,
          keyring: keyrings.get(member.name),
          logger: silentLogger,
        }).handle({
          type: 'query',
          lTime: 1,
          name,
          payload,
          from: 'a',
          deadlineMs: 1,
          fits: () => true,
          respond: (response) => void query.accept({ type: 'response', from: member.name, payload: response }),
        });
      }
      query.close();
      return query;
    },
  });
  return { manager, keyrings, asked };
}

describe('KeyManager', () => {
  test('a list counts keys and primary keys over all members', async () => {
    const { manager, keyrings } = newPool();
    keyrings.get('b')?.install(NEW);
    keyrings.get('b')?.use(NEW);
    const reply = await manager.list();
    expect(reply).toMatchObject({ numNodes: 3, numResponses: 3, numErrors: 0, messages: new Map() });
    expect(reply.failure).toBeUndefined();
    expect(reply.keys).toEqual(
      new Map([
        [OLD.toString('base64'), 3],
        [NEW.toString('base64'), 1],
      ]),
    );
    expect(reply.primaryKeys).toEqual(
      new Map([
        [OLD.toString('base64'), 2],
        [NEW.toString('base64'), 1],
      ]),
    );
  });

  test('members that refuse are counted and quoted', async () => {
    const { manager, keyrings } = newPool();
    keyrings.get('b')?.install(NEW);
    const reply = await manager.use(secret(NEW));
    expect(reply.numErrors).toBe(2);
    expect([...reply.messages.keys()]).toEqual(['a', 'c']);
    expect(reply.failure).toMatchObject({
      code: 'KEYRING_OPERATION_FAILED',
      message: '2/3 nodes reported failure',
    });
  });

  test('members that do not answer make it a failure', async () => {
    const { manager } = newPool({ hears: (member) => member !== 'c' });
    expect((await manager.install(secret(NEW))).failure?.message).toBe('2/3 nodes reported success');
  });

  test('without encryption nothing is asked, and it fails as if all had refused', async () => {
    const { manager, asked } = newPool({ encrypted: false });
    expect((await manager.install(secret(NEW))).failure?.message).toBe('3/3 nodes reported failure');
    await expect(manager.rotate(secret(NEW))).rejects.toMatchObject({ code: 'KEYRING_OPERATION_FAILED' });
    expect(asked).toEqual([]);
  });

  test('a key that is no base64 is refused before anybody hears of it', async () => {
    const { manager, asked } = newPool();
    await expect(manager.install(new Secret('not base64!'))).rejects.toMatchObject({ code: 'KEYRING_KEY_INVALID' });
    expect(asked).toEqual([]);
  });
});

describe('rotate', () => {
  test('leaves everybody with the new key alone', async () => {
    const { manager, keyrings } = newPool();
    const phases: string[] = [];
    await manager.rotate(secret(NEW), { onPhase: (phase) => void phases.push(phase) });
    expect(phases).toEqual(['install', 'verify-installed', 'use', 'verify-used', 'remove']);
    for (const keyring of keyrings.values()) expect(keyring.keys).toEqual([NEW]);
  });

  test('a lost query is asked again', async () => {
    const { manager, keyrings } = newPool({ hears: (member, _query, attempt) => member !== 'c' || attempt > 1 });
    await manager.rotate(secret(NEW));
    expect(keyrings.get('c')?.keys).toEqual([NEW]);
  });

  test.each<[string, string, (member: string, query: string) => boolean]>([
    ['install', 'KEYRING_OPERATION_FAILED', (member, query) => member !== 'c' || query !== INTERNAL_QUERY.installKey],
    [
      'verify-installed',
      'KEY_ROTATION_STOPPED',
      (member, query) => member !== 'c' || query !== INTERNAL_QUERY.listKeys,
    ],
    ['use', 'KEYRING_OPERATION_FAILED', (member, query) => member !== 'c' || query !== INTERNAL_QUERY.useKey],
  ])('stops in phase %s with the old key still known to all', async (phase, code, hears) => {
    const { manager, keyrings } = newPool({ hears });
    let last = '';
    await expect(manager.rotate(secret(NEW), { onPhase: (at) => void (last = at) })).rejects.toMatchObject({ code });
    expect(last).toBe(phase);
    for (const keyring of keyrings.values()) expect(keyring.keys).toContainEqual(OLD);
    expect(keyrings.get('c')?.primary).toEqual(OLD);
  });

  test('does not begin while a member is down, as it would miss the key; one that left does not matter', async () => {
    const { manager, asked } = newPool({ status: { c: 'failed' } });
    await expect(manager.rotate(secret(NEW))).rejects.toMatchObject({
      detail: { code: 'KEY_ROTATION_STOPPED', phase: 'install', missing: ['c'] },
    });
    expect(asked).toEqual([]);
    await newPool({ status: { c: 'left' } }).manager.rotate(secret(NEW));
  });

  test('run again after it was stopped, it completes', async () => {
    let deaf = true;
    const { manager, keyrings } = newPool({
      hears: (member, query) => !(deaf && member === 'c' && query === INTERNAL_QUERY.useKey),
    });
    await expect(manager.rotate(secret(NEW))).rejects.toMatchObject({ code: 'KEYRING_OPERATION_FAILED' });
    deaf = false;
    await manager.rotate(secret(NEW));
    for (const keyring of keyrings.values()) expect(keyring.keys).toEqual([NEW]);
  });
});
