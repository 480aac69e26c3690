import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { policyDetails, policyTable } from './acl-format.js';
import { explained, readText } from './acl-input.js';
import type { AclPolicyWire, AclTokenWire } from './acl-wire.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

const OF_MANAGEMENT = 'This is a management token. No individual policies are assigned.\n';
const policyPath = (name: string): string => `/v1/acl/policy/${encodeURIComponent(name)}`;

/** The one name a command takes. */
function demandName(args: readonly string[]): string {
  const [name] = args;
  if (name === undefined || args.length > 1) throw new UsageError('This command takes one argument: <policy name>');
  return name;
}

export const aclPolicyApply = defineCommand({
  flags: {
    ...CLIENT_FLAGS,
    description: { kind: 'string', usage: 'what the policy is for' },
    job: { kind: 'string', usage: 'attach it to the workloads of this job; needs -namespace' },
    group: { kind: 'string', usage: 'only to those of this group; needs -job' },
    task: { kind: 'string', usage: 'only to this task; needs -group' },
  },
  takes: '<policy name> <file, or ->',
  help: 'Adds a policy, or replaces the one of that name.',
  run: async ({ flags, args, io }) => {
    const [name, path] = args;
    if (name === undefined || path === undefined || args.length > 2) {
      throw new UsageError('This command takes two arguments: <policy name> <path>');
    }
    const { namespace = '', job = '', group = '', task = '' } = flags;
    if (job !== '' && namespace === '') throw new UsageError('-namespace is required if -job is set');
    if (group !== '' && job === '') throw new UsageError('-job is required if -group is set');
    if (task !== '' && group === '') throw new UsageError('-group is required if -task is set');
    const body = {
      Name: name,
      Description: flags.description ?? '',
      Rules: await readText(path, io),
      ...(namespace === '' ? {} : { JobACL: { Namespace: namespace, JobID: job, Group: group, Task: task } }),
    };
    await explained('Error writing ACL policy: ', () => clientOf({ flags, io }).put(policyPath(name), {}, body));
    io.writeOut(`Successfully wrote "${name}" ACL policy!\n`);
    return 0;
  },
});

export const aclPolicyList = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '',
  help: 'Lists the policies that the caller may see.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const policies = (await explained('Error listing ACL policies: ', () =>
      clientOf({ flags, io }).get('/v1/acl/policies'),
    )) as readonly AclPolicyWire[];
    const table = policies.length === 0 ? 'No policies found\n' : policyTable(policies);
    io.writeOut(formatted(flags, policies) ?? table);
    return 0;
  },
});

export const aclPolicyInfo = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '<policy name>',
  help: 'Shows a policy with its rules.',
  run: async ({ flags, args, io }) => {
    const name = demandName(args);
    const policy = (await explained('Error fetching info on ACL policy: ', () =>
      clientOf({ flags, io }).get(policyPath(name)),
    )) as AclPolicyWire;
    io.writeOut(formatted(flags, policy) ?? policyDetails(policy));
    return 0;
  },
});

export const aclPolicyDelete = defineCommand({
  flags: CLIENT_FLAGS,
  takes: '<policy name>',
  help: 'Deletes a policy. Tokens and roles that name it lose what it granted.',
  run: async ({ flags, args, io }) => {
    const name = demandName(args);
    await explained('Error deleting ACL policy: ', () => clientOf({ flags, io }).delete(policyPath(name)));
    io.writeOut(`Successfully deleted ${name} policy!\n`);
    return 0;
  },
});

export const aclPolicySelf = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '',
  help: 'Lists the policies of the caller’s own token.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const client = clientOf({ flags, io });
    const token = (await explained('Error fetching self token: ', () =>
      client.get('/v1/acl/token/self'),
    )) as AclTokenWire;
    if (token.Type === 'management') {
      io.writeOut(OF_MANAGEMENT);
      return 0;
    }
    const policies = ((await explained('Error fetching WI policies: ', () => client.get('/v1/acl/policy/self'))) ??
      []) as readonly AclPolicyWire[];
    io.writeOut(formatted(flags, policies) ?? (policies.length === 0 ? 'No policies found.\n' : policyTable(policies)));
    return 0;
  },
});
