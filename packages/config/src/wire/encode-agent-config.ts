import { formatGoDuration, isSecretName, msToNanoseconds, REDACTED, redactUrlCredentials } from '@steppe/domain';
import { AGENT_SCHEMA } from '../schema/agent-schema.js';
import type { AgentConfig } from '../schema/agent-schema.js';
import type { Block, Field, FreeForm } from '../schema/field.js';
import { fieldName } from '../schema/field.js';
import { goName } from './go-name.js';

type Wire = Readonly<Record<string, unknown>>;
type Settings = Readonly<Record<string, unknown>>;

/** What the program itself says in the configuration's `Version`. */
export interface VersionWire {
  readonly version: string;
  readonly metadata: string;
}

/**
 * The configuration as `GET /v1/agent/self` shows it: Go field names, secrets redacted when set, also those inside
 * free-form settings by their names and inside URLs.
 */
export function encodeAgentConfig(config: AgentConfig, { version, metadata }: VersionWire): Wire {
  const encoded = encodeBlock(config, AGENT_SCHEMA) as Record<string, unknown>;
  const logFile = config.logFile;
  return {
    ...encoded,
    Client: { ...(encoded['Client'] as object), LogFile: logFile },
    ConfigPaths: null,
    DevMode: config.devMode,
    Files: config.files.length === 0 ? null : config.files,
    KEKProviders: config.keyring.map(({ name, active }) => ({ Active: active, Name: name, Provider: name })),
    Plugins: config.plugin.length === 0 ? null : encoded['Plugins'],
    RPC: { ...(encoded['RPC'] as object), ...durationTexts(AGENT_SCHEMA.rpc.block, config.rpc) },
    Server: { ...(encoded['Server'] as object), LogFile: logFile },
    TLSConfig: { ...(encoded['TLSConfig'] as object), Checksum: '', KeyLoader: {} },
    Version: { BuildDate: null, Revision: '', Version: version, VersionMetadata: metadata, VersionPrerelease: '' },
  };
}

function encodeBlock(settings: Settings, schema: Block): Wire {
  const encoded: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(schema)) {
    if (field.wire === false) continue;
    encoded[field.wire ?? goName(key)] = encodeField(settings[fieldName(key, field)], field);
  }
  return encoded;
}

function encodeField(value: unknown, field: Field): unknown {
  switch (field.kind) {
    case 'string':
      return redactUrlCredentials(value as string);
    case 'secret':
      return value;
    case 'nullableInt':
      return value ?? null;
    case 'duration': {
      const nanoseconds = msToNanoseconds(value as number);
      return field.wireText === true ? formatGoDuration(nanoseconds) : nanoseconds;
    }
    case 'size':
      return formatSize(value as number);
    case 'strings': {
      const texts = value as readonly string[];
      return texts.length === 0 ? null : texts.map(redactUrlCredentials);
    }
    case 'stringMap':
    case 'free':
      return redactFree(value as FreeForm);
    case 'block':
      return encodeBlock(value as Settings, field.block);
    case 'namedBlocks':
      return (value as readonly (Settings & { readonly name: string })[]).map((item) => ({
        Name: item.name,
        ...encodeBlock(item, field.block),
      }));
    default:
      return value;
  }
}

/** Maps of settings nobody declared: what a name calls a secret is one. */
function redactFree(form: FreeForm): unknown {
  if (typeof form === 'string') return redactUrlCredentials(form);
  if (Array.isArray(form)) return form.map(redactFree);
  if (typeof form !== 'object' || form === null) return form;
  return Object.fromEntries(
    Object.entries(form).map(([key, value]) => [key, isSecretName(key) && isSet(value) ? REDACTED : redactFree(value)]),
  );
}

const isSet = (value: FreeForm): boolean => value !== null && value !== '';

/** Nomad: each duration of this block is shown a second time, as text. */
function durationTexts(schema: Block, settings: Settings): Wire {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([, field]) => field.kind === 'duration')
      .map(([key, field]) => [
        `${goName(key)}HCL`,
        formatGoDuration(msToNanoseconds(settings[fieldName(key, field)] as number)),
      ]),
  );
}

function formatSize(bytes: number): string {
  const unit = (['G', 'M', 'K'] as const).findIndex((_, i) => bytes > 0 && bytes % 1024 ** (3 - i) === 0);
  return unit === -1 ? `${bytes}` : `${bytes / 1024 ** (3 - unit)}${['G', 'M', 'K'][unit]}`;
}
