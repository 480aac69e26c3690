/**
 * Agent configuration: HCL and JSON files, flags and variables in, one checked value out.
 * @packageDocumentation
 */
export type { AgentConfig } from './schema/agent-schema.js';
export type { FreeForm } from './schema/field.js';
export type { Layer } from './schema/layer.js';

export { defaultAgentConfig, loadAgentConfig, withSettings } from './load/load-agent-config.js';
export type { LoadDeps, LoadedConfig, LoadRequest } from './load/load-agent-config.js';
export { diskFiles } from './load/config-files.js';
export type { ConfigFiles } from './load/config-files.js';
export { readSources } from './load/read-sources.js';
export type { ConfigSource, ReadSources } from './load/read-sources.js';
export { diffConfig, reloadedConfig } from './load/diff.js';
export type { ConfigDiff } from './load/diff.js';
export type { InterfaceAddress, Interfaces } from './addresses/address-template.js';
export { machineInterfaces } from './addresses/machine-interfaces.js';
export { resolveAddresses } from './addresses/resolve-addresses.js';

export { AGENT_FLAGS, parseAgentFlags } from './flags/agent-flags.js';
export type { AgentFlags } from './flags/agent-flags.js';
export { parseGoFlags } from './flags/go-flags.js';
export type { FlagKind, FlagSpec, FlagTable, FlagValues, ParsedFlags } from './flags/go-flags.js';

export { encodeAgentConfig } from './wire/encode-agent-config.js';
export type { VersionWire } from './wire/encode-agent-config.js';

export type { ConfigError, ConfigErrorDetail, SettingSource } from './errors.js';
