import { goQuote, NAMESPACE_WIRE, parseNamespaceHcl } from '@steppe/domain';
import type { FlagTable } from '@steppe/config';
import type { ApiClient } from '../api/api-client.js';
import { UnexpectedResponse } from '../api/api-client.js';
import { CLIENT_FLAGS, clientOf, defineCommand, UsageError } from '../command.js';
import { formatColumns, formatKeyValues } from '../format/columns.js';
import { section } from '../format/section.js';
import { explained } from './acl-input.js';
import { existsSync } from 'node:fs';
import type { NamespaceWire } from './namespace-wire.js';
import { orNone } from './node-table.js';
import { formatted, OUTPUT_FLAGS } from './output-formats.js';
import type { NamedBody } from './spec-file.js';
import { readNamed } from './spec-file.js';

const path = (name: string): string => `/v1/namespace/${encodeURIComponent(name)}`;

function demandName(args: readonly string[]): string {
  const [name] = args;
  if (name === undefined || args.length > 1) throw new UsageError('This command takes one argument: <namespace>');
  return name;
}

export const namespaceList = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '',
  help: 'Lists the namespaces that the caller may see.',
  run: async ({ flags, args, io }) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments');
    const namespaces = (await explained('Error retrieving namespaces: ', () =>
      clientOf({ flags, io }).get('/v1/namespaces'),
    )) as readonly NamespaceWire[];
    const rows = namespaces.map(({ Name, Description }) => [Name, orNone(Description)]);
    io.writeOut(formatted(flags, namespaces) ?? `${formatColumns([['Name', 'Description'], ...rows])}\n`);
    return 0;
  },
});

export const namespaceStatus = defineCommand({
  flags: { ...CLIENT_FLAGS, ...OUTPUT_FLAGS },
  takes: '<namespace>',
  help: 'Shows a namespace: what it is for, and what its jobs may use.',
  run: async ({ flags, args, io }) => {
    const name = demandName(args);
    const namespace = (await explained('Error retrieving namespace: ', () =>
      clientOf({ flags, io }).get(path(name)),
    )) as NamespaceWire;
    io.writeOut(formatted(flags, namespace) ?? `${namespaceDetails(namespace)}\n`);
    return 0;
  },
});

export const namespaceApply = defineCommand({
  flags: {
    ...CLIENT_FLAGS,
    description: { kind: 'string', usage: 'what the namespace is for' },
    json: { kind: 'bool', usage: 'the file is JSON, whatever it looks like' },
  } as const satisfies FlagTable,
  takes: '<namespace, file, or ->',
  help: 'Adds a namespace, or replaces the one of its name: by name, or from a file, HCL or JSON.',
  run: async ({ flags, args, io }) => {
    const given = demandName(args);
    const client = clientOf({ flags, io });
    const isFile = given === '-' || flags.json === true || existsSync(given);
    const reading = {
      isJson: flags.json === true,
      what: 'namespace',
      parseHcl: (source: string) => NAMESPACE_WIRE.encode(parseNamespaceHcl(source)),
    };
    const body = isFile ? await readNamed(given, reading, io) : await namespaceNamed(client, given);
    const described = flags.description === undefined ? body : { ...body, Description: flags.description };
    await explained('Error applying namespace specification: ', () => client.put('/v1/namespace', {}, described));
    io.writeOut(`Successfully applied namespace ${goQuote(body.Name)}!\n`);
    return 0;
  },
});

export const namespaceDelete = defineCommand({
  flags: CLIENT_FLAGS,
  takes: '<namespace>',
  help: 'Deletes a namespace whose jobs are all dead.',
  run: async ({ flags, args, io }) => {
    const name = demandName(args);
    await explained('Error deleting namespace: ', () => clientOf({ flags, io }).delete(path(name)));
    io.writeOut(`Successfully deleted namespace ${goQuote(name)}!\n`);
    return 0;
  },
});

/** The namespace as it is, or a new one. */
async function namespaceNamed(client: ApiClient, name: string): Promise<NamedBody> {
  try {
    return (await client.get(path(name))) as NamedBody;
  } catch (error) {
    if (error instanceof UnexpectedResponse && error.status === 404) return { Name: name };
    throw error;
  }
}

function namespaceDetails({
  Name,
  Description,
  Capabilities,
  NodePoolConfiguration: pools,
  Meta,
}: NamespaceWire): string {
  const names = (list: readonly string[] | null | undefined): string => orNone((list ?? []).join(','));
  const {
    EnabledTaskDrivers: enabled,
    DisabledTaskDrivers: disabled,
    EnabledNetworkModes: modes,
    DisabledNetworkModes: noModes,
  } = Capabilities ?? {};
  const meta = Object.entries(Meta ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    formatKeyValues([
      ['Name', Name],
      ['Description', orNone(Description)],
      ['Enabled Drivers', (enabled ?? []).length === 0 ? '*' : names(enabled)],
      ['Disabled Drivers', names(disabled)],
      ['Enabled Network Modes', (modes ?? []).length === 0 ? '*' : names(modes)],
      ['Disabled Network Modes', names(noModes)],
    ]),
    ...(pools
      ? [
          section(
            'Node Pool Configuration',
            formatKeyValues([
              ['Default', orNone(pools.Default)],
              ['Allowed', (pools.Allowed ?? []).length === 0 ? '*' : names(pools.Allowed)],
              ['Denied', names(pools.Denied)],
            ]),
          ),
        ]
      : []),
    ...(meta.length === 0 ? [] : [section('Metadata', formatKeyValues(meta))]),
  ].join('\n\n');
}
