import { describe, expect, test } from '@jest/globals';
import { load, loadText } from '../testing/load.js';

describe('defaults', () => {
  test.each([
    ['name', ''],
    ['region', 'global'],
    ['datacenter', 'dc1'],
    ['logLevel', 'INFO'],
    ['logRotateDurationMs', 86_400_000],
    ['syslogFacility', 'LOCAL0'],
    ['leaveOnInterrupt', false],
    ['enableDebug', false],
    ['ports', { http: 4646, rpc: 4647, serf: 4648 }],
    ['server.heartbeatGraceMs', 10_000],
    ['server.raftProtocol', 3],
    ['server.enableEventBroker', true],
    ['server.jobMaxSourceSizeBytes', 1_048_576],
    ['server.search', { fuzzyEnabled: true, limitQuery: 20, limitResults: 100, minTermLength: 2 }],
    ['server.planRejectionTracker', { enabled: false, nodeThreshold: 100, nodeWindowMs: 300_000 }],
    ['client.nodePool', 'default'],
    ['client.maxKillTimeoutMs', 30_000],
    ['client.minDynamicPort', 20_000],
    ['client.noHostUuid', true],
    ['acl', expect.objectContaining({ enabled: false, tokenTtlMs: 30_000, tokenMaxExpirationTtlMs: 86_400_000 })],
    ['tls.tlsMinVersion', 'tls12'],
    ['limits.httpsHandshakeTimeoutMs', 5_000],
    ['limits.httpMaxConnsPerClient', 100],
    ['telemetry.collectionIntervalMs', 1_000],
    ['telemetry.filterDefault', true],
    ['autopilot.minQuorum', 0],
    ['rpc.streamOpenTimeoutMs', 75_000],
    ['ui.enabled', true],
  ])('%s', (path, expected) => {
    const { config } = load({ args: ['-server', '-data-dir=/d'] });
    const value = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], config);
    expect(value).toEqual(expected);
  });

  test('-dev is both roles on loopback, with everything switched on that helps', () => {
    const { config, warnings } = load({ args: ['-dev'] });
    expect(config).toMatchObject({
      devMode: true,
      bindAddr: '127.0.0.1',
      logLevel: 'DEBUG',
      enableDebug: true,
      leaveOnInterrupt: false,
      addresses: { http: '127.0.0.1', rpc: '127.0.0.1', serf: '127.0.0.1' },
      advertise: { http: '127.0.0.1:4646', rpc: '127.0.0.1:4647', serf: '127.0.0.1:4648' },
      server: { enabled: true, bootstrapExpect: 1 },
      client: { enabled: true, networkInterface: 'lo', gcDiskUsageThreshold: 99 },
      telemetry: { prometheusMetrics: true, publishNodeMetrics: true },
    });
    expect(warnings).toEqual([]);
  });
});

describe('sources', () => {
  test('files win over defaults, later files over earlier ones, flags over all', () => {
    const files = { '/a.hcl': 'region = "a"\ndatacenter = "a"\nname = "a"', '/b.hcl': 'datacenter = "b"\nname = "b"' };
    const { config } = load({ args: ['-dev', '-config=/a.hcl', '-config=/b.hcl', '-node=c'], files });
    expect([config.region, config.datacenter, config.name]).toEqual(['a', 'b', 'c']);
    expect(config.files).toEqual(['/a.hcl', '/b.hcl']);
  });

  test('a folder: hcl and json directly inside, in byte order, without editors’ leftovers', () => {
    const files = {
      '/etc/b.hcl': 'name = "b"',
      '/etc/a.json': '{"name": "a", "region": "r"}',
      '/etc/Z.hcl': 'name = "Z"\ndatacenter = "z"',
      '/etc/c.hcl~': 'nonsense',
      '/etc/.#b.hcl': 'nonsense',
      '/etc/#b.hcl#': 'nonsense',
      '/etc/notes.txt': 'nonsense',
      '/etc/sub/d.hcl': 'nonsense = {',
    };
    const { config, warnings } = load({ args: ['-dev', '-config=/etc'], files });
    expect(config.files).toEqual(['/etc/Z.hcl', '/etc/a.json', '/etc/b.hcl']);
    expect([config.name, config.region, config.datacenter]).toEqual(['b', 'r', 'z']);
    expect(warnings).toEqual([]);
  });

  test('C2: one broken file of a folder fails the load; without it both others apply', () => {
    const good = { '/etc/a.hcl': 'name = "a"', '/etc/c.hcl': 'region = "c"' };
    const args = ['-dev', '-config=/etc'];
    expect(() => load({ args, files: { ...good, '/etc/b.hcl': 'name = ' } })).toThrow(
      'Error loading configuration from /etc: Error loading /etc/b.hcl: At 1:8: expected a value, got: EOF',
    );
    expect(load({ args, files: good }).config).toMatchObject({ name: 'a', region: 'c' });
  });

  test('a file may have any extension; a folder without files is a warning', () => {
    expect(loadText('region = "x"', '/conf').config.region).toBe('x');
    expect(loadText('\ufeffregion = "y"').config.region).toBe('y');
    const { warnings } = load({ args: ['-dev', '-config=/empty'], files: { '/empty/readme.txt': '' } });
    expect(warnings).toEqual(['No configuration loaded from /empty']);
  });

  test('a path that is not there', () => {
    expect(() => load({ args: ['-dev', '-config=/none'] })).toThrow(
      'Error loading configuration from /none: open /none: no such file or directory',
    );
  });

  test('C4: a flag beats a file beats a variable', () => {
    const environment = { VAULT_NAMESPACE: 'variable' };
    const files = { '/x.hcl': 'vault { namespace = "file" }' };
    const namespaceOf = (setting: Parameters<typeof load>[0]) =>
      load({ ...setting, environment }).config.vault.map(({ name, namespace }) => [name, namespace]);
    expect(namespaceOf({ args: ['-dev'] })).toEqual([['default', 'variable']]);
    expect(namespaceOf({ args: ['-dev'], files })).toEqual([['default', 'file']]);
    expect(namespaceOf({ args: ['-dev', '-vault-namespace=flag'], files })).toEqual([['default', 'flag']]);
  });

  test('NOMAD_CLIENT_INTRO_TOKEN overrides its flag; STEPPE_ is an alias that wins', () => {
    const tokenOf = (environment: Record<string, string>) =>
      load({ args: ['-dev', '-client-intro-token=flag'], environment }).config.client.introToken.reveal();
    expect(tokenOf({})).toBe('flag');
    expect(tokenOf({ NOMAD_CLIENT_INTRO_TOKEN: 'nomad' })).toBe('nomad');
    expect(tokenOf({ NOMAD_CLIENT_INTRO_TOKEN: 'nomad', STEPPE_CLIENT_INTRO_TOKEN: 'steppe' })).toBe('steppe');
  });

  test('the variables of the command line are none of the agent’s', () => {
    const environment = { NOMAD_ADDR: 'http://x', NOMAD_REGION: 'x', NOMAD_TOKEN: 'canary', STEPPE_REGION: 'x' };
    const { config } = load({ args: ['-dev'], environment });
    expect(config.region).toBe('global');
  });
});

describe('merging two files', () => {
  const merged = (first: string, second: string) =>
    load({ args: ['-dev'], files: { '/1.hcl': first, '/2.hcl': second } }).config;

  test('scalars: a value that is not empty or zero replaces', () => {
    expect(merged('region = "a"', 'region = ""').region).toBe('a');
    expect(merged('region = "a"', 'region = "b"').region).toBe('b');
    expect(merged('log_rotate_bytes = 5', 'log_rotate_bytes = 0').logRotateBytes).toBe(5);
    expect(merged('acl { token_ttl = "1m" }', 'acl { token_ttl = "0s" }').acl.tokenTtlMs).toBe(60_000);
    expect(
      merged('server { job_max_source_size = "2M" }', 'server { job_max_source_size = "0" }').server,
    ).toMatchObject({ jobMaxSourceSizeBytes: 2_097_152 });
  });

  test('plain booleans can only be switched on, nullable ones either way', () => {
    expect(merged('log_json = true', 'log_json = false').logJson).toBe(true);
    expect(merged('log_json = false', 'log_json = true').logJson).toBe(true);
    expect(merged('disable_update_check = true', 'disable_update_check = false').disableUpdateCheck).toBe(false);
    expect(merged('', 'server { enable_event_broker = false }').server.enableEventBroker).toBe(false);
  });

  test('limits take zero', () => {
    const off = 'limits { http_max_conns_per_client = 0 rpc_handshake_timeout = "0s" }';
    expect(merged('limits { http_max_conns_per_client = 7 }', off).limits).toMatchObject({
      httpMaxConnsPerClient: 0,
      rpcHandshakeTimeoutMs: 0,
    });
  });

  test('maps merge by key', () => {
    const first = 'client { meta { a = "1" b = "1" } options = { x = "1" } }\nhttp_api_response_headers { A = "1" }';
    const second = 'client { meta { b = "2" c = 3 } }\nhttp_api_response_headers { B = "2" }';
    const { client, httpApiResponseHeaders } = merged(first, second);
    expect(client.meta).toEqual({ a: '1', b: '2', c: '3' });
    expect(client.options).toMatchObject({ x: '1' });
    expect(httpApiResponseHeaders).toEqual({ A: '1', B: '2' });
  });

  test('lists append, or replace where the table says so', () => {
    const first = 'client { servers = ["a"] }\nserver { enabled_schedulers = ["batch"] retry_join = ["a"] }';
    const second = 'client { servers = ["b"] }\nserver { enabled_schedulers = ["system"] retry_join = ["b"] }';
    const { client, server } = merged(first, second);
    expect(client.servers).toEqual(['a', 'b']);
    expect(server.enabledSchedulers).toEqual(['batch', 'system']);
    expect(server.retryJoin).toEqual(['a', 'b']);
    const join = (name: string): string => `server { server_join { retry_join = ["${name}"] } }`;
    expect(merged(join('a'), join('b')).server.serverJoin.retryJoin).toEqual(['b']);
    const filter = (name: string): string => `telemetry { prefix_filter = ["${name}"] }`;
    expect(merged(filter('+a'), filter('-b')).telemetry.prefixFilter).toEqual(['-b']);
  });

  test('named blocks merge by name', () => {
    const volume = (name: string, path: string): string => `client { host_volume "${name}" { path = "${path}" } }`;
    expect(merged(`${volume('a', '/1')} ${volume('b', '/1')}`, volume('a', '/2')).client.hostVolume).toMatchObject([
      { name: 'a', path: '/2' },
      { name: 'b', path: '/1' },
    ]);
    const both = merged('consul { address = "x" }\nconsul { name = "other" }', 'consul { token = "t" }').consul;
    expect(both.map(({ name, address, token }) => [name, address, token.reveal()])).toEqual([
      ['default', 'x', 't'],
      ['other', '', ''],
    ]);
  });

  test('a later search block replaces the earlier one whole', () => {
    const { search } = merged(
      'server { search { limit_query = 5 } }',
      'server { search { fuzzy_enabled = false } }',
    ).server;
    expect(search).toEqual({ fuzzyEnabled: false, limitQuery: 0, limitResults: 0, minTermLength: 0 });
  });

  test('a ui block turns the UI off unless it says otherwise', () => {
    expect(merged('', 'ui { show_cli_hints = true }').ui.enabled).toBe(false);
    expect(merged('', 'ui { enabled = true }').ui.enabled).toBe(true);
    expect(merged('ui { enabled = true }', 'ui { label { text = "x" } }').ui).toMatchObject({
      enabled: false,
      label: { text: 'x' },
    });
  });
});
