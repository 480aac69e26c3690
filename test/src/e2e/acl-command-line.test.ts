import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuiltAgent } from './built-agent.js';
import { finished, startBuiltAgent, steppe, steppePath } from './built-agent.js';

const ROOT = '0f0f0f0f-1111-2222-3333-444444444444';
const TOKEN_TABLE =
  /^Accessor ID +=.*\nSecret ID +=.*\nName +=.*\nType +=.*\nGlobal +=.*\nCreate Time +=.*\nExpiry Time +=.*\nCreate Index +=.*\nModify Index +=.*\nPolicies +=.*\nRoles +=.*\n$/;

let folder: string;
let agent: BuiltAgent;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'steppe-acl-'));
  const config = file(
    'acl.hcl',
    `acl { enabled = true }\naudit_log {\n  enabled = true\n  path = "${join(folder, 'audit.log')}"\n}\n`,
  );
  agent = await startBuiltAgent('-node=alder', `-config=${config}`);
  const bootstrap = await run('acl bootstrap', '', file('secret', `${ROOT}\n`));
  expect(bootstrap.text).toMatch(TOKEN_TABLE);
  expect(bootstrap.text).toContain(`= ${ROOT}\n`);
});
afterAll(async () => {
  agent.program.kill('SIGINT');
  await agent.program.exit;
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Runs a command as the holder of a token, empty for nobody. */
const run = (words: string, token: string, ...args: readonly string[]) =>
  finished(steppe(...words.split(' '), `-address=${agent.url}`, ...(token === '' ? [] : [`-token=${token}`]), ...args));

/** Runs a command with a text on its standard input. */
function feed(input: string, ...args: readonly string[]): { readonly code: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [steppePath, ...args], { input, encoding: 'utf8' });
  return { code: status, text: stdout + stderr };
}

const field = (text: string, name: string): string => new RegExp(`^${name} += (.*)$`, 'm').exec(text)?.[1] ?? '';

test('a policy is applied, shown, listed and deleted', async () => {
  const rules = file('ops.hcl', '# For the operators.\nagent {\n  policy = "write"\n}\n');
  expect(await run('acl policy apply', ROOT, '-description=for ops', 'ops', rules)).toEqual({
    code: 0,
    text: 'Successfully wrote "ops" ACL policy!\n',
  });
  expect((await run('acl policy list', ROOT)).text).toMatch(/^Name +Description\nops +for ops\n$/);
  const info = await run('acl policy info', ROOT, 'ops');
  expect(info.text).toMatch(/^Name += ops\nDescription += for ops\n[^]*\nRules\n\n# For the operators\.\nagent \{\n/);
  expect((await run('acl policy info', ROOT, '-t', '{{.RulesJSON.Agent.Policy}}', 'ops')).text).toBe('write\n');
  const workload = await run('acl policy apply', ROOT, '-namespace=default', '-job=web', 'web', rules);
  expect(workload.code).toBe(0);
  expect((await run('acl policy info', ROOT, 'web')).text).toMatch(
    /\nAssociated Workload\nNamespace += default\nJob += web\n/,
  );
  expect(await run('acl policy delete', ROOT, 'web')).toEqual({ code: 0, text: 'Successfully deleted web policy!\n' });
});

test('a token is made, used, changed, shown and deleted', async () => {
  const made = await run('acl token create', ROOT, '-name=ci', '-policy=ops', '-policy=later', '-ttl=8h');
  expect(made.text).toMatch(/^Warning: policy "later" cannot be read/m);
  const table = made.text.replace(/^Warning.*\n/m, '');
  expect(table).toMatch(TOKEN_TABLE);
  expect(field(made.text, 'Policies')).toBe('ops, later');
  const [secret, accessor] = [field(made.text, 'Secret ID'), field(made.text, 'Accessor ID')];
  expect((await run('agent-info', secret)).code).toBe(0);
  expect((await run('acl token self', secret)).text).toBe(table);
  expect((await run('acl policy self', secret)).text).toMatch(/^Name +Description\nops +for ops\n$/);
  expect((await run('acl token list', ROOT)).text).toMatch(
    /^Name +Type +Global +Accessor ID +Expired\n[^]*\nci +client +false +\S+ +false\n$/,
  );
  const updated = await run('acl token update', ROOT, '-policy=ops', '-name=ci-2', accessor);
  expect([field(updated.text, 'Policies'), field(updated.text, 'Name')]).toEqual(['ops', 'ci-2']);
  expect((await run('acl token info', ROOT, accessor)).text).toBe(updated.text);
  expect((await run('acl token list', secret)).text).toBe(
    'Error listing tokens: Unexpected response code: 403 (Permission denied)\n',
  );
  expect(await run('acl token delete', ROOT, accessor)).toEqual({
    code: 0,
    text: `Token ${accessor} successfully deleted\n`,
  });
  expect((await run('agent-info', secret)).text).toContain('403 (Permission denied)');
});

test('a token is taken over with its ids', async () => {
  const accessor = 'aaaaaaaa-1111-2222-3333-444444444444';
  const secret = 'bbbbbbbb-1111-2222-3333-444444444444';
  const path = file('taken', `${secret}\n`);
  const made = await run('acl token create', ROOT, '-policy=ops', `-accessor=${accessor}`, path);
  expect([field(made.text, 'Accessor ID'), field(made.text, 'Secret ID')]).toEqual([accessor, secret]);
});

test('a role is made, changed, shown and deleted', async () => {
  const rules = file('nodes.hcl', 'node { policy = "read" }\n');
  await run('acl policy apply', ROOT, 'nodes', rules);
  const made = await run('acl role create', ROOT, '-name=team', '-description=all of us', '-policy=ops');
  expect(made.text).toMatch(
    /^ID += \S+\nName += team\nDescription += all of us\nPolicies += ops\nCreate Index += \d+\n/,
  );
  const id = field(made.text, 'ID');
  const merged = await run('acl role update', ROOT, '-policy=nodes', id);
  expect(field(merged.text, 'Policies')).toBe('ops,nodes');
  const replaced = await run('acl role update', ROOT, '-no-merge', '-name=crew', '-policy=nodes', id);
  expect([field(replaced.text, 'Name'), field(replaced.text, 'Policies')]).toEqual(['crew', 'nodes']);
  expect((await run('acl role info', ROOT, '-by-name', 'crew')).text).toBe(replaced.text);
  const token = await run('acl token create', ROOT, '-role-name=crew');
  expect(field(token.text, 'Roles')).toBe('crew');
  expect((await run('node status', field(token.text, 'Secret ID'))).code).toBe(0);
  expect((await run('acl role list', ROOT)).text).toMatch(
    /^ID +Name +Description +Policies\n\S+ +crew +<none> +nodes\n$/,
  );
  expect(await run('acl role delete', ROOT, id)).toEqual({ code: 0, text: `ACL role ${id} successfully deleted\n` });
  expect((await run('acl role list', ROOT)).text).toBe('No ACL roles found\n');
});

test.each<[string, readonly string[], string]>([
  ['acl policy apply', ['x'], 'This command takes two arguments: <policy name> <path>'],
  ['acl policy apply', ['x', '/no/such'], 'Error reading /no/such: ENOENT'],
  ['acl policy apply', ['-job=web', 'x', '-'], '-namespace is required if -job is set'],
  ['acl policy info', ['none'], 'Unexpected response code: 404 (ACL policy not found)'],
  ['acl token create', [], 'client token missing policies or roles'],
  ['acl token create', ['-accessor=x', '-policy=ops'], '-accessor must be a UUID, got x'],
  ['acl token info', ['none'], 'Unexpected response code: 500 (acl token lookup failed: index error'],
  ['acl role create', ['-policy=ops'], 'ACL role name must be specified using the -name flag'],
  ['acl role create', ['-name=x', '-policy=none'], 'cannot find policy none'],
  ['acl bootstrap', [], 'Error bootstrapping: Unexpected response code: 400 (ACL bootstrap already done (reset index:'],
  ['acl explain', [], 'Either a check, such as AgentRead, or -path must be given'],
  ['acl explain', ['-path=/v1/none'], 'there is no operation GET /v1/none'],
  ['acl explain', ['Sing'], 'unknown check "Sing"'],
])('steppe %s %p fails with its reason', async (words, args, reason) => {
  const { code, text } = await run(words, ROOT, ...args);
  expect(text).toContain(reason);
  expect(code).toBe(1);
});

test('without a token in sight its own token is not asked for', async () => {
  expect((await run('acl token self', '')).text).toBe('No token present in the environment or set via the CLI flag\n');
});

describe('steppe acl explain', () => {
  test('says by which rule of a token’s policies a request is allowed or denied, and what would help', async () => {
    const made = await run('acl token create', ROOT, '-policy=ops');
    const accessor = `-accessor=${field(made.text, 'Accessor ID')}`;
    const allowed = await run('acl explain', ROOT, accessor, '-method=PUT', '-path=/v1/agent/reload');
    expect(allowed.code).toBe(0);
    expect(allowed.text).toMatch(/^allowed\n\nAgentWrite\(\): yes, .*\n {2}decided by ops:2:1 agent\n$/);
    const denied = await run('acl explain', ROOT, accessor, 'NsOp', 'web', 'submit-job');
    expect(denied.code).toBe(2);
    expect(denied.text).toMatch(/^denied\n\nNsOp\(web, submit-job\): no, /);
    expect(denied.text).toMatch(/would be granted by:\n {4}namespace "web" \{/);
    const json = await run('acl explain', ROOT, '-json', accessor, '-path=/v1/nodes');
    expect(JSON.parse(json.text)).toMatchObject({ Allowed: false, Checks: [{ Check: 'NodeRead', Allowed: false }] });
    expect((await run('acl explain', field(made.text, 'Secret ID'), 'AgentRead')).text).toContain('Permission denied');
  });

  test('takes policy files without an agent', async () => {
    const path = file('offline.hcl', 'namespace "web-*" {\n  policy = "read"\n}\n');
    const answer = await finished(steppe('acl', 'explain', `-policy=${path}`, 'NsOp', 'web-1', 'read-job'));
    expect(answer).toMatchObject({ code: 0 });
    expect(answer.text).toContain(`decided by ${path}:1:1 namespace "web-*"`);
  });

  test('answers thousands of checks from standard input, one line each, in order', () => {
    const policy = 'namespace "ns" { policy = "write" }';
    const lines = Array.from({ length: 3_000 }, (_, i) =>
      JSON.stringify({ policies: [policy], check: 'NsOp', args: [i % 2 === 0 ? 'ns' : 'other', 'submit-job'] }),
    );
    const { code, text } = feed([...lines, 'no JSON', ''].join('\n'), 'acl', 'explain', '-batch');
    expect(code).toBe(0);
    const answers = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { allowed?: boolean; error?: string });
    expect(answers).toHaveLength(3_001);
    expect(answers.slice(0, 3_000).every(({ allowed }, i) => allowed === (i % 2 === 0))).toBe(true);
    expect(answers.at(-1)?.error).toContain('line is not JSON');
  });
});

test('every request that would change something is in the audit log, without secrets, and a changed log is found out', async () => {
  await run('server force-leave', '', 'nobody');
  const path = join(folder, 'audit.log');
  expect((await run('audit verify', '', path)).text).toContain('flag provided but not defined: -address');
  const verified = await finished(steppe('audit', 'verify', path));
  expect(verified.text).toMatch(/^\d+ records, as they were written\nLast hash: [0-9a-f]{64}\n$/);
  const text = readFileSync(path, 'utf8');
  const records = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(records).toContainEqual(
    expect.objectContaining({ Method: 'PUT', Path: '/v1/acl/policy/ops', Decision: 'authorised', Status: 200 }),
  );
  expect(records.at(-1)).toMatchObject({
    Path: '/v1/agent/force-leave',
    Decision: 'denied',
    Caller: 'token:anonymous',
  });
  expect(text).not.toContain(ROOT);
  const changed = file('changed.log', text.replace('"denied"', '"authorised"'));
  const found = await finished(steppe('audit', 'verify', changed));
  expect(found.code).toBe(1);
  expect(found.text).toContain('its content does not match its hash');
});
