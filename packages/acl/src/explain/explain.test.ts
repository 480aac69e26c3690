import { describe, expect, test } from '@jest/globals';
import { checkOf } from '../testing/notation.js';
import type { NamedPolicy } from './explain.js';
import { explain } from './explain.js';

const policy = (name: string, rules: string): NamedPolicy => ({ name, rules });
const dev = policy('dev', 'agent { policy = "read" }\n\nnamespace "dev-*" {\n  policy = "read"\n}');
const fence = policy('fence', 'namespace "dev-secrets" {\n  capabilities = ["deny"]\n}');

describe('explanations', () => {
  test('an allowed check names the rule, its policy and its line', () => {
    expect(explain([dev, fence], checkOf('NsOp(dev-web, read-job)'))).toEqual({
      allowed: true,
      reason: 'allowed by namespace "dev-*" (policy "dev", line 3)',
      decidedBy: [{ policy: 'dev', line: 3, column: 1, block: 'namespace "dev-*"' }],
      missing: undefined,
      grant: undefined,
      hides: [],
      obstacles: [],
    });
  });

  test('a denied one names what is missing and the smallest rule that would grant it', () => {
    expect(explain([dev, fence], checkOf('NsOp(dev-web, submit-job)'))).toEqual({
      allowed: false,
      reason: 'denied: namespace "dev-*" (policy "dev", line 3) does not grant submit-job',
      decidedBy: [{ policy: 'dev', line: 3, column: 1, block: 'namespace "dev-*"' }],
      missing: 'submit-job',
      grant: 'namespace "dev-web" { capabilities = ["submit-job"] }',
      hides: [{ policy: 'dev', line: 3, column: 1, block: 'namespace "dev-*"' }],
      obstacles: [],
    });
  });

  test('where a deny decides, it is the deny that has to go', () => {
    expect(explain([dev, fence], checkOf('NsOp(dev-secrets, read-job)'))).toEqual({
      allowed: false,
      reason: 'denied by namespace "dev-secrets" (policy "fence", line 1)',
      decidedBy: [{ policy: 'fence', line: 1, column: 1, block: 'namespace "dev-secrets"' }],
      missing: 'read-job',
      grant: undefined,
      hides: [],
      obstacles: [{ policy: 'fence', line: 1, column: 1, block: 'namespace "dev-secrets"' }],
    });
  });

  test('a rule for variables hides patterns about its namespace, and that is said', () => {
    const { grant, hides } = explain([dev], checkOf('Var(dev-web, x, read)'));
    expect(grant).toBe('namespace "dev-web" { variables { path "x" { capabilities = ["read"] } } }');
    expect(hides).toEqual([{ policy: 'dev', line: 3, column: 1, block: 'namespace "dev-*"' }]);
    const exact = explain([policy('p', 'namespace "a" { policy = "read" }')], checkOf('NsOp(a, submit-job)'));
    expect([exact.grant, exact.hides]).toEqual(['namespace "a" { capabilities = ["submit-job"] }', []]);
  });

  const NOTHING: readonly NamedPolicy[] = [];
  test.each([
    [
      NOTHING,
      'NsOp(a, submit-job)',
      'namespace "a" { capabilities = ["submit-job"] }',
      'denied: no rule is about this',
    ],
    [NOTHING, 'NsOp(a_b, submit-job)', 'namespace "a*b" { capabilities = ["submit-job"] }', undefined],
    [NOTHING, 'NsOp(a, no-such-word)', undefined, undefined],
    [NOTHING, 'NsOp(a, deny)', undefined, undefined],
    [NOTHING, 'NsOp(*, read-job)', 'namespace "default" { capabilities = ["read-job"] }', undefined],
    [NOTHING, 'NsOpAnyOf(a, submit-job, register-job)', 'namespace "a" { capabilities = ["submit-job"] }', undefined],
    [NOTHING, 'Ns(a)', 'namespace "a" { capabilities = ["list-jobs"] }', undefined],
    [NOTHING, 'Svc(a, false)', 'namespace "a" { capabilities = ["read-job"] }', undefined],
    [NOTHING, 'PoolOp(gpu_1, write)', 'node_pool "gpu_1" { capabilities = ["write"] }', undefined],
    [NOTHING, 'Pool(gpu)', 'node_pool "gpu" { capabilities = ["read"] }', undefined],
    [NOTHING, 'PoolSearch', 'node_pool "default" { }', undefined],
    [NOTHING, 'HvOp(v, mount-readwrite)', 'host_volume "v" { capabilities = ["mount-readwrite"] }', undefined],
    [NOTHING, 'Hv(v)', 'host_volume "v" { capabilities = ["mount-readonly"] }', undefined],
    [
      NOTHING,
      'Var(a, x/y, write)',
      'namespace "a" { variables { path "x/y" { capabilities = ["write"] } } }',
      undefined,
    ],
    [NOTHING, 'Var(a, /x, write)', 'namespace "a" { variables { path "*x" { capabilities = ["write"] } } }', undefined],
    [NOTHING, 'VarSearch(a)', 'namespace "a" { variables { path "*" { capabilities = ["list"] } } }', undefined],
    [NOTHING, 'AgentWrite', 'agent { policy = "write" }', undefined],
    [NOTHING, 'AgentDebug(true)', 'agent { policy = "read" }', undefined],
    [NOTHING, 'PluginList', 'plugin { policy = "list" }', undefined],
    [NOTHING, 'OperatorOp(snapshot-save)', 'operator { capabilities = ["snapshot-save"] }', undefined],
    [NOTHING, 'SentinelOp(sentinel-read)', 'sentinel { capabilities = ["sentinel-read"] }', undefined],
    [NOTHING, 'Mgmt', undefined, 'denied: no policy grants this; it takes a management token'],
    [NOTHING, 'ServerOp', undefined, 'denied: no policy grants this; it is for servers'],
    [NOTHING, 'ClientOp(gpu)', undefined, 'denied: no policy grants this; it is for nodes of that pool'],
    [NOTHING, 'Svc(a, true)', undefined, 'allowed: every workload may read services'],
    [
      NOTHING,
      'Var(ns1, nomad/jobs/web, read, W)',
      undefined,
      'allowed: a workload may read and list its own variables',
    ],
    [[policy('p', 'agent { policy = "deny" }')], 'AgentRead', undefined, 'denied by agent (policy "p", line 1)'],
    [[policy('p', 'plugin { policy = "write" }')], 'PluginRead', undefined, 'denied by plugin (policy "p", line 1)'],
    [
      [policy('p', 'operator { policy = "read" }'), policy('q', 'operator { capabilities = ["deny"] }')],
      'OperatorOp(license-read)',
      undefined,
      'denied by operator (policy "q", line 1)',
    ],
    [
      [policy('p', 'namespace "a" { variables { path "x" { capabilities = ["deny"] } } }')],
      'Var(a, x, read)',
      'namespace "a" { variables { path "x" { capabilities = ["read"] } } }',
      'denied: path "x" (policy "p", line 1) does not grant read',
    ],
  ])('%j, %s: %s', (policies, check, grant, reason) => {
    const explanation = explain(policies, checkOf(check));
    expect(explanation.grant).toBe(grant);
    if (reason !== undefined) expect(explanation.reason).toBe(reason);
  });
});
