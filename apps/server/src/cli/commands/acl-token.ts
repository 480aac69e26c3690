import type { FlagTable } from '@steppe/config';
import { isUuid } from '@steppe/domain';
import type { ApiClient } from '../api/api-client.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { tokenDetails, tokenTable } from './acl-format.js';
import { explained, readSecret } from './acl-input.js';
import type { AclTokenWire } from './acl-wire.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';

const RIGHTS_FLAGS = {
  name: { kind: 'string', usage: 'a name for people' },
  type: { kind: 'string', usage: 'client or management; default client' },
  policy: { kind: 'strings', usage: 'name of a policy; may be repeated' },
  'role-id': { kind: 'strings', usage: 'id of a role; may be repeated' },
  'role-name': { kind: 'strings', usage: 'name of a role; may be repeated' },
} as const satisfies FlagTable;

const tokenPath = (accessor: string): string => `/v1/acl/token/${encodeURIComponent(accessor)}`;

interface RoleFlags {
  readonly 'role-id'?: readonly string[] | undefined;
  readonly 'role-name'?: readonly string[] | undefined;
}

const rolesOf = ({ 'role-id': ids = [], 'role-name': names = [] }: RoleFlags) => [
  ...ids.map((ID) => ({ ID })),
  ...names.map((Name) => ({ Name })),
];

function demandAccessor(args: readonly string[]): string {
  const [accessor] = args;
  if (accessor === undefined || args.length > 1) throw new UsageError('This command takes one argument: <accessor id>');
  return accessor;
}

export const aclTokenCreate = defineCommand({
  flags: {
    ...CLIENT_FLAGS,
    ...OUTPUT_FLAGS,
    ...RIGHTS_FLAGS,
    global: { kind: 'bool', usage: 'know it in every region' },
    ttl: { kind: 'string', usage: 'how long it lasts, such as 8h' },
    accessor: { kind: 'string', usage: 'take a token over that has this accessor elsewhere' },
  },
  takes: '[<with -accessor: file with the secret, or ->]',
  help: 'Makes a token.',
  run: async ({ flags, args, io }) => {
    const { policy: policies = [], accessor } = flags;
    const [path] = args;
    if (args.length > (accessor === undefined ? 0 : 1)) throw new UsageError('This command takes no arguments');
    const body = {
      Name: flags.name ?? '',
      Type: flags.type ?? 'client',
      Policies: policies,
      Roles: rolesOf(flags),
      Global: flags.global === true,
      ExpirationTTL: flags.ttl ?? '',
    };
    const client = clientOf({ flags, io });
    for (const name of policies) await warnUnlessKnown(client, name, (text) => io.writeError(text));
    const token = (
      accessor === undefined
        ? await explained('Error creating token: ', () => client.put('/v1/acl/token', {}, body))
        : await upload(client, {
            ...body,
            AccessorID: accessor,
            SecretID: path === undefined ? '' : await readSecret(path, io),
          })
    ) as AclTokenWire;
    io.writeOut(formatted(flags, token) ?? tokenDetails(token));
    return 0;
  },
});

async function upload(client: ApiClient, body: { readonly AccessorID: string; readonly SecretID: string }) {
  if (!isUuid(body.AccessorID)) throw new UsageError(`-accessor must be a UUID, got ${body.AccessorID}`);
  if (!isUuid(body.SecretID)) throw new UsageError('The secret must be a UUID, from a file or from standard input (-)');
  return explained('Error uploading token: ', () => client.put(tokenPath(body.AccessorID), {}, body));
}

/** A token may name policies that do not exist yet; often that is a mistake. */
async function warnUnlessKnown(client: ApiClient, name: string, warn: (text: string) => void): Promise<void> {
  try {
    await client.get(`/v1/acl/policy/${encodeURIComponent(name)}`);
  } catch {
    warn(`Warning: policy ${JSON.stringify(name)} cannot be read; the token gets nothing from it until it exists\n`);
  }
}

export const aclTokenUpdate = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS, ...RIGHTS_FLAGS },
  takes: '<accessor id>',
  help: 'Changes a token. Policies and roles that are given take the place of all it had.',
  run: async ({ flags, args, io }) => {
    const accessor = demandAccessor(args);
    const client = clientOf({ flags, io });
    const known = (await explained('Error fetching token: ', () => client.get(tokenPath(accessor)))) as AclTokenWire;
    const roles = rolesOf(flags);
    const body = {
      ...known,
      ...(flags.name === undefined ? {} : { Name: flags.name }),
      ...(flags.type === undefined ? {} : { Type: flags.type }),
      ...(flags.policy === undefined ? {} : { Policies: flags.policy }),
      ...(roles.length === 0 ? {} : { Roles: roles }),
    };
    const token = (await explained('Error updating token: ', () =>
      client.put(tokenPath(accessor), {}, body),
    )) as AclTokenWire;
    io.writeOut(formatted(flags, token) ?? tokenDetails(token));
    return 0;
  },
});

export const aclTokenInfo = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '<accessor id>',
  help: 'Shows a token, its secret included.',
  run: async ({ flags, args, io }) => {
    const accessor = demandAccessor(args);
    const token = (await explained('Error fetching token: ', () =>
      clientOf({ flags, io }).get(tokenPath(accessor)),
    )) as AclTokenWire;
    io.writeOut(formatted(flags, token) ?? tokenDetails(token));
    return 0;
  },
});

export const aclTokenDelete = defineCommand({
  flags: CLIENT_FLAGS,
  takes: '<accessor id>',
  help: 'Deletes a token. Whoever uses it is refused from now on.',
  run: async ({ flags, args, io }) => {
    const accessor = demandAccessor(args);
    await explained('Error deleting token: ', () => clientOf({ flags, io }).delete(tokenPath(accessor)));
    io.writeOut(`Token ${accessor} successfully deleted\n`);
    return 0;
  },
});

export const aclTokenList = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '',
  help: 'Lists all tokens, without their secrets.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const tokens = (await explained('Error listing tokens: ', () =>
      clientOf({ flags, io }).get('/v1/acl/tokens'),
    )) as readonly AclTokenWire[];
    io.writeOut(formatted(flags, tokens) ?? tokenTable(tokens, Date.now()));
    return 0;
  },
});

export const aclTokenSelf = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '',
  help: 'Shows the token that the caller presents.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const client = clientOf({ flags, io });
    if (!client.hasToken) throw new Error('No token present in the environment or set via the CLI flag');
    const token = (await explained('Error fetching self token: ', () =>
      client.get('/v1/acl/token/self'),
    )) as AclTokenWire;
    io.writeOut(formatted(flags, token) ?? tokenDetails(token));
    return 0;
  },
});
