import { beforeEach, describe, expect, test } from '@jest/globals';
import type { AclToken } from '@steppe/domain';
import { Secret } from '@steppe/domain';
import { silentLogger } from '@steppe/runtime';
import { SimClock } from '@steppe/runtime/simulation';
import { DISABLED_ACL, MANAGEMENT_ACL } from '../decision/special-acls.js';
import { permissionDenied, serversUnreachable, tokenExpired, tokenNotFound } from '../errors.js';
import { secretDigest } from '@steppe/domain';
import { idOf, MemoryAclSource } from '../testing/acl-fixtures.js';
import type { AclRemote } from './client-token-resolver.js';
import { ClientTokenResolver } from './client-token-resolver.js';

const SECRET = new Secret(idOf('b'));
const TTL_MS = 30_000;
const READ_DEV = 'namespace "dev" { policy = "read" }';

/** Servers that answer from a store, count what they are asked, and fail on demand. */
class Servers implements AclRemote {
  readonly source = new MemoryAclSource();
  readonly asked: string[] = [];
  failure: Error | undefined;
  policyFailure: Error | undefined;

  async whoAmI(secret: Secret): Promise<AclToken | undefined> {
    await this.#answer('whoami');
    return this.source.tokenBySecret(secretDigest(secret));
  }

  async workload(token: Secret) {
    await this.#answer(`workload ${token.reveal()}`);
    const workload = { allocationId: 'a1', namespace: 'default', jobId: 'web', group: 'front', task: 'main' };
    return { workload, policies: [...this.source.policies.values()] };
  }

  async policies(names: readonly string[]) {
    await this.#answer(`policies ${names.join(' ')}`);
    if (this.policyFailure !== undefined) throw this.policyFailure;
    return names.map((name) => this.source.policyByName(name)).filter((policy) => policy !== undefined);
  }

  async roles(ids: readonly string[]) {
    await this.#answer(`roles ${ids.length}`);
    return ids.map((id) => this.source.roleById(id)).filter((role) => role !== undefined);
  }

  async #answer(question: string): Promise<void> {
    this.asked.push(question);
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
  }
}

describe('resolution on a client agent', () => {
  let servers: Servers;
  let clock: SimClock;
  let resolver: ClientTokenResolver;

  const make = (aclEnabled: boolean): ClientTokenResolver =>
    new ClientTokenResolver(
      { aclEnabled, tokenTtlMs: TTL_MS, policyTtlMs: TTL_MS, roleTtlMs: TTL_MS },
      { clock, logger: silentLogger, remote: servers },
    );

  beforeEach(() => {
    servers = new Servers();
    clock = new SimClock();
    resolver = make(true);
    servers.source.addPolicy('p', READ_DEV);
    servers.source.addPolicy('linked', 'node { policy = "read" }');
    servers.source.addRole(idOf('c'), ['linked']);
    servers.source.addToken({
      AccessorID: idOf('a'),
      SecretID: idOf('b'),
      Name: 'ci',
      Policies: ['p'],
      Roles: [{ ID: idOf('c') }],
    });
  });

  const rights = async (secret: Secret | undefined = SECRET) => {
    const { acl } = await resolver.resolve(secret);
    return [acl.allowNamespaceOperation('dev', 'read-job'), acl.allowNodeRead()];
  };
  const asked = (): readonly string[] => servers.asked.splice(0);

  test('asks nobody while ACLs are off', () => {
    expect(make(false).resolve(SECRET)).toMatchObject({ acl: DISABLED_ACL });
    expect(asked()).toEqual([]);
  });

  test('asks once, answers directly from then on, and asks again when the answer is old', async () => {
    expect(await rights()).toEqual([true, true]);
    expect(asked()).toEqual(['whoami', 'roles 1', 'policies p linked']);
    expect(resolver.resolve(SECRET)).toMatchObject({ accessorId: idOf('a'), name: 'ci' });
    await clock.advance(TTL_MS);
    expect(resolver.resolve(SECRET)).not.toBeInstanceOf(Promise);
    await clock.advance(1);
    expect(await rights()).toEqual([true, true]);
    expect(asked()).toEqual(['whoami', 'roles 1', 'policies p linked']);
  });

  test('many callers with one secret ask one question', async () => {
    await Promise.all(Array.from({ length: 50 }, () => rights()));
    expect(asked()).toEqual(['whoami', 'roles 1', 'policies p linked']);
  });

  test('whoever cannot wait for the cache to age says so', async () => {
    await rights();
    asked();
    servers.source.addPolicy('p', 'namespace "dev" { policy = "deny" }');
    await clock.advance(600);
    const { acl } = await resolver.resolve(SECRET, { maxAgeMs: 500 });
    expect(acl.allowNamespaceOperation('dev', 'read-job')).toBe(false);
    expect(asked()).toEqual(['whoami', 'roles 1', 'policies p linked']);
  });

  test('an anonymous caller has the policy of that name, and no question about who it is', async () => {
    expect(await rights(new Secret(''))).toEqual([false, false]);
    expect(asked()).toEqual(['policies anonymous']);
    servers.source.addPolicy('anonymous', READ_DEV);
    await clock.advance(TTL_MS + 1);
    expect(await resolver.resolve(undefined)).toMatchObject({ accessorId: 'anonymous' });
    expect(await rights(new Secret(''))).toEqual([true, false]);
  });

  test('a management token needs no policies', async () => {
    servers.source.tokens.length = 0;
    servers.source.addToken({ SecretID: idOf('b'), Type: 'management' });
    expect((await resolver.resolve(SECRET)).acl).toBe(MANAGEMENT_ACL);
    expect(asked()).toEqual(['whoami']);
  });

  test('somebody without a token, such as a node, is not found', async () => {
    servers.source.tokens.length = 0;
    await expect(resolver.resolve(SECRET)).rejects.toMatchObject({ code: 'ACL_TOKEN_NOT_FOUND' });
  });

  test('a token expires two seconds early, cached or not', async () => {
    servers.source.tokens.length = 0;
    const until = new Date(clock.now() + 10_000).toISOString();
    servers.source.addToken({ SecretID: idOf('b'), Policies: ['p'], ExpirationTime: until });
    expect(await rights()).toEqual([true, false]);
    await clock.advance(8_000);
    expect(await rights()).toEqual([true, false]);
    await clock.advance(1);
    expect(() => resolver.resolve(SECRET)).toThrow(expect.objectContaining({ code: 'ACL_TOKEN_EXPIRED' }));
  });

  test('while no server can be reached, what was known goes on to count, roles included', async () => {
    await rights();
    await clock.advance(10 * TTL_MS);
    servers.failure = serversUnreachable('no known servers');
    expect(await rights()).toEqual([true, true]);
    await expect(resolver.resolve(new Secret(idOf('d')))).rejects.toMatchObject({ code: 'ACL_SERVERS_UNREACHABLE' });
  });

  test('what was never known is not made up during an outage', async () => {
    await rights();
    servers.source.tokens.length = 0;
    servers.source.addToken({ SecretID: idOf('b'), Policies: ['new'] });
    await clock.advance(TTL_MS + 1);
    servers.policyFailure = serversUnreachable('no leader');
    await expect(resolver.resolve(SECRET)).rejects.toMatchObject({ code: 'ACL_SERVERS_UNREACHABLE' });
    servers.policyFailure = undefined;
    expect(await rights()).toEqual([false, false]);
  });

  test.each([
    ['denied', permissionDenied()],
    ['not found', tokenNotFound()],
    ['expired', tokenExpired()],
  ])('a secret that the servers refuse is dropped, and an outage does not bring it back: %s', async (_, failure) => {
    await rights();
    await clock.advance(TTL_MS + 1);
    servers.failure = failure;
    await expect(resolver.resolve(SECRET)).rejects.toBe(failure);
    servers.failure = serversUnreachable('no known servers');
    await clock.advance(TTL_MS);
    await expect(resolver.resolve(SECRET)).rejects.toMatchObject({ code: 'ACL_SERVERS_UNREACHABLE' });
  });

  test('any other failure denies, and the next caller asks again', async () => {
    await rights();
    await clock.advance(TTL_MS + 1);
    servers.failure = new Error('disk on fire');
    await expect(resolver.resolve(SECRET)).rejects.toThrow('disk on fire');
    servers.failure = undefined;
    expect(await rights()).toEqual([true, true]);
  });

  test('a refused secret is asked about once a second, however often it is presented', async () => {
    servers.failure = permissionDenied();
    await expect(resolver.resolve(SECRET)).rejects.toMatchObject({ code: 'ACL_PERMISSION_DENIED' });
    for (let n = 0; n < 100; n += 1) {
      expect(() => resolver.resolve(SECRET)).toThrow(expect.objectContaining({ code: 'ACL_PERMISSION_DENIED' }));
    }
    expect(asked()).toEqual(['whoami']);
    servers.failure = undefined;
    await clock.advance(1_001);
    expect(await rights()).toEqual([true, true]);
  });

  test('a token with more policies than the cache has room for keeps every one of them', async () => {
    const names = Array.from({ length: 100 }, (_, n) => `p${n}`);
    for (const name of names) servers.source.addPolicy(name, READ_DEV);
    servers.source.addPolicy('p0', 'namespace "dev" { policy = "deny" }');
    servers.source.tokens.length = 0;
    servers.source.addToken({ SecretID: idOf('b'), Policies: names });
    expect(await rights()).toEqual([false, false]);
    expect(await rights()).toEqual([false, false]);
  });

  test('a policy that is deleted grants nothing once the answer is old', async () => {
    await rights();
    servers.source.policies.delete('p');
    await clock.advance(TTL_MS + 1);
    expect(await rights()).toEqual([false, true]);
  });

  test('a signed token is asked about each time, with the policies that are attached to its task', async () => {
    const token = new Secret('aaa.bbb.ccc');
    servers.source.addPolicy('attached', READ_DEV);
    const [first] = [await resolver.resolve(token), await resolver.resolve(token)];
    expect(first).toMatchObject({ workload: { allocationId: 'a1' }, token: undefined });
    expect(first.acl.allowNamespaceOperation('dev', 'read-job')).toBe(true);
    expect(servers.asked).toEqual(['workload aaa.bbb.ccc', 'workload aaa.bbb.ccc']);
  });
});
