import type { WireOf } from '../wire/wire-schema.js';
import { integer, object, text, textList, textMap, wireSchema } from '../wire/wire-schema.js';

/** Which task drivers and network modes the jobs of a namespace may use; disabled ones win. */
const CAPABILITIES_WIRE = wireSchema({
  enabledTaskDrivers: textList('EnabledTaskDrivers'),
  disabledTaskDrivers: textList('DisabledTaskDrivers'),
  enabledNetworkModes: textList('EnabledNetworkModes'),
  disabledNetworkModes: textList('DisabledNetworkModes'),
});

const NODE_POOLS_WIRE = wireSchema({
  /** The pool of jobs that name none. */
  default: text('Default'),
  /** Pools that jobs may use; empty: any. */
  allowed: textList('Allowed'),
  denied: textList('Denied'),
});

/** A room of its own for jobs and their names. */
export const NAMESPACE_WIRE = wireSchema(
  {
    name: text('Name'),
    description: text('Description'),
    capabilities: object('Capabilities', CAPABILITIES_WIRE),
    nodePoolConfiguration: object('NodePoolConfiguration', NODE_POOLS_WIRE),
    meta: textMap('Meta'),
    createIndex: integer('CreateIndex'),
    modifyIndex: integer('ModifyIndex'),
  },
  { unsupported: { Quota: 'quotas', VaultConfiguration: 'Vault settings', ConsulConfiguration: 'Consul settings' } },
);
export type Namespace = WireOf<typeof NAMESPACE_WIRE>;

/** Where jobs go that name no namespace; it always exists. */
export const DEFAULT_NAMESPACE = 'default';
