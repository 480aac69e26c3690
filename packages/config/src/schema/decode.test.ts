import { describe, expect, test } from '@jest/globals';
import { isSteppeError, parseHcl } from '@steppe/domain';
import { AGENT_SCHEMA } from './agent-schema.js';
import { decodeDocument } from './decode.js';

const decode = (text: string) => decodeDocument(parseHcl(text), AGENT_SCHEMA, '/x.hcl');

function failure(text: string): unknown {
  try {
    decode(text);
  } catch (error) {
    if (isSteppeError(error, 'CONFIG_KEY_UNKNOWN') || isSteppeError(error, 'CONFIG_VALUE_INVALID')) {
      return { ...error.detail, message: error.message };
    }
    throw error;
  }
  return 'no error';
}

describe('keys nobody knows', () => {
  test.each([
    ['nope = 1', 1, 'nope', 'unexpected keys nope (line 1)'],
    ['a = 1\nregion = "x"\nb = 2\na = 3', 1, 'a', 'unexpected keys a, b (line 1)'],
    ['server {\n  enabld = true\n}', 2, 'server.enabld', 'server unexpected keys enabld (line 2)'],
    [
      'server {\n  server_join {\n    retry = 1\n  }\n}',
      3,
      'server.server_join.retry',
      'server_join server unexpected keys retry (line 3)',
    ],
    ['{\n "ports": {"htp": 1}\n}', 2, 'ports.htp', 'ports unexpected keys htp (line 2)'],
    ['consul {\n  adress = "x"\n}', 2, 'consul.adress', 'consul unexpected keys adress (line 2)'],
    ['toString = 1', 1, 'toString', 'unexpected keys toString (line 1)'],
  ])('%j', (text, line, key, message) => {
    expect(failure(text)).toEqual({ code: 'CONFIG_KEY_UNKNOWN', file: '/x.hcl', line, key, message });
  });
});

describe('values of the wrong type or out of range', () => {
  test.each([
    ['region = true', 'region', 'region must be a string, got true (line 1)'],
    ['region = ["x"]', 'region', 'region must be a string, got a list (line 1)'],
    ['log_json = "maybe"', 'log_json', 'log_json must be true or false, got "maybe" (line 1)'],
    ['ports {\n  http = "many"\n}', 'ports.http', 'ports.http must be an integer, got "many" (line 2)'],
    ['ports { http = 4646.5 }', 'ports.http', 'ports.http must be an integer, got 4646.5 (line 1)'],
    ['ports { http = 70000 }', 'ports.http', 'ports.http must be between 1 and 65535, got 70000 (line 1)'],
    ['server { raft_protocol = 2 }', 'server.raft_protocol', 'server.raft_protocol must be 3, got 2 (line 1)'],
    ['server = "yes"', 'server', 'server must be a block, got "yes" (line 1)'],
    ['client { servers = "a" }', 'client.servers', 'client.servers must be a list of strings, got "a" (line 1)'],
    ['client { meta { a = [1] } }', 'client.meta.a', 'client.meta.a must be a string, got a list (line 1)'],
    [
      'server { heartbeat_grace = "10 s" }',
      'server.heartbeat_grace',
      "heartbeat_grace can't parse time duration 10 s (line 1)",
    ],
    [
      'log_level = "loud"',
      'log_level',
      'Invalid log level: LOUD. Valid log levels are: [TRACE DEBUG INFO WARN ERROR OFF] (line 1)',
    ],
    [
      'tls { tls_min_version = "ssl3" }',
      'tls.tls_min_version',
      'tls.tls_min_version must be one of tls10, tls11, tls12, tls13, got "ssl3" (line 1)',
    ],
    ['server { encrypt = true }', 'server.encrypt', 'server.encrypt must be a string (line 1)'],
  ])('%j', (text, key, message) => {
    expect(failure(text)).toMatchObject({ code: 'CONFIG_VALUE_INVALID', file: '/x.hcl', key, message });
  });

  test('a bad secret is never repeated', () => {
    expect(failure('consul { token = ["canary"] }')).toMatchObject({
      message: 'consul.token must be a string (line 1)',
    });
  });
});

describe('forms of one value', () => {
  test.each([
    ['durations', 'acl { token_ttl = "1h30m" }', { acl: { tokenTtlMs: 5_400_000 } }],
    ['fractions of a duration', 'acl { token_ttl = "1.5ms" }', { acl: { tokenTtlMs: 1.5 } }],
    ['sizes', 'server { job_max_source_size = "2M" }', { server: { jobMaxSourceSizeBytes: 2_097_152 } }],
    ['a number for a text', 'name = 7', { name: '7' }],
    ['a text for a number', 'ports { http = "80" }', { ports: { http: 80 } }],
    ['a text for a boolean', 'log_json = "1"', { logJson: true }],
    ['any case of a log level', 'log_level = "Warn"', { logLevel: 'Warn' }],
    ['null leaves a key out', '{"region": null, "name": "x"}', { name: 'x' }],
    [
      'a block that is given twice',
      'acl { enabled = true }\nacl { token_ttl = "1s" }',
      { acl: { enabled: true, tokenTtlMs: 1_000 } },
    ],
    ['a block as a list of one, as JSON has it', '{"acl": [{"enabled": true}]}', { acl: { enabled: true } }],
    [
      'a label or a name',
      'vault "a" { address = "x" }\nvault { name = "b" }\nvault { }',
      { vault: [{ name: 'a' }, { name: 'b' }, { name: 'default' }] },
    ],
    [
      'named blocks in JSON',
      '{"plugin": {"docker": {"args": ["x"]}}}',
      { plugin: [{ name: 'docker', settings: { args: ['x'] } }] },
    ],
    [
      'free form',
      'client { drain_on_shutdown { deadline = "1h" force = true } }',
      { client: { drainOnShutdown: { deadline: '1h', force: true } } },
    ],
  ])('%s', (_, text, expected) => {
    expect(decode(text)).toMatchObject(expected);
  });
});
