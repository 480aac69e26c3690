import { describe, expect, test } from '@jest/globals';
import { Secret } from '@steppe/domain';
import { DENY_ALL_ACL, DISABLED_ACL } from '../decision/special-acls.js';
import { StorelessTokenResolver } from './storeless-token-resolver.js';

describe('an agent that stores no tokens', () => {
  const off = new StorelessTokenResolver({ aclEnabled: false });
  const on = new StorelessTokenResolver({ aclEnabled: true });

  test('never looks at a token while ACLs are off', () => {
    expect(off.resolve(undefined).acl).toBe(DISABLED_ACL);
    expect(off.resolve(new Secret('whatever')).acl).toBe(DISABLED_ACL);
  });

  test('gives the anonymous caller nothing while ACLs are on', () => {
    expect(on.resolve(undefined).acl).toBe(DENY_ALL_ACL);
  });

  test.each([
    ['0b7c4c3e-51a8-4a5c-8d0e-3f6f8d4b2a71', 'ACL_TOKEN_NOT_FOUND', 'ACL token not found'],
    ['not-a-token', 'ACL_TOKEN_MALFORMED', 'failed to parse signed token: not a UUID and not a signed token'],
  ])('refuses %s with %s and never repeats the secret', (secret, code, message) => {
    expect(() => on.resolve(new Secret(secret))).toThrow(expect.objectContaining({ code, message }));
    expect(message).not.toContain(secret);
  });
});
