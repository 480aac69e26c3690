import type { FlagTable } from '@steppe/config';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { roleDetails, roleTable } from './acl-format.js';
import { explained } from './acl-input.js';
import type { AclRoleWire } from './acl-wire.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

const ROLE_FLAGS = {
  ...CLIENT_FLAGS,
  ...OUTPUT_FLAGS,
  name: { kind: 'string', usage: 'its name, unique' },
  description: { kind: 'string', usage: 'what the role is for' },
  policy: { kind: 'strings', usage: 'name of a policy; may be repeated' },
} as const satisfies FlagTable;

const rolePath = (id: string): string => `/v1/acl/role/${encodeURIComponent(id)}`;
const links = (names: readonly string[]) => names.map((Name) => ({ Name }));

function demandId(args: readonly string[]): string {
  const [id] = args;
  if (id === undefined || args.length > 1) throw new UsageError('This command takes one argument: <role id>');
  return id;
}

export const aclRoleCreate = defineCommand({
  flags: ROLE_FLAGS,
  takes: '',
  help: 'Makes a role: a bundle of policies that tokens can refer to.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const { name = '', description = '', policy = [] } = flags;
    if (name === '') throw new UsageError('ACL role name must be specified using the -name flag');
    if (policy.length === 0) throw new UsageError('At least one policy name must be specified using the -policy flag');
    const role = (await explained('Error creating ACL role: ', () =>
      clientOf({ flags, io }).put(
        '/v1/acl/role',
        {},
        { Name: name, Description: description, Policies: links(policy) },
      ),
    )) as AclRoleWire;
    io.writeOut(formatted(flags, role) ?? roleDetails(role));
    return 0;
  },
});

export const aclRoleUpdate = defineCommand({
  flags: { ...ROLE_FLAGS, 'no-merge': { kind: 'bool', usage: 'replace what the role has, instead of adding to it' } },
  takes: '<role id>',
  help: 'Changes a role. Policies are added to those it has, unless -no-merge is given.',
  run: async ({ flags, args, io }) => {
    const id = demandId(args);
    const client = clientOf({ flags, io });
    const known = (await explained('Error reading ACL role: ', () => client.get(rolePath(id)))) as AclRoleWire;
    const { name, description, policy = [], 'no-merge': isReplacing = false } = flags;
    if (isReplacing && name === undefined) {
      throw new UsageError('ACL role name must be specified using the -name flag when using the -no-merge flag');
    }
    if (isReplacing && policy.length === 0) {
      throw new UsageError(
        'At least one policy name must be specified using the -policy flag when using the -no-merge flag',
      );
    }
    const kept = isReplacing ? [] : (known.Policies ?? []).map(({ Name }) => Name);
    const body = {
      ID: known.ID,
      Name: name ?? known.Name,
      Description: description ?? (isReplacing ? '' : known.Description),
      Policies: links([...new Set([...kept, ...policy])]),
    };
    const role = (await explained('Error updating ACL role: ', () =>
      client.put(rolePath(id), {}, body),
    )) as AclRoleWire;
    io.writeOut(formatted(flags, role) ?? roleDetails(role));
    return 0;
  },
});

export const aclRoleInfo = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS, 'by-name': { kind: 'bool', usage: 'the argument is the role’s name' } },
  takes: '<role id or name>',
  help: 'Shows a role.',
  run: async ({ flags, args, io }) => {
    const id = demandId(args);
    const path = flags['by-name'] === true ? `/v1/acl/role/name/${encodeURIComponent(id)}` : rolePath(id);
    const role = (await explained('Error reading ACL role: ', () => clientOf({ flags, io }).get(path))) as AclRoleWire;
    io.writeOut(formatted(flags, role) ?? roleDetails(role));
    return 0;
  },
});

export const aclRoleList = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '',
  help: 'Lists the roles that the caller may see.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const roles = (await explained('Error listing ACL roles: ', () =>
      clientOf({ flags, io }).get('/v1/acl/roles'),
    )) as readonly AclRoleWire[];
    io.writeOut(formatted(flags, roles) ?? roleTable(roles));
    return 0;
  },
});

export const aclRoleDelete = defineCommand({
  flags: CLIENT_FLAGS,
  takes: '<role id>',
  help: 'Deletes a role. Tokens that refer to it lose what it granted.',
  run: async ({ flags, args, io }) => {
    const id = demandId(args);
    await explained('Error deleting ACL role: ', () => clientOf({ flags, io }).delete(rolePath(id)));
    io.writeOut(`ACL role ${id} successfully deleted\n`);
    return 0;
  },
});
