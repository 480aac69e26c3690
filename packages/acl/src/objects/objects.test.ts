import { describe, expect, test } from '@jest/globals';
import type { AclPolicy, AclRole, AclToken } from '@steppe/domain';
import { decodeAclPolicy, decodeAclRole, decodeAclToken, encodeAclPolicy, Secret } from '@steppe/domain';
import { parsePolicy } from '../language/parse-policy.js';
import { encodeRules } from '../language/rules-json.js';
import { bootstrapToken, parseResetIndex } from './bootstrap.js';
import { hashPolicy, hashRole, hashToken, policySetKey } from './content-hash.js';
import { makeOneTimeToken, redeemOneTimeToken } from './one-time-tokens.js';
import { preparePolicy } from './policies.js';
import { prepareRole } from './roles.js';
import type { RoleContext } from './roles.js';
import { isSameDigest, secretDigest } from '@steppe/domain';
import { newAclId } from './acl-id.js';
import { isExpired, prepareToken } from './tokens.js';
import type { TokenContext } from './tokens.js';

const SECOND = 1_000_000_000n;
const NOW = 1_770_112_800n * SECOND;
const LIMITS = { minTtlNs: 60n * SECOND, maxTtlNs: 24n * 3_600n * SECOND };
const ID = '1c1f8e3a-4f0e-7a35-9d2b-0c7d5a1e9b60';
const OTHER_ID = 'b2f4c7d0-6a1d-03c2-51fe-8a90c3d1e7aa';

const policy = (wire: object): AclPolicy => decodeAclPolicy(wire);
const token = (wire: object): AclToken => decodeAclToken(wire);
const role = (wire: object): AclRole => decodeAclRole(wire);
const counter = (): (() => string) => {
  let n = 0;
  return () => `00000000-0000-0000-0000-${`${(n += 1)}`.padStart(12, '0')}`;
};
const OPS = role({ ID: OTHER_ID, Name: 'ops', Policies: [{ Name: 'a' }] });

const context = (parts: Partial<TokenContext> = {}): TokenContext => ({
  existing: undefined,
  findRole: ({ id, name }) => (id === OPS.id || name === OPS.name ? OPS : undefined),
  isSecretTaken: () => false,
  nowNs: NOW,
  newId: counter(),
  ...parts,
});

const prepared = (wire: object, parts: Partial<TokenContext> = {}) => prepareToken(token(wire), LIMITS, context(parts));

const messageOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  return 'ok';
};

describe('hashes', () => {
  test('are those of the reference', () => {
    const rules = 'namespace "default" { policy = "read" }';
    expect(hashPolicy(policy({ Name: 'readonly', Description: 'read default', Rules: rules }))).toBe(
      'xO/RUtB3yGQyQ6vF3iNfhQdyrx6Jl9S6DxfLGJy8e8o=',
    );
    expect(hashToken(token({ Name: 'ci', Type: 'client', Policies: ['a', 'b'] }))).toBe(
      'glii22MPyT5iQRfHMmehPnsVk4l7YHXhwAF3n1aPOCw=',
    );
    expect(hashRole(role({ Name: 'ops', Policies: [{ Name: 'a' }, { Name: 'b' }] }))).toBe(
      'DQbyCe79X924MoWUoFg3Zwb1a3XVF9MdP0lYfEadpNQ=',
    );
    expect(policySetKey([policy({ Name: 'a', ModifyIndex: 10 }), policy({ Name: 'b', ModifyIndex: 12 })])).toBe(
      'bda96b4730cbfdb91776b963c3bb4b9e42925b7f337b6e565758d8417b8aaa67',
    );
  });

  test('a job, a role and the reach are part of them', () => {
    const plain = policy({ Name: 'a' });
    expect(hashPolicy({ ...plain, jobAcl: { namespace: 'n', jobId: '', group: '', task: '' } })).not.toBe(
      hashPolicy(plain),
    );
    const client = token({ Name: 'a', Type: 'client' });
    expect(hashToken({ ...client, isGlobal: true })).not.toBe(hashToken(client));
    expect(hashToken({ ...client, roles: [{ id: ID, name: 'x' }] })).not.toBe(hashToken(client));
    expect(hashToken({ ...client, roles: [{ id: ID, name: 'x' }] })).toBe(
      hashToken({ ...client, roles: [{ id: ID, name: '' }] }),
    );
  });
});

describe('policies', () => {
  test('the sample of the specification', () => {
    const stored = {
      ...policy({ Name: 'readonly', Description: 'read default' }),
      rules: 'namespace "default" { policy = "read" }',
    };
    const written = preparePolicy(stored, undefined);
    expect(
      encodeAclPolicy({ ...written, createIndex: 12, modifyIndex: 12 }, encodeRules(parsePolicy(stored.rules))),
    ).toEqual({
      Name: 'readonly',
      Description: 'read default',
      Rules: stored.rules,
      RulesJSON: {
        Namespaces: [
          {
            Name: 'default',
            Policy: 'read',
            Capabilities: [
              'list-jobs',
              'parse-job',
              'read-job',
              'csi-list-volume',
              'csi-read-volume',
              'read-job-scaling',
              'list-scaling-policies',
              'read-scaling-policy',
              'host-volume-read',
            ],
            Variables: null,
          },
        ],
        NodePools: null,
        HostVolumes: null,
        Agent: null,
        Node: null,
        Operator: null,
        Sentinel: null,
        Quota: null,
        Plugin: null,
        Raw: stored.rules,
        ExtraKeysHCL: null,
      },
      JobACL: null,
      Hash: 'xO/RUtB3yGQyQ6vF3iNfhQdyrx6Jl9S6DxfLGJy8e8o=',
      CreateIndex: 12,
      ModifyIndex: 12,
    });
  });

  test('rules of every kind as JSON', () => {
    const rules = parsePolicy(
      'agent { policy = "read" } operator { capabilities = ["license-read"] } node_pool "p" { } ' +
        'namespace "a" { variables { path "x" { capabilities = ["read"] } path "y" { } } }',
    );
    expect(encodeRules(rules)).toMatchObject({
      Agent: { Policy: 'read' },
      Operator: { Policy: '', Capabilities: ['license-read'] },
      NodePools: [{ Name: 'p', Policy: '', Capabilities: null }],
      Namespaces: [
        {
          Variables: {
            Paths: [
              { PathSpec: 'x', Capabilities: ['read', 'list'] },
              { PathSpec: 'y', Capabilities: null },
            ],
          },
        },
      ],
    });
  });

  test('A20 A24: every problem is listed', () => {
    const problems = messageOf(() =>
      preparePolicy(
        policy({ Name: 'a b', Rules: 'invalid', Description: 'é'.repeat(129), JobACL: { JobID: 'j', Task: 't' } }),
        undefined,
      ),
    );
    expect(problems).toBe(
      "policy 0 invalid: 5 errors occurred:\n\t* invalid name 'a b'\n" +
        "\t* failed to parse rules: Failed to parse ACL Policy: At 1:9: key 'invalid' expected start of object ('{') or assignment ('=')\n" +
        '\t* description longer than 256\n\t* namespace must be set to set job ID\n\t* group must be set to set task\n\n',
    );
    expect(
      messageOf(() => preparePolicy(policy({ Name: 'a', JobACL: { Namespace: 'n', Group: 'g' } }), undefined)),
    ).toBe('policy 0 invalid: 1 error occurred:\n\t* job ID must be set to set group\n\n');
  });

  test('empty rules are fine, and the first index stays', () => {
    const existing = { ...policy({ Name: 'a' }), createIndex: 7, modifyIndex: 9 };
    expect(preparePolicy(policy({ Name: 'a', CreateIndex: 1 }), existing)).toMatchObject({ createIndex: 7, rules: '' });
  });
});

describe('tokens', () => {
  test('a new one gets ids, a creation time and, of a TTL, an expiry; a secret that is sent is ignored', () => {
    const { action, token: made } = prepared({
      Name: 'ci',
      Type: 'client',
      SecretID: ID,
      ExpirationTTL: '8h',
      Policies: ['deploy'],
      Roles: [{ Name: 'ops' }, { ID: OTHER_ID }],
    });
    expect(action).toBe('create');
    expect(made).toMatchObject({
      accessorId: '00000000-0000-0000-0000-000000000001',
      createTimeNs: NOW,
      expirationTimeNs: NOW + 8n * 3_600n * SECOND,
      roles: [{ id: OTHER_ID, name: 'ops' }],
      hash: hashToken(made),
    });
    expect(made.secretId.reveal()).toBe('00000000-0000-0000-0000-000000000002');
  });

  const list = (...problems: string[]): string =>
    `token 0 invalid: ${problems.length === 1 ? '1 error' : `${problems.length} errors`} occurred:\n` +
    `${problems.map((problem) => `\t* ${problem}\n`).join('')}\n`;
  const CLIENT = { Type: 'client', Policies: ['a'] };

  test.each([
    ['A25', { Type: 'client' }, list('client token missing policies or roles')],
    [
      'A26',
      { Type: 'management', Policies: ['a'] },
      list('management token cannot be associated with policies or roles'),
    ],
    ['type', { Type: 'Client' }, list('token type must be client or management')],
    ['name', { ...CLIENT, Name: 'n'.repeat(257) }, list('token name too long')],
    ['longest name', { ...CLIENT, Name: 'n'.repeat(256) }, 'ok'],
    [
      'A27',
      { ...CLIENT, ExpirationTTL: '30s' },
      list('expiration time cannot be less than 1m0s in the future (was 30s)'),
    ],
    [
      'A28',
      { ...CLIENT, ExpirationTTL: '25h' },
      list('expiration time cannot be more than 24h0m0s in the future (was 25h0m0s)'),
    ],
    [
      'A29',
      { ...CLIENT, ExpirationTTL: '-5m' },
      list(
        "token expiration TTL '-5m0s' should not be negative",
        'expiration time cannot be before create time',
        'expiration time cannot be less than 1m0s in the future (was -5m0s)',
      ),
    ],
    ['shortest', { ...CLIENT, ExpirationTTL: '1m' }, 'ok'],
    ['longest', { ...CLIENT, ExpirationTTL: '24h' }, 'ok'],
    ['role', { Type: 'client', Roles: [{ Name: 'dev' }] }, 'cannot find role dev'],
    [
      'A34',
      { ...CLIENT, AccessorID: ID, SecretID: OTHER_ID, Type: 'management', Policies: [] },
      `cannot find token ${ID}`,
    ],
    ['no secret', { ...CLIENT, AccessorID: ID }, `cannot find token ${ID}`],
    ['no UUID', { ...CLIENT, AccessorID: 'x', SecretID: OTHER_ID }, 'cannot find token x'],
  ])('%s', (_, wire, expected) => {
    expect(messageOf(() => prepared(wire))).toBe(expected);
  });

  test('A33: one with both ids is taken over, unless its secret is somebody’s', () => {
    const wire = { ...CLIENT, AccessorID: ID, SecretID: OTHER_ID };
    const { action, token: taken } = prepared(wire);
    expect([action, taken.accessorId, taken.secretId.reveal(), taken.createTimeNs]).toEqual([
      'upload',
      ID,
      OTHER_ID,
      NOW,
    ]);
    expect(messageOf(() => prepared(wire, { isSecretTaken: (secret) => secret.reveal() === OTHER_ID }))).toBe(
      'token secret is already in use',
    );
  });

  describe('changing one', () => {
    const existing = {
      ...token({ ...CLIENT, AccessorID: ID, SecretID: OTHER_ID, ExpirationTTL: '1h', CreateIndex: 3 }),
      createTimeNs: NOW - 60n * SECOND,
      expirationTimeNs: NOW + 3_540n * SECOND,
    };
    const echo = { ...CLIENT, AccessorID: ID, ExpirationTTL: '1h', ExpirationTime: '2026-02-03T10:59:00Z' };

    test('A36: name, type and rights may change; ids, creation and expiry stay', () => {
      const { action, token: changed } = prepared(
        { ...echo, SecretID: ID, Name: 'new', Type: 'management', Policies: null },
        { existing },
      );
      expect(action).toBe('update');
      expect(changed).toMatchObject({
        name: 'new',
        type: 'management',
        createIndex: 3,
        createTimeNs: existing.createTimeNs,
        expirationTimeNs: existing.expirationTimeNs,
      });
      expect(changed.secretId.reveal()).toBe(OTHER_ID);
    });

    test.each([
      ['A30', { ...echo, Global: true }, list('cannot toggle global mode')],
      ['A31', { ...CLIENT, AccessorID: ID }, list('cannot update expiration TTL')],
      ['A32', { ...CLIENT, AccessorID: ID, ExpirationTTL: '1h' }, list('cannot update expiration time')],
      ['another', { ...echo, ExpirationTime: '2026-02-03T11:00:00Z' }, list('cannot update expiration time')],
      ['echo', echo, 'ok'],
    ])('%s', (_, wire, expected) => {
      expect(messageOf(() => prepared(wire, { existing }))).toBe(expected);
    });

    test('an expiry given without a TTL is kept when it is left out, and none can be added', () => {
      const explicit = { ...existing, expirationTtlNs: 0n };
      expect(prepared({ ...CLIENT, AccessorID: ID }, { existing: explicit }).token.expirationTimeNs).toBe(
        existing.expirationTimeNs,
      );
      const endless = { ...explicit, expirationTimeNs: undefined };
      const wire = { ...CLIENT, AccessorID: ID, ExpirationTime: '2026-02-03T11:00:00Z' };
      expect(messageOf(() => prepared(wire, { existing: endless }))).toBe(list('cannot update expiration time'));
    });
  });

  test('one is expired once its moment lies in the past', () => {
    const until = { ...token({}), expirationTimeNs: NOW };
    expect([isExpired(until, NOW - 1n), isExpired(until, NOW), isExpired(until, NOW + 1n)]).toEqual([
      false,
      false,
      true,
    ]);
    expect(isExpired(token({}), NOW)).toBe(false);
  });

  test('ids are sixteen bytes of chance; digests do not care about case', () => {
    expect(newAclId()).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(newAclId()).not.toBe(newAclId());
    const [lower, upper] = [secretDigest(new Secret(ID)), secretDigest(new Secret(ID.toUpperCase()))];
    expect([
      isSameDigest(lower, upper),
      isSameDigest(lower, secretDigest(new Secret(OTHER_ID))),
      isSameDigest(lower, ''),
    ]).toEqual([true, false, false]);
  });
});

describe('roles', () => {
  const stored = new Map([[OPS.id, { ...OPS, hash: hashRole(OPS), createIndex: 20 }]]);
  const roles: RoleContext = {
    roleById: (id) => stored.get(id),
    roleByName: (name) => [...stored.values()].find((known) => known.name === name),
    hasPolicy: (name) => name !== 'missing',
    newId: () => ID,
  };
  const links = (...names: string[]) => names.map((Name) => ({ Name }));

  test.each([
    ['A45', { Name: 'r', Policies: links('missing') }, 'cannot find policy missing'],
    ['A46', { Name: 'ops', Policies: links('a') }, 'role with name ops already exists'],
    ['unknown', { ID, Name: 'r', Policies: links('a') }, `cannot find role ${ID}`],
    [
      'everything',
      { Name: '', Description: 'd'.repeat(257) },
      "role 0 invalid: 3 errors occurred:\n\t* invalid name ''\n\t* description longer than 256\n\t* at least one policy should be specified\n\n",
    ],
  ])('%s', (_, wire, expected) => {
    expect(messageOf(() => prepareRole(role(wire), roles))).toBe(expected);
  });

  test('a new one gets an id, and each policy once', () => {
    const { role: made, isUnchanged } = prepareRole(role({ Name: 'r', Policies: links('a', 'b', 'a') }), roles);
    expect({ id: made.id, policies: made.policies, isUnchanged }).toEqual({
      id: ID,
      policies: ['a', 'b'],
      isUnchanged: false,
    });
    expect(made.hash).toBe(hashRole(made));
  });

  test('one that stays as it is needs no write', () => {
    const same = role({ ID: OPS.id, Name: 'ops', Policies: links('a') });
    expect(prepareRole(same, roles)).toEqual({ role: stored.get(OPS.id), isUnchanged: true });
    expect(prepareRole({ ...same, description: 'new' }, roles)).toMatchObject({
      isUnchanged: false,
      role: { createIndex: 20 },
    });
  });

  test('a name that another role has is a conflict', () => {
    const taken: RoleContext = { ...roles, roleByName: () => role({ ID, Name: 'dev' }) };
    expect(() => prepareRole(role({ ID: OPS.id, Name: 'dev', Policies: links('a') }), taken)).toThrow(
      expect.objectContaining({ code: 'ACL_CONFLICT', message: 'ACL role with name dev already exists' }),
    );
  });
});

describe('one-time tokens', () => {
  const owner = token({ AccessorID: ID, SecretID: OTHER_ID, Type: 'client', Policies: ['a'] });
  const made = makeOneTimeToken(owner, { nowNs: NOW, newId: counter() });

  test('A43: live for ten minutes and give their owner’s token', () => {
    expect(made).toMatchObject({ accessorId: ID, expiresAtNs: NOW + 600n * SECOND });
    expect(redeemOneTimeToken(made, owner, NOW + 600n * SECOND)).toBe(owner);
  });

  const expired = { ...owner, expirationTimeNs: NOW - 1n };
  test.each([
    ['nobody knows', () => redeemOneTimeToken(undefined, owner, NOW)],
    ['is over', () => redeemOneTimeToken(made, owner, NOW + 600n * SECOND + 1n)],
    ['lost its owner', () => redeemOneTimeToken(made, undefined, NOW)],
    ['belongs to somebody else', () => redeemOneTimeToken(made, { ...owner, accessorId: OTHER_ID }, NOW)],
    ['has an expired owner', () => redeemOneTimeToken(made, expired, NOW)],
    ['is asked for by an expired token', () => makeOneTimeToken(expired, { nowNs: NOW, newId: counter() })],
  ])('one that %s is refused', (_, action) => {
    expect(action).toThrow(expect.objectContaining({ code: 'ACL_PERMISSION_DENIED' }));
  });
});

describe('bootstrap', () => {
  const parts = { nowNs: NOW, newId: counter(), isSecretTaken: () => false };
  const asked = (request: Partial<Parameters<typeof bootstrapToken>[0]>, taken = false) =>
    bootstrapToken(
      { doneAtIndex: undefined, resetIndex: 0, secret: undefined, ...request },
      { ...parts, isSecretTaken: () => taken },
    );

  test('makes a global management token with the reference’s hash, with the secret that is wanted', () => {
    const hash = 'BUJ3BerTfrqFVm1P+vZr1gz9ubOkd+JAvYjNAJyaU9Y=';
    expect(asked({})).toMatchObject({ name: 'Bootstrap Token', type: 'management', isGlobal: true, hash });
    expect(asked({ secret: new Secret(ID) }).secretId.reveal()).toBe(ID);
  });

  test.each([
    ['A40', { doneAtIndex: 7 }, 'ACL bootstrap already done (reset index: 7)'],
    ['another index', { doneAtIndex: 7, resetIndex: 6 }, 'Invalid bootstrap reset index (specified 6, reset index: 7)'],
    ['A41', { secret: new Secret('abc') }, 'invalid acl token'],
    [
      'the index comes first',
      { doneAtIndex: 7, secret: new Secret('abc') },
      'ACL bootstrap already done (reset index: 7)',
    ],
    ['A42', { doneAtIndex: 7, resetIndex: 7 }, 'ok'],
  ])('%s', (_, request, expected) => {
    expect(messageOf(() => asked(request))).toBe(expected);
  });

  test('a secret that is somebody’s is refused', () => {
    expect(messageOf(() => asked({ secret: new Secret(ID) }, true))).toBe('token secret is already in use');
  });

  test.each([
    ['12', 12],
    ['  12\n', 12],
    ['12 and more', 12],
    ['', 0],
    ['x', 0],
    ['-1', 0],
    ['99999999999999999999', 0],
  ])('a reset file of %j', (text, index) => {
    expect(parseResetIndex(text)).toBe(index);
  });
});
