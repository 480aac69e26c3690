import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Secret } from '../values/secret.js';
import { decodeAclPolicy, encodeAclPolicy, encodeAclPolicyStub } from './acl-policy.js';
import { decodeAclRole, encodeAclRole } from './acl-role.js';
import {
  decodeAclToken,
  decodeOneTimeToken,
  encodeAclToken,
  encodeAclTokenStub,
  encodeOneTimeToken,
} from './acl-token.js';

const SAMPLE = {
  ExpirationTTL: '8h0m0s',
  AccessorID: '1c1f8e3a-4f0e-7a35-9d2b-0c7d5a1e9b60',
  SecretID: 'b2f4c7d0-6a1d-03c2-51fe-8a90c3d1e7aa',
  Name: 'ci',
  Type: 'client',
  Policies: ['deploy'],
  Roles: [{ ID: '7e0d2f4b-90aa-1f66-2b7c-3d1a5c8e4f02', Name: 'ops' }],
  Global: false,
  Hash: 'q0y9c1bXAAA=',
  CreateTime: '2026-02-03T10:00:00.123456789Z',
  ExpirationTime: '2026-02-03T18:00:00.123456789Z',
  CreateIndex: 41,
  ModifyIndex: 41,
};

describe('tokens', () => {
  test('the sample of the specification survives', () => {
    expect(encodeAclToken(decodeAclToken(SAMPLE))).toEqual(SAMPLE);
  });

  test('a list entry has neither secret nor TTL', () => {
    const { SecretID: _secret, ExpirationTTL: _ttl, ...stub } = SAMPLE;
    expect(encodeAclTokenStub(decodeAclToken(SAMPLE))).toEqual(stub);
  });

  test('names match in any case, null is nothing, unknown fields are ignored, a TTL may be nanoseconds', () => {
    const token = decodeAclToken({ nAmE: 'x', Policies: null, ExpirationTTL: 60_000_000_000, Other: 1 });
    expect(encodeAclToken(token)).toEqual({
      AccessorID: '',
      SecretID: '',
      Name: 'x',
      Type: '',
      Policies: null,
      Roles: null,
      Global: false,
      Hash: null,
      CreateTime: '0001-01-01T00:00:00Z',
      ExpirationTime: null,
      ExpirationTTL: '1m0s',
      CreateIndex: 0,
      ModifyIndex: 0,
    });
    expect(decodeAclToken(new Map([['name', 'y']])).name).toBe('y');
  });

  test.each([
    [[], 'json: cannot unmarshal array into Go value of type ACLToken'],
    [{ Name: 1 }, 'json: cannot unmarshal number into Go struct field ACLToken.Name of type string'],
    [{ Policies: [1] }, 'json: cannot unmarshal number into Go struct field ACLToken.Policies of type string'],
    [{ Policies: 'a' }, 'json: cannot unmarshal string into Go struct field ACLToken.Policies of type list'],
    [{ Global: 'true' }, 'json: cannot unmarshal string into Go struct field ACLToken.Global of type bool'],
    [{ Roles: ['a'] }, 'json: cannot unmarshal string into Go value of type ACLToken.Roles'],
    [{ CreateIndex: -1 }, 'json: cannot unmarshal number into Go struct field ACLToken.CreateIndex of type uint64'],
    [{ ExpirationTTL: 'soon' }, 'time: invalid duration "soon"'],
    [{ ExpirationTTL: 1.5 }, 'ExpirationTTL: 1.5 is no number of nanoseconds'],
    [{ ExpirationTime: 'soon' }, 'parsing time "soon": not in RFC 3339 form'],
    [{ Policies: Array.from({ length: 10_001 }, () => 'a') }, 'ACLToken.Policies: more than 10000 items'],
  ])('%j is refused', (value, message) => {
    expect(() => decodeAclToken(value)).toThrow(expect.objectContaining({ code: 'WIRE_INVALID', message }));
  });

  test('a one-time token survives', () => {
    const wire = {
      OneTimeSecretID: 's',
      AccessorID: 'a',
      ExpiresAt: '2026-02-03T10:10:00Z',
      CreateIndex: 44,
      ModifyIndex: 44,
    };
    const token = decodeOneTimeToken(wire);
    expect(token.oneTimeSecretId).toBeInstanceOf(Secret);
    expect(encodeOneTimeToken(token)).toEqual(wire);
  });
});

describe('policies and roles', () => {
  const text = fc.string();
  const index = fc.nat();

  test('every policy survives, the parsed rules being output only', () => {
    const jobAcl = fc.record({ namespace: text, jobId: text, group: text, task: text });
    const policy = fc.record({
      name: text,
      description: text,
      rules: text,
      createIndex: index,
      modifyIndex: index,
      jobAcl: fc.option(jobAcl, { nil: undefined }),
      hash: fc.constantFrom('', 'AAAA'),
    });
    fc.assert(
      fc.property(policy, (value) => {
        expect(decodeAclPolicy(JSON.parse(JSON.stringify(encodeAclPolicy(value, { Raw: 'x' }))))).toEqual(value);
        expect(encodeAclPolicyStub(value)).not.toHaveProperty('Rules');
      }),
    );
  });

  test('a hash that is no base64 is refused', () => {
    expect(() => decodeAclPolicy({ Hash: '?' })).toThrow(expect.objectContaining({ code: 'WIRE_INVALID' }));
  });

  test('every role survives', () => {
    const role = fc.record({
      id: text,
      name: text,
      description: text,
      hash: text,
      createIndex: index,
      modifyIndex: index,
      policies: fc.array(text),
    });
    fc.assert(
      fc.property(role, (value) => {
        expect(decodeAclRole(JSON.parse(JSON.stringify(encodeAclRole(value))))).toEqual(value);
      }),
    );
  });
});
