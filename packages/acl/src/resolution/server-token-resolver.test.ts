import { beforeEach, describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { SimClock } from '@steppe/runtime/simulation';
import { DENY_ALL_ACL, DISABLED_ACL, MANAGEMENT_ACL } from '../decision/special-acls.js';
import { secretDigest } from '@steppe/domain';
import { idOf, MemoryAclSource } from '../testing/acl-fixtures.js';
import type { ResolvedCaller } from './caller.js';
import { callerLabel } from './caller.js';
import { ServerTokenResolver } from './server-token-resolver.js';

const secret = (digit: string): Secret => new Secret(idOf(digit));
const READ_DEV = 'namespace "dev" { policy = "read" }';

describe('resolution on a server', () => {
  let source: MemoryAclSource;
  let clock: SimClock;
  let resolver: ServerTokenResolver;

  beforeEach(() => {
    source = new MemoryAclSource();
    clock = new SimClock();
    resolver = new ServerTokenResolver({ aclEnabled: true }, { clock, source });
  });

  /** Everything but a signed token is resolved at once. */
  const resolve = (who: Secret | undefined): ResolvedCaller => resolver.resolve(who) as ResolvedCaller;
  const expiry = (ms: number): string => new Date(clock.now() + ms).toISOString();
  const canRead = (who: Secret | undefined): boolean => resolve(who).acl.allowNamespaceOperation('dev', 'read-job');

  test('with ACLs off, everybody is the pseudo-token that says so', () => {
    const off = new ServerTokenResolver({ aclEnabled: false }, { clock, source });
    expect(off.resolve(new Secret('anything'))).toMatchObject({ acl: DISABLED_ACL, accessorId: 'acls-disabled' });
  });

  test('without a secret, the rights are those of the policy named anonymous', () => {
    expect(resolve(undefined)).toMatchObject({
      accessorId: 'anonymous',
      name: 'Anonymous Token',
      acl: DENY_ALL_ACL,
    });
    source.addPolicy('anonymous', READ_DEV);
    expect([canRead(undefined), canRead(new Secret(''))]).toEqual([true, true]);
    source.addPolicy('anonymous', '');
    expect(canRead(undefined)).toBe(false);
  });

  test('a token has its own policies and those of its roles, and what is missing grants nothing', () => {
    source.addPolicy('own', 'node { policy = "read" }');
    source.addPolicy('linked', READ_DEV);
    source.addRole(idOf('c'), ['linked', 'gone']);
    source.addToken({
      AccessorID: idOf('a'),
      SecretID: idOf('b'),
      Name: 'ci',
      Policies: ['own', 'gone'],
      Roles: [{ ID: idOf('c') }, { ID: idOf('d') }],
    });
    const caller = resolve(secret('b'));
    expect(caller).toMatchObject({ accessorId: idOf('a'), name: 'ci', expiresAtMs: undefined });
    expect([caller.acl.allowNodeRead(), canRead(secret('b')), caller.acl.allowAgentRead()]).toEqual([
      true,
      true,
      false,
    ]);
    expect(callerLabel(caller)).toBe(`token:${idOf('a')}`);
  });

  test('the case of a secret does not matter', () => {
    source.addToken({ AccessorID: idOf('a'), SecretID: idOf('b'), Type: 'management' });
    expect(resolve(new Secret(idOf('b').toUpperCase())).acl).toBe(MANAGEMENT_ACL);
  });

  test('a token counts until its last moment, and not a millisecond longer', async () => {
    source.addToken({ SecretID: idOf('b'), Policies: ['p'], ExpirationTime: expiry(60_000) });
    source.addPolicy('p', READ_DEV);
    expect(resolve(secret('b')).expiresAtMs).toBe(clock.now() + 60_000);
    await clock.advance(60_000);
    expect(canRead(secret('b'))).toBe(true);
    await clock.advance(1);
    expect(() => resolve(secret('b'))).toThrow(
      expect.objectContaining({ code: 'ACL_TOKEN_EXPIRED', message: 'ACL token expired' }),
    );
  });

  test('an edited or deleted policy, role or token counts at once', () => {
    source.addPolicy('p', READ_DEV);
    source.addRole(idOf('c'), ['p']);
    source.addToken({ SecretID: idOf('b'), Roles: [{ ID: idOf('c') }] });
    expect(canRead(secret('b'))).toBe(true);
    source.addPolicy('p', 'namespace "dev" { policy = "deny" }');
    expect(canRead(secret('b'))).toBe(false);
    source.addPolicy('p', READ_DEV);
    expect(canRead(secret('b'))).toBe(true);
    source.addRole(idOf('c'), ['other']);
    expect(canRead(secret('b'))).toBe(false);
    source.tokens.pop();
    expect(() => resolve(secret('b'))).toThrow(expect.objectContaining({ code: 'ACL_PERMISSION_DENIED' }));
    source.addToken({ SecretID: idOf('b'), Policies: ['p'] });
    expect(canRead(secret('b'))).toBe(true);
  });

  test('tokens with the same policies share one compiled object', () => {
    source.addPolicy('p', READ_DEV);
    source.addPolicy('q', 'node { policy = "read" }');
    source.addToken({ SecretID: idOf('a'), Policies: ['q', 'p'] });
    source.addToken({ SecretID: idOf('b'), Policies: ['p', 'q', 'p'] });
    expect(resolve(secret('a')).acl).toBe(resolve(secret('b')).acl);
  });

  test('a policy that cannot be parsed denies everything, in the words of the reference', () => {
    source.addPolicy('fine', READ_DEV);
    source.addPolicy('broken', 'hello');
    source.addToken({ SecretID: idOf('b'), Policies: ['fine', 'broken'] });
    expect(() => resolve(secret('b'))).toThrow(
      expect.objectContaining({
        code: 'ACL_POLICY_UNREADABLE',
        message: expect.stringMatching(/^failed to parse "broken": Failed to parse ACL Policy: At 1:7: key 'hello'/),
      }),
    );
  });

  test('the leader’s secret is management, only while this server leads', () => {
    source.leader = secret('e');
    expect(resolve(secret('e'))).toMatchObject({ accessorId: 'leader', acl: MANAGEMENT_ACL });
    source.leader = new Secret('');
    expect(() => resolve(secret('e'))).toThrow(expect.objectContaining({ code: 'ACL_PERMISSION_DENIED' }));
  });

  test('a node’s secret gives the rights of a client of its pool, and none once the node is gone', () => {
    source.nodes.push({ nodeId: 'n1', nodePool: 'gpu', digest: secretDigest(secret('f')) });
    const caller = resolve(secret('f'));
    expect([caller.nodeId, callerLabel(caller), caller.token]).toEqual(['n1', 'client:n1', undefined]);
    expect([caller.acl.allowClientOperation('gpu'), caller.acl.allowClientOperation('default')]).toEqual([true, false]);
    source.nodes[0] = { nodeId: 'n1', nodePool: undefined, digest: secretDigest(secret('f')) };
    expect(() => resolve(secret('f'))).toThrow(expect.objectContaining({ code: 'ACL_PERMISSION_DENIED' }));
  });

  test('a record that does not hold the secret it was found by is not trusted', () => {
    source.addToken({ SecretID: idOf('b'), Type: 'management' });
    source.tokenBySecret = () => source.tokens[0];
    source.nodeBySecret = () => ({ nodeId: 'n1', nodePool: 'gpu', digest: secretDigest(secret('f')) });
    expect(() => resolve(secret('9'))).toThrow(expect.objectContaining({ code: 'ACL_PERMISSION_DENIED' }));
    expect(resolve(secret('b')).acl).toBe(MANAGEMENT_ACL);
  });

  test.each(['abc', 'a.b.c', `${idOf('b')} `])('what is no UUID is no signed token either: %j', (text) => {
    expect(() => resolve(new Secret(text))).toThrow(
      expect.objectContaining({
        code: 'ACL_TOKEN_MALFORMED',
        message: expect.stringMatching(/^failed to parse signed token: /),
      }),
    );
  });

  describe('a running task with its signed token', () => {
    const workload = { allocationId: 'a1', namespace: 'prod', jobId: 'web', group: 'api', task: 'main' };
    const JWT = new Secret('aaa.bbb.ccc');

    test('has the policies that are attached to its namespace, its job, its group and itself', async () => {
      const verified: string[] = [];
      const workloads = {
        verify: async (token: Secret) => {
          verified.push(token.reveal());
          return workload;
        },
      };
      resolver = new ServerTokenResolver({ aclEnabled: true }, { clock, source, workloads });
      const attach = (name: string, namespace: string, jobAcl: object): void => {
        const policy = source.addPolicy(name, `namespace "${name}" { policy = "read" }`);
        const to = { namespace, jobId: '', group: '', task: '', ...jobAcl };
        source.policies.set(name, { ...policy, jobAcl: to });
      };
      attach('all', 'prod', {});
      attach('job', 'prod', { jobId: 'web' });
      attach('group', 'prod', { jobId: 'web', group: 'api' });
      attach('task', 'prod', { jobId: 'web', group: 'api', task: 'main' });
      attach('other-task', 'prod', { jobId: 'web', group: 'api', task: 'side' });
      attach('other-group', 'prod', { jobId: 'web', group: 'db' });
      attach('other-job', 'prod', { jobId: 'web2' });
      attach('other-namespace', 'dev', { jobId: 'web' });
      attach('nowhere', '', { jobId: 'web' });
      source.addPolicy('free', 'namespace "free" { policy = "read" }');
      const caller = await resolver.resolve(JWT);
      const readable = [...source.policies.keys()].filter((name) =>
        caller.acl.allowNamespaceOperation(name, 'read-job'),
      );
      expect(readable.toSorted()).toEqual(['all', 'group', 'job', 'task']);
      expect([callerLabel(caller), caller.token, caller.accessorId]).toEqual(['alloc:a1', undefined, '']);
      expect(verified).toEqual(['aaa.bbb.ccc']);
    });

    test('may do nothing without any', async () => {
      const workloads = { verify: async () => workload };
      resolver = new ServerTokenResolver({ aclEnabled: true }, { clock, source, workloads });
      expect((await resolver.resolve(JWT)).acl).toBe(DENY_ALL_ACL);
    });

    test('is nobody where no tokens are signed', () => {
      expect(() => resolver.resolve(JWT)).toThrow(expect.objectContaining({ code: 'ACL_TOKEN_MALFORMED' }));
    });
  });
});
