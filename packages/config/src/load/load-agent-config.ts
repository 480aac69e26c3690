import type { Interfaces } from '../addresses/address-template.js';
import { resolveAddresses } from '../addresses/resolve-addresses.js';
import type { AgentFlags } from '../flags/agent-flags.js';
import { environmentLayer, flagsLayer, overridingEnvironmentLayer } from '../flags/agent-flags.js';
import { AGENT_SCHEMA } from '../schema/agent-schema.js';
import type { AgentConfig } from '../schema/agent-schema.js';
import { defaultsOf } from '../schema/field.js';
import type { Layer } from '../schema/layer.js';
import { mergeLayers } from '../schema/merge.js';
import { configWarnings, validateConfig } from '../validate/validate-config.js';
import type { ConfigFiles } from './config-files.js';
import { DEV_LAYER } from './dev-mode.js';
import { readSources } from './read-sources.js';

export interface LoadRequest {
  readonly flags: AgentFlags;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface LoadDeps {
  readonly files: ConfigFiles;
  readonly interfaces: Interfaces;
  /** Logical CPUs of the machine. */
  readonly cpuCount: number;
}

export interface LoadedConfig {
  readonly config: AgentConfig;
  /** Sentences for the operator; none of them stops the start. */
  readonly warnings: readonly string[];
}

/** A configuration in which no source says anything. */
export function defaultAgentConfig(): AgentConfig {
  return { ...defaultsOf(AGENT_SCHEMA), devMode: false, files: [] };
}

/** Lays settings onto a configuration by the merge rules; for tests and for embedding an agent in a program. */
export function withSettings(config: AgentConfig, settings: Layer): AgentConfig {
  return mergeLayers(config, settings, AGENT_SCHEMA);
}

/**
 * The configuration of an agent: defaults (with `-dev` those of dev mode), environment, files and folders in order, flags;
 * then addresses settled and everything checked.
 * @throws every code of this package
 */
export function loadAgentConfig(
  { flags, environment }: LoadRequest,
  { files, interfaces, cpuCount }: LoadDeps,
): LoadedConfig {
  const { sources, warnings } = readSources(flags.config ?? [], files);
  const devMode = flags.dev === true;
  const layers = [
    ...(devMode ? [DEV_LAYER] : []),
    environmentLayer(environment),
    ...sources.map(({ layer }) => layer),
    flagsLayer(flags),
    overridingEnvironmentLayer(environment),
  ];
  const merged = layers.reduce(withSettings, defaultAgentConfig());
  const config = resolveAddresses({ ...merged, devMode, files: sources.map(({ file }) => file) }, interfaces);
  validateConfig(config, { cpuCount });
  return { config, warnings: [...warnings, ...configWarnings(config)] };
}
