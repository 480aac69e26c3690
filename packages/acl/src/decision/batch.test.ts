import { describe, expect, test } from '@jest/globals';
import { CheckBatch } from './batch.js';

const batch = new CheckBatch();
const answer = (line: object): object => batch.answer(JSON.stringify(line));
const READ_A = 'namespace "a" { policy = "read" }';
const CLAIM = { Namespace: 'ns1', JobID: 'web', Group: 'api', Task: 'main' };

describe('a batch of checks', () => {
  test.each([
    [{ policies: [READ_A], check: 'NsOp', args: ['a', 'read-job'] }, true],
    [{ policies: [READ_A], check: 'NsOp', args: ['a', 'submit-job'] }, false],
    [{ policies: [READ_A, 'namespace "a" { policy = "deny" }'], check: 'NsOp', args: ['a', 'read-job'] }, false],
    [
      {
        policies: ['{"namespace":{"a":{"policy":"read"}}}', 'foo "x" {} agent { policy = "read" }'],
        check: 'AgentRead',
      },
      true,
    ],
    [{ policies: [], check: 'Var', args: ['ns1', 'nomad/jobs/web', 'read', CLAIM] }, true],
    [{ policies: [], check: 'Var', args: ['ns1', 'nomad/jobs/web', 'read', null] }, false],
    [{ policies: [], check: 'Svc', args: ['a', true] }, true],
    [{ acl: 'MGMT', check: 'Mgmt', args: [] }, true],
    [{ acl: 'NIL', check: 'Svc', args: ['a', true] }, false],
    [{ acl: 'NIL', check: 'Var', args: ['ns1', 'nomad/jobs/web', 'read', CLAIM] }, false],
    [{ acl: 'DISABLED', check: 'AgentDebug', args: [true] }, true],
    [{ acl: 'SERVER', check: 'ServerOp' }, true],
    [{ acl: 'CLIENT(gpu)', check: 'ClientOp', args: ['gpu'] }, true],
    [{ acl: 'CLIENT(gpu)', check: 'ClientOp', args: ['default'] }, false],
  ])('%j: %s', (line, allowed) => {
    expect(answer(line)).toEqual({ allowed });
  });

  test.each([
    [{ policies: [], check: 'Fly' }, 'unknown check "Fly"'],
    [{ policies: [] }, 'check must be a text'],
    [{ policies: [], check: 'Mgmt', args: 'x' }, 'args must be a list'],
    [{ policies: [], check: 'Mgmt', args: ['x'] }, 'Mgmt takes 0 arguments, got 1'],
    [{ policies: [], check: 'NsOp', args: ['a'] }, 'NsOp takes 2 arguments, got 1'],
    [{ policies: [], check: 'Var', args: [] }, 'Var takes 3 to 4 arguments, got 0'],
    [{ policies: [], check: 'NsOpAnyOf', args: [] }, 'NsOpAnyOf takes at least 1 arguments, got 0'],
    [{ policies: [], check: 'NsOp', args: ['a', 1] }, 'NsOp: argument 2 (operation) must be a text, got 1'],
    [{ policies: [], check: 'AgentDebug', args: ['yes'] }, 'AgentDebug: argument 1 must be true or false, got "yes"'],
    [{ policies: [], check: 'Var', args: ['a', 'b', 'read', 'W'] }, 'Var: the claim must be an object, got "W"'],
    [
      { policies: [], check: 'Var', args: ['a', 'b', 'read', { JobID: 1 }] },
      'Var: JobID of the claim must be a text, got 1',
    ],
    [{ policies: 'x', check: 'Mgmt' }, 'policies must be a list of policy texts'],
    [{ policies: [1], check: 'Mgmt' }, 'policies must be a list of policy texts'],
    [{ policies: [READ_A, 'agent {}'], check: 'Mgmt' }, 'policy 1: Invalid agent policy: &acl.AgentPolicy{Policy:""}'],
    [{ acl: 'ROOT', check: 'Mgmt' }, 'acl must be NIL, MGMT, DISABLED, SERVER or CLIENT(<pool>), got "ROOT"'],
    [{ acl: '__proto__', check: 'Mgmt' }, 'acl must be NIL, MGMT, DISABLED, SERVER or CLIENT(<pool>), got "__proto__"'],
    [{ acl: 'MGMT', policies: [], check: 'Mgmt' }, 'either acl or policies, not both'],
  ])('%j is answered by what is wrong', (line, error) => {
    expect(answer(line)).toEqual({ error });
  });

  test.each([
    ['', /^line is not JSON: /],
    ['[]', /^line must be an object$/],
    ['null', /^line must be an object$/],
    [' '.repeat(8 * 1024 * 1024 + 1), /^line is longer than 8388608 characters$/],
  ])('a line that is no object is answered by what is wrong', (line, error) => {
    expect(batch.answer(line)).toEqual({ error: expect.stringMatching(error) });
  });
});
