import { describe, expect, test } from '@jest/globals';
import { encodeJson, Secret } from '@steppe/domain';
import { defaultAgentConfig, withSettings } from '../load/load-agent-config.js';
import { AGENT_SCHEMA } from '../schema/agent-schema.js';
import type { Block } from '../schema/field.js';
import { fieldName } from '../schema/field.js';
import type { Layer } from '../schema/layer.js';
import { loadText } from '../testing/load.js';
import { encodeAgentConfig } from './encode-agent-config.js';

const VERSION = { version: '2.0.6', metadata: 'steppe' };
const encode = (text: string) => encodeAgentConfig(loadText(text).config, VERSION) as Record<string, never>;

/** A layer in which every secret of the schema is set to a text that names its place. */
function secretsOf(schema: Block, path: readonly string[] = []): Layer {
  const entries = Object.entries(schema).flatMap(([key, field]): readonly (readonly [string, unknown])[] => {
    const here = [...path, key];
    if (field.kind === 'secret') return [[fieldName(key, field), new Secret(`canary-${here.join('-')}`)]];
    if (field.kind === 'block') return [[fieldName(key, field), secretsOf(field.block, here)]];
    if (field.kind === 'namedBlocks') {
      return [[fieldName(key, field), [{ name: 'default', settings: secretsOf(field.block, here) }]]];
    }
    return [];
  });
  return Object.fromEntries(entries);
}

describe('what /v1/agent/self shows', () => {
  test('values in their wire forms', () => {
    const shown = encode('acl { token_ttl = "1m" }\nlimits { https_handshake_timeout = "7s" }\nname = "n"');
    expect(shown).toMatchObject({
      NodeName: 'n',
      Region: 'global',
      Datacenter: 'dc1',
      DevMode: true,
      EnableDebug: true,
      LeaveOnInt: false,
      Files: ['/x.hcl'],
      BindAddr: '127.0.0.1',
      Ports: { HTTP: 4646, RPC: 4647, Serf: 4648 },
      ACL: { TokenTTL: 60_000_000_000n },
      Limits: { HTTPSHandshakeTimeout: '7s' },
      Server: { Enabled: true, NumSchedulers: null, EnabledSchedulers: null, JobMaxSourceSize: '1M', LogFile: '' },
      Client: { Enabled: true, GCInterval: 600_000_000_000n, MaxKillTimeout: '30s', Servers: null },
      Telemetry: { CollectionInterval: '1s', PrometheusMetrics: true },
      Version: { Version: '2.0.6', VersionMetadata: 'steppe', VersionPrerelease: '' },
    });
  });

  test('every secret of the schema is redacted when it is set, and empty when it is not', () => {
    const layer = secretsOf(AGENT_SCHEMA);
    const text = encodeJson(encodeAgentConfig(withSettings(defaultAgentConfig(), layer), VERSION));
    expect(text).not.toContain('canary');
    expect(text.match(/<redacted>/g)?.length).toBeGreaterThanOrEqual(6);
    expect(encodeJson(encodeAgentConfig(defaultAgentConfig(), VERSION))).not.toContain('<redacted>');
  });

  test.each([
    ['free-form settings by their names', 'audit { sink "x" { api_token = "canary" nested { password = "canary" } } }'],
    [
      'maps by their names',
      'client { options { "docker.auth.secret_key" = "canary" } meta { DB_PASSWORD = "canary" } }',
    ],
    ['plugin settings', 'plugin "docker" { config { auth { token = "canary" } } }'],
    ['credentials in URLs', 'telemetry { circonus_api_url = "https://user:canary@example.com" }'],
    ['credentials in lists', 'client { servers = ["http://user:canary@example.com"] }'],
  ])('redacts %s', (_, text) => {
    const shown = encodeJson(encode(text));
    expect(shown).toContain('redacted');
    expect(shown).not.toContain('canary');
  });
});
