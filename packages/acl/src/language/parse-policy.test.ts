import { describe, expect, test } from '@jest/globals';
import { isSteppeError } from '@steppe/domain';
import { parsePolicy } from './parse-policy.js';
import type { PolicyRules } from './policy-rules.js';

function failure(text: string, isStrict: boolean): string {
  try {
    parsePolicy(text, { isStrict });
  } catch (error) {
    if (isSteppeError(error, 'ACL_POLICY_INVALID')) return error.message;
    throw error;
  }
  return 'ok';
}

const strict = (text: string): string => failure(text, true);
const lenient = (text: string): string => failure(text, false);
const parse = (text: string): PolicyRules => parsePolicy(text);

const NO_VARIABLES = 'Variables:(*acl.VariablesPolicy)(nil)}';
const namespaceDump = (name: string, policy: string, capabilities = '[]string(nil)'): string =>
  `&acl.NamespacePolicy{Name:"${name}", Policy:"${policy}", Capabilities:${capabilities}, ${NO_VARIABLES}`;

describe('table P', () => {
  const long = 'n'.repeat(129);
  test.each([
    ['P1', '', 'ok'],
    [
      'P2',
      'hello world',
      "Failed to parse ACL Policy: At 1:13: key 'hello world' expected start of object ('{') or assignment ('=')",
    ],
    ['P3', '{}', 'Invalid policy: {}'],
    ['P4', 'foo = "bar"', 'Invalid policy: foo = "bar"'],
    ['P5', 'namespace { policy = "read" }', `Invalid namespace name: ${namespaceDump('', 'read')}`],
    ['P6', 'namespace "a_b" { policy = "read" }', `Invalid namespace name: ${namespaceDump('a_b', 'read')}`],
    ['P7a', `namespace "${long.slice(1)}" { policy = "read" }`, 'ok'],
    ['P7b', `namespace "${long}" { policy = "read" }`, `Invalid namespace name: ${namespaceDump(long, 'read')}`],
    ['P8', 'namespace "a" "b" { policy = "read" }', 'Invalid or duplicate policy keys: b', 'ok'],
    ['P9', 'namespace "a" { policy = "list" }', `Invalid namespace policy: ${namespaceDump('a', 'list')}`],
    [
      'P10',
      'namespace "a" { capabilities = ["deny", "foo"] }',
      `Invalid namespace capability 'foo': ${namespaceDump('a', '', '[]string{"deny", "foo"}')}`,
    ],
    ['P11', 'namespace "a" { }', 'ok'],
    ['P12', 'namespace "a" { policy = "read" foo = "bar" }', 'ok'],
    ['P15', 'namespace.default.policy = "read"', 'Invalid policy: namespace.default.policy = "read"'],
    ['P16', 'namespace "a" { policy = "read" }\nfoo = "bar"', 'Invalid or duplicate policy keys: foo', 'ok'],
    [
      'P17',
      'namesapce "a" { policy = "read" }\nagent { policy="read" }',
      'Invalid or duplicate policy keys: a, namesapce',
      'ok',
    ],
    [
      'P18',
      'namespace "a" { policy = "read" }\nNAMESPACE "b" { policy = "read" }',
      'Invalid or duplicate policy keys: NAMESPACE',
      'ok',
    ],
    ['P19', 'agent {policy="read"}\nagent {policy="write"}', 'Invalid or duplicate policy keys: agent', 'ok'],
    [
      'P20',
      'operator {capabilities=["snapshot-save"]}\noperator {capabilities=["license-read"]}',
      'Invalid or duplicate policy keys: operator',
      'ok',
    ],
    [
      'P21',
      'foo=1 agent { policy="bad" } namespace "a" { policy = "read" }',
      'Invalid or duplicate policy keys: foo',
      'Invalid agent policy: &acl.AgentPolicy{Policy:"bad"}',
    ],
    ['P22', 'agent { }', 'Invalid agent policy: &acl.AgentPolicy{Policy:""}'],
    ['P23', 'agent { policy = "Read" }', 'Invalid agent policy: &acl.AgentPolicy{Policy:"Read"}'],
    [
      'P24',
      'agent "x" { policy = "read" }',
      'Invalid or duplicate policy keys: x',
      'Invalid agent policy: &acl.AgentPolicy{Policy:""}',
    ],
    ['P25', 'AGENT { POLICY = "read" }', 'ok'],
    ['P26', 'agent { policy = <<X\nread\nX\n}', 'Invalid agent policy: &acl.AgentPolicy{Policy:"read\\n"}'],
    ['P27', 'agent { policy = "read" }, node { policy = "read" }', 'ok'],
    ['P28a', 'plugin { policy = "list" }', 'ok'],
    ['P28b', 'plugin { policy = "scale" }', 'Invalid plugin policy: &acl.PluginPolicy{Policy:"scale"}'],
    ['P29a', 'operator { }', 'ok'],
    ['P29b', 'quota { }', 'Invalid quota policy: &acl.QuotaPolicy{Policy:""}'],
    ['P30', 'node_pool { policy = "write" }', "Invalid node pool name ''"],
    ['P31', 'node_pool "x" { policy = "list" }', "Invalid node pool policy 'list' for 'x'"],
    [
      'P32',
      'host_volume "volume has a space" { policy = "read" }',
      'Invalid host volume name: &acl.HostVolumePolicy{Name:"volume has a space", Policy:"read", Capabilities:[]string(nil)}',
    ],
    ['P33', 'namespace "a" { variables { } }', 'Invalid variable policy: no variable paths in namespace a'],
    [
      'P34',
      'namespace "a" { variables { path "/x" { capabilities = ["read"] } } }',
      'Invalid variable path "/x" in namespace a: cannot start with a leading \'/\'`',
    ],
    ['P35', 'namespace "a" { variables { path "x" { capabilities = ["read","deny"] } } }', 'ok'],
    ['P36', 'namespace "a" { variables { path "x" { policy = "read" } } }', 'ok'],
    [
      'P37',
      'namespace "a" { variables { path {} } }',
      'Failed to parse ACL Policy: invalid acl policy: runtime error: index out of range [0] with length 0',
    ],
    ['P38', '{"agent":{"policy":"read"},"foo":{"bar":1}}', 'Invalid or duplicate policy keys: foo', 'ok'],
    ['P39', '{"agent":{"policy":"read"}', 'ok'],
    ['P40', '{"namespace":{"default":{"policy":"read"},"other":{"policy":"write"}}}', 'ok'],
    ['P41', '{"namespace":{"policy":"read"}}', `Invalid namespace name: ${namespaceDump('', 'read')}`],
  ])('%s: %j', (_, text, inStrict, inLenient = inStrict) => {
    expect(strict(text)).toBe(inStrict);
    expect(lenient(text)).toBe(inLenient);
  });

  test('P8 P13 P14 P17 to P20: what is read where blocks and attributes repeat', () => {
    expect(parse('namespace "a" "b" { policy = "read" }').namespaces).toMatchObject([{ name: 'a', policy: '' }]);
    expect(parse('namespace "a" { policy="deny"\n policy="read" }').namespaces[0]?.policy).toBe('read');
    const lists = parse('namespace "a" { capabilities=["deny"]\n capabilities=["read-job"] }');
    expect(lists.namespaces[0]?.capabilities).toEqual(['deny', 'read-job']);
    const misspelt = parse('namesapce "a" { policy = "read" }\nagent { policy="read" }');
    expect([misspelt.namespaces, misspelt.agent?.policy]).toEqual([[], 'read']);
    const cases = parse('namespace "a" { policy = "read" }\nNAMESPACE "b" { policy = "read" }');
    expect(cases.namespaces.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(parse('agent {policy="read"}\nagent {policy="write"}').agent?.policy).toBe('write');
    const operator = parse('operator {capabilities=["snapshot-save"]}\noperator {capabilities=["license-read"]}');
    expect(operator.operator?.capabilities).toEqual(['snapshot-save', 'license-read']);
  });

  test('P35 P36 P42: shorthands are expanded after what is listed', () => {
    const paths =
      'path "x" { capabilities = ["read","deny"] } path "y" { policy = "read" } path "z" { capabilities = ["read"] }';
    expect(parse(`namespace "a" { variables { ${paths} } }`).namespaces[0]?.variables).toMatchObject([
      { path: 'x', capabilities: ['deny'] },
      { path: 'y', capabilities: undefined },
      { path: 'z', capabilities: ['read', 'list'] },
    ]);
    const words = parse('namespace "a" { policy = "read" capabilities = ["alloc-exec"] }').namespaces[0]?.capabilities;
    expect([words?.length, words?.[0], words?.[1]]).toEqual([10, 'alloc-exec', 'list-jobs']);
  });
});

describe('the language', () => {
  test.each([
    [' ', 'Invalid policy:  '],
    ['# nothing', 'Invalid policy: # nothing'],
    ['{"Namespaces":[{"Name":"a"}]}', 'Invalid policy: {"Namespaces":[{"Name":"a"}]}'],
    ['\ufeffagent { policy = "read" }', 'Failed to parse ACL Policy: At 1:1: illegal char'],
    ['agent { policy = 1 }', 'Invalid agent policy: &acl.AgentPolicy{Policy:"1"}'],
    ['agent { policy = true }', 'Invalid agent policy: &acl.AgentPolicy{Policy:"true"}'],
    ['agent = { policy = "read" }', 'ok'],
    [
      'agent = "read"',
      'Failed to parse ACL Policy: At 1:9: root.agent: not an object type for struct (*ast.LiteralType)',
    ],
    [
      'agent { policy = ["read"] }',
      'Failed to parse ACL Policy: At 1:18: root.agent.Policy: unknown type for string *ast.ListType',
    ],
    ['namespace = "a"', 'Failed to parse ACL Policy: At 1:13: unknown slice type: *ast.LiteralType'],
    ['operator { capabilities = "deny" }', 'Failed to parse ACL Policy: At 1:27: unknown slice type: *ast.LiteralType'],
    ['namespace "a" { policy = deny }', 'Failed to parse ACL Policy: At 1:26: Unknown token: 1:26 IDENT deny'],
    [
      '{"agent":"read"}',
      'Failed to parse ACL Policy: At -: root.agent: not an object type for struct (*ast.LiteralType)',
    ],
    ['{"agent":{"policy":null}}', 'Invalid agent policy: &acl.AgentPolicy{Policy:""}'],
    ['{"agent":[{"policy":"read"}]}', 'ok'],
    ['{"namespace":[{"a":{"policy":"read"}},{"b":{"policy":"read"}}]}', 'ok'],
    ['{"agent":{"policy":"read"},} tail', 'ok'],
    ['node_pool "a_b*" { policy = "write" }', 'ok'],
    ['node_pool "x" { capabilities = ["list"] }', "Invalid node pool capability 'list' for 'x'"],
    [
      'host_volume "v" { policy = "list" }',
      'Invalid host volume policy: &acl.HostVolumePolicy{Name:"v", Policy:"list", Capabilities:[]string(nil)}',
    ],
    [
      'host_volume "v" { capabilities = ["x"] }',
      'Invalid host volume capability \'x\': &acl.HostVolumePolicy{Name:"v", Policy:"", Capabilities:[]string{"x"}}',
    ],
    ['node { policy = "list" }', 'Invalid node policy: &acl.NodePolicy{Policy:"list"}'],
    [
      'operator { policy = "list" }',
      'Invalid operator policy: &acl.OperatorPolicy{Policy:"list", Capabilities:[]string(nil)}',
    ],
    ['operator { capabilities = ["read"] }', "Invalid operator capability 'read'"],
    [
      'sentinel { policy = "x" }',
      'Invalid sentinel policy: &acl.SentinelPolicy{Policy:"x", Capabilities:[]string(nil)}',
    ],
    ['sentinel { capabilities = ["read"] }', "Invalid sentinel capability 'read'"],
    [
      'namespace "a" { variables { path "" { capabilities = ["read"] } } }',
      'Invalid missing variable path in namespace a',
    ],
    [
      'namespace "a" { variables { path "x" { capabilities = ["submit-job"] } } }',
      "Invalid variable capability 'submit-job' in namespace a",
    ],
    ['namespace "a" { policy = "read" variable { path "x" { capabilities = ["bad"] } } }', 'ok'],
    ['agent { policy = "read" capabilities = "not looked at" }', 'ok'],
  ])('%j', (text, expected) => {
    expect(strict(text)).toBe(expected);
  });

  test('the first problem wins, in the order of the kinds', () => {
    const parts = [
      ['namespace "a" { policy = "x" }', /^Invalid namespace policy/],
      ['node_pool "a" { policy = "x" }', /^Invalid node pool policy/],
      ['host_volume "a" { policy = "x" }', /^Invalid host volume policy/],
      ['unknown = 1', /^Invalid or duplicate policy keys: unknown$/],
      ['agent { policy = "x" }', /^Invalid agent policy/],
      ['node { policy = "x" }', /^Invalid node policy/],
      ['operator { policy = "x" }', /^Invalid operator policy/],
      ['sentinel { policy = "x" }', /^Invalid sentinel policy/],
      ['quota { policy = "x" }', /^Invalid quota policy/],
      ['plugin { policy = "x" }', /^Invalid plugin policy/],
    ] as const;
    parts.forEach(([, problem], n) => {
      const text = parts
        .slice(n)
        .toReversed()
        .map(([part]) => part)
        .join('\n');
      expect(strict(text)).toMatch(problem);
    });
  });

  test.each([
    ['read', 9],
    ['write', 20],
    ['scale', 6],
    ['deny', 1],
  ])('a namespace of policy %s has %d words', (word, count) => {
    expect(parse(`namespace "a" { policy = "${word}" }`).namespaces[0]?.capabilities).toHaveLength(count);
  });

  test('words about host volumes bring others with them', () => {
    const implied = (word: string) =>
      parse(`namespace "a" { capabilities = ["${word}"] }`).namespaces[0]?.capabilities?.slice(1);
    expect(implied('host-volume-write')).toEqual([
      'host-volume-register',
      'host-volume-create',
      'host-volume-delete',
      'host-volume-read',
    ]);
    expect(implied('host-volume-register')).toEqual(['host-volume-create', 'host-volume-read']);
    expect(implied('host-volume-create')).toEqual(['host-volume-read']);
    expect(implied('host-volume-delete')).toEqual([]);
  });

  test('JSON whose every level has one member is read as it is written', () => {
    const text = '{"namespace":{"a":{"variables":{"path":{"x":{"capabilities":["read"]}}}}}}';
    const written = parsePolicy(text, { isStrict: true });
    expect(written.namespaces).toMatchObject([
      { name: 'a', capabilities: undefined, variables: [{ path: 'x', capabilities: ['read', 'list'] }] },
    ]);
  });

  test('a rule knows where it was written', () => {
    const rules = parse(
      'agent { policy = "read" }\n\n  namespace "a" {\n    variables {\n      path "x" {}\n    }\n  }',
    );
    expect(rules.agent?.at).toEqual({ line: 1, column: 1 });
    expect(rules.namespaces[0]?.at).toEqual({ line: 3, column: 3 });
    expect(rules.namespaces[0]?.variables?.[0]?.at).toEqual({ line: 5, column: 7 });
  });

  test('a text beyond one mebibyte is refused before it is read', () => {
    expect(strict(`${' '.repeat(1024 * 1024)}é`)).toBe(
      'Failed to parse ACL Policy: At 1:1: text is longer than 1048576 bytes',
    );
  });
});
