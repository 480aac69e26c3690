import { describe, expect, test } from '@jest/globals';
import { load } from '../testing/load.js';

const start = (text: string) => load({ files: { '/x.hcl': text } });
const server = (text: string) => start(`data_dir = "/d"\nserver { enabled = true }\n${text}`);
const client = (text: string) => start(`data_dir = "/d"\nclient { enabled = true }\n${text}`);

describe('what keeps an agent from starting', () => {
  test.each([
    ['C1: no role', () => start(''), 'Must specify either server, client or dev mode for the agent.'],
    [
      'a stall as short as ordinary work',
      () => server('profiling { stall_threshold = "19ms" }'),
      'profiling.stall_threshold must be 0 or at least 20ms',
    ],
    [
      'more profiles of the past than memory is for',
      () => server('profiling { history = "61m" }'),
      'profiling.history must be at most 1h: it is kept in memory',
    ],
    [
      'an audit log without a path',
      () => server('audit_log { enabled = true }'),
      'audit_log.path is needed when audit_log.enabled is true',
    ],
    ['region', () => server(String.raw`region = "a\x00b"`), 'Region contains invalid characters'],
    ['datacenter', () => server('datacenter = "dc*"'), "Datacenter contains invalid characters (null or '*')"],
    [
      'relative data_dir',
      () => start('data_dir = "d"\nserver { enabled = true }'),
      'data-dir must be given as an absolute path: got d',
    ],
    [
      'relative plugin_dir',
      () => server('plugin_dir = "./p"'),
      'plugin-dir must be given as an absolute path: got ./p',
    ],
    [
      'a server without data_dir',
      () => start('server { enabled = true }'),
      'Must specify "data_dir" config option or "data-dir" CLI flag',
    ],
    [
      'a client without any folder',
      () => start('client { enabled = true }'),
      'Must specify the state, alloc-dir, alloc-mounts-dir and plugin-dir if data-dir is omitted.',
    ],
    [
      'bootstrap without server',
      () => load({ args: ['-client', '-data-dir=/d', '-bootstrap-expect=1'] }),
      'Bootstrap requires server mode to be enabled',
    ],
    [
      'encrypt: no base64',
      () => server('server { encrypt = "canary!" }'),
      'Invalid encryption key: it is not valid base64',
    ],
    [
      'encrypt: size',
      () => server('server { encrypt = "AAAA" }'),
      'Invalid encryption key: key size must be 16, 24 or 32 bytes, got 3',
    ],
    [
      'joining in two ways',
      () => server('server {\n retry_join = ["a"]\n server_join { retry_join = ["b"] }\n}'),
      'server_join and retry_join cannot both be defined; prefer setting the server_join block',
    ],
    [
      'a log ring without a place',
      () => load({ args: ['-dev'], files: { '/x.hcl': 'log_ring { enabled = true }' } }),
      'log_ring.path is needed when log_ring.enabled is true and there is no data_dir',
    ],
    ['meta', () => client('client { meta { "a b" = "x" } }'), 'Invalid Client.Meta key: a b'],
    [
      'node pool all',
      () => client('client { node_pool = "all" }'),
      'Invalid node pool: node is not allowed to register in node pool "all"',
    ],
    ['node pool', () => client('client { node_pool = "a b" }'), 'Invalid node pool: invalid name "a b"'],
    [
      'port range',
      () => client('client { min_dynamic_port = 9000 max_dynamic_port = 8000 }'),
      'Invalid dynamic port range: min_dynamic_port=9000 and max_dynamic_port=8000',
    ],
    [
      'T5: empty limit',
      () => server('limits { https_handshake_timeout = "" }'),
      'error parsing https_handshake_timeout: ',
    ],
    [
      'T5: negative time',
      () => server('limits { https_handshake_timeout = "-1s" }'),
      'https_handshake_timeout must be >= 0',
    ],
    [
      'T5: negative count',
      () => server('limits { http_max_conns_per_client = -1 }'),
      'http_max_conns_per_client must be >= 0',
    ],
    [
      'too few RPC connections',
      () => server('limits { rpc_max_conns_per_client = 25 }'),
      'rpc_max_conns_per_client must be > 25; found: 25',
    ],
    ['schedulers', () => server('server { num_schedulers = 5 }'), 'number of schedulers should be between 0 and 4'],
    [
      'an algorithm of schedulers that there is not',
      () => server('server { default_scheduler_config { scheduler_algorithm = "best" } }'),
      'server.default_scheduler_config.scheduler_algorithm must be one of binpack, spread, got "best"',
    ],
    [
      'TLS without a certificate',
      () => server('tls { http = true }'),
      'tls.cert_file and tls.key_file are needed when tls.http is on',
    ],
  ])('%s', (_, load_, message) => {
    expect(load_).toThrow(message);
  });

  test('a client may do without data_dir when it has every other folder', () => {
    const { config } = start(
      'client { enabled = true state_dir = "/s" alloc_dir = "/a" alloc_mounts_dir = "/m" }\nplugin_dir = "/p"',
    );
    expect(config.client.stateDir).toBe('/s');
  });
});

describe('warnings', () => {
  const INSECURE = 'WARNING: mTLS is not configured - Nomad is not secure without mTLS!';

  test.each([
    ['', [INSECURE]],
    ['server { bootstrap_expect = 1 }', [INSECURE, 'WARNING: Bootstrap mode enabled! Potentially unsafe operation.']],
    [
      'server { bootstrap_expect = 2 }',
      [INSECURE, 'WARNING: Number of bootstrap servers should ideally be set to an odd number.'],
    ],
    ['server { bootstrap_expect = 3 }', [INSECURE]],
    ['tls { http = true rpc = true cert_file = "/c" key_file = "/k" }', []],
  ])('%j', (text, warnings) => {
    expect(server(text).warnings).toEqual(warnings);
  });
});
