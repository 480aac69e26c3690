import { describe, expect, test } from '@jest/globals';
import type { Acl } from './acl.js';
import { compileAcl, DENY_ALL_ACL, DISABLED_ACL, MANAGEMENT_ACL } from './acl.js';

const granted = (acl: Acl) => ({
  management: acl.isManagement(),
  agentRead: acl.allowAgentRead(),
  agentWrite: acl.allowAgentWrite(),
  debugOff: acl.allowAgentDebug(false),
  debugOn: acl.allowAgentDebug(true),
  nodeRead: acl.allowNodeRead(),
});

describe('what each kind of ACL object grants', () => {
  const nothing = {
    management: false,
    agentRead: false,
    agentWrite: false,
    debugOff: false,
    debugOn: false,
    nodeRead: false,
  };
  const everything = {
    management: true,
    agentRead: true,
    agentWrite: true,
    debugOff: true,
    debugOn: true,
    nodeRead: true,
  };

  test.each([
    ['management', MANAGEMENT_ACL, everything],
    ['disabled: debug needs the agent setting', DISABLED_ACL, { ...everything, debugOff: false }],
    ['deny all', DENY_ALL_ACL, nothing],
    [
      'agent read: enable_debug is irrelevant while ACLs are on',
      compileAcl({ agent: 'read', node: 'deny' }),
      { ...nothing, agentRead: true, debugOff: true, debugOn: true },
    ],
    [
      'agent write includes read',
      compileAcl({ agent: 'write', node: 'deny' }),
      { ...nothing, agentRead: true, agentWrite: true, debugOff: true, debugOn: true },
    ],
    ['node read', compileAcl({ agent: 'deny', node: 'read' }), { ...nothing, nodeRead: true }],
    ['node write includes read', compileAcl({ agent: 'deny', node: 'write' }), { ...nothing, nodeRead: true }],
  ])('%s', (_, acl, expected) => {
    expect(granted(acl)).toEqual(expected);
  });
});
