import type { ConfigOf } from './field.js';
import {
  block,
  bool,
  duration,
  free,
  int,
  namedBlocks,
  nullableBool,
  nullableInt,
  secret,
  size,
  string,
  stringMap,
  strings,
} from './field.js';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'off'];
const TLS_VERSIONS = ['tls10', 'tls11', 'tls12', 'tls13'];
/** Limits are checked at start, with messages of their own; zero switches one off. */
const LIMIT_DURATION = { wireText: true, min: -Infinity, zeroCounts: true };
const LIMIT_COUNT = { min: -Infinity, zeroCounts: true };
const PORT = { min: 1, max: 65_535 };

/** How many streams of a kind there may be at once, for one token and in all. */
const streamLimits = { max_per_token: int(64, { min: 1 }), max_total: int(512, { min: 1 }) };

const addresses = { http: string('', { wire: 'HTTP' }), rpc: string('', { wire: 'RPC' }), serf: string() };

const serverJoin = {
  start_join: strings('replace'),
  retry_join: strings('replace'),
  retry_max: int(0, { wire: 'RetryMaxAttempts' }),
  retry_interval: duration('30s'),
};

/** Steppe's own: where a region's state is kept. */
const state = {
  /** Default: `lmdb` with a data directory, else `memory`. */
  engine: string('', { oneOf: ['memory', 'lmdb', 'etcd'] }),
  etcd: block({
    addresses: strings('replace'),
    /** The region's name is appended: regions never share keys. */
    prefix: string('/steppe'),
    user: string(),
    password: secret(),
    ca_file: string(),
    cert_file: string(),
    key_file: string(),
    lease_ttl: duration('10s'),
  }),
};

const server = {
  enabled: bool(),
  bootstrap_expect: int(),
  data_dir: string(),
  authoritative_region: string(),
  raft_protocol: int(3, { min: 3, max: 3 }),
  raft_multiplier: int(1, { min: 1, max: 10 }),
  num_schedulers: nullableInt({ reload: true }),
  enabled_schedulers: strings('append', { reload: true }),
  encrypt: secret({ wire: false }),
  server_join: block(serverJoin),
  start_join: strings('append'),
  retry_join: strings('append'),
  retry_max: int(0, { wire: 'RetryMaxAttempts' }),
  retry_interval: duration(),
  rejoin_after_leave: bool(),
  heartbeat_grace: duration('10s'),
  min_heartbeat_ttl: duration('10s'),
  max_heartbeats_per_second: int(50, { min: 1 }),
  failover_heartbeat_ttl: duration('5m'),
  node_gc_threshold: duration('24h'),
  job_gc_interval: duration('5m'),
  job_gc_threshold: duration('4h'),
  eval_gc_threshold: duration('1h'),
  batch_eval_gc_threshold: duration('24h'),
  deployment_gc_threshold: duration('1h'),
  csi_volume_claim_gc_interval: duration('5m'),
  csi_volume_claim_gc_threshold: duration('5m'),
  csi_plugin_gc_threshold: duration('1h'),
  acl_token_gc_threshold: duration('1h'),
  root_key_gc_interval: duration('10m'),
  root_key_gc_threshold: duration('1h'),
  root_key_rotation_threshold: duration('720h'),
  plan_rejection_tracker: block({ enabled: bool(), node_threshold: int(100), node_window: duration('5m') }),
  plan_apply_pipeline: int(1),
  enable_event_broker: nullableBool(true),
  event_buffer_size: int(100),
  search: block(
    { fuzzy_enabled: nullableBool(true), limit_query: int(20), limit_results: int(100), min_term_length: int(2) },
    { merge: 'whole' },
  ),
  job_default_priority: int(50, { min: 1, max: 32_766 }),
  job_max_priority: int(100, { min: 100, max: 32_766 }),
  job_max_count: int(50_000),
  job_max_source_size: size('1M'),
  job_tracked_versions: int(6),
  deploy_query_rate_limit: int(100, { wire: 'DeploymentQueryRateLimit' }),
  start_timeout: duration('30s', { wireText: true }),
  oidc_issuer: string(),
  raft_logstore: block({ backend: string('boltdb', { oneOf: ['boltdb', 'wal'] }) }, { wire: 'RaftLogStoreConfig' }),
  raft_boltdb: free({ wire: 'RaftBoltConfig' }),
  raft_snapshot_threshold: int(0, { reload: true }),
  raft_snapshot_interval: duration('0s', { reload: true }),
  raft_trailing_logs: int(0, { reload: true }),
  client_introduction: block({
    enforcement: string('warn', { oneOf: ['none', 'warn', 'strict'] }),
    default_identity_ttl: duration('5m'),
    max_identity_ttl: duration('30m'),
  }),
  default_scheduler_config: free(),
  license_path: string(),
  license_env: secret(),
  non_production: bool(),
  non_voting_server: bool(),
  redundancy_zone: string(),
  upgrade_version: string(),
  /** Steppe's own: lets members that are not servers into the gossip pool. */
  open_gossip_pool: bool({ wire: false }),
  state: block(state, { wire: false }),
  /** Steppe's own: timers of the gossip pool. */
  gossip_profile: string('server', { oneOf: ['server', 'lan', 'wan', 'local'], wire: false }),
  /** Steppe's own: with ACLs on, `join` without agent write still works and warns, as in the reference. */
  allow_anonymous_join: bool({ wire: false }),
  /** Steppe's own: whether schedulers work in threads. In development mode they never do. */
  scheduler_threads: nullableBool(true, { wire: false }),
};

const client = {
  enabled: bool(),
  state_dir: string(),
  alloc_dir: string(),
  alloc_mounts_dir: string(),
  servers: strings('append'),
  server_join: block(serverJoin),
  node_class: string(),
  node_pool: string('default'),
  meta: stringMap(),
  options: stringMap(),
  chroot_env: stringMap(),
  network_interface: string(),
  network_speed: int(),
  preferred_address_family: string(),
  cpu_total_compute: int(0, { wire: 'CpuCompute' }),
  cpu_disable_dmidecode: bool(),
  memory_total_mb: int(0, { wire: 'MemoryMB' }),
  disk_total_mb: int(),
  disk_free_mb: int(),
  reservable_cores: string(),
  max_kill_timeout: duration('30s', { wireText: true }),
  min_dynamic_port: int(20_000, PORT),
  max_dynamic_port: int(32_000, PORT),
  client_min_port: int(14_000, PORT),
  client_max_port: int(14_512, PORT),
  reserved: block({
    cpu: int(0, { wire: 'CPU' }),
    memory: int(0, { wire: 'MemoryMB' }),
    disk: int(0, { wire: 'DiskMB' }),
    cores: string(),
    reserved_ports: string(),
  }),
  gc_interval: duration('1m'),
  gc_parallel_destroys: int(2),
  gc_disk_usage_threshold: int(80, { max: 100 }),
  gc_inode_usage_threshold: int(70, { max: 100 }),
  gc_max_allocs: int(50),
  gc_volumes_on_node_gc: bool(),
  no_host_uuid: nullableBool(true),
  default_ineligible: bool(),
  disable_remote_exec: bool(),
  template: free({ wire: 'TemplateConfig' }),
  artifact: free(),
  host_volume: namedBlocks({ path: string(), read_only: bool() }, { wire: 'HostVolumes' }),
  host_volumes_dir: string(),
  host_volume_plugin_dir: string(),
  host_network: namedBlocks(
    { cidr: string('', { wire: 'CIDR' }), interface: string(), reserved_ports: string() },
    { wire: 'HostNetworks' },
  ),
  cni_path: string(),
  cni_config_dir: string(),
  bridge_network_name: string(),
  bridge_network_subnet: string(),
  bridge_network_subnet_ipv6: string('', { wire: 'BridgeNetworkSubnetIPv6' }),
  bridge_network_hairpin_mode: bool(),
  cgroup_parent: string(),
  bind_wildcard_default_host_network: nullableBool(true),
  nomad_service_discovery: nullableBool(true),
  drain_on_shutdown: free({ wire: 'Drain' }),
  fingerprint: free({ wire: 'Fingerprinters', reload: true }),
  node_max_allocs: int(),
  common_plugin_dir: string(),
  intro_token: secret(),
  users: block({ dynamic_user_min: int(80_000), dynamic_user_max: int(89_999) }),
};

const tls = {
  http: bool({ wire: 'EnableHTTP', reload: true }),
  rpc: bool({ wire: 'EnableRPC', reload: true }),
  verify_server_hostname: bool({ reload: true }),
  verify_https_client: bool({ reload: true }),
  ca_file: string('', { wire: 'CAFile', reload: true }),
  cert_file: string('', { reload: true }),
  key_file: string('', { reload: true }),
  rpc_upgrade_mode: bool({ reload: true }),
  tls_min_version: string('tls12', { oneOf: TLS_VERSIONS, wire: 'TLSMinVersion', reload: true }),
  tls_cipher_suites: string('', { wire: 'TLSCipherSuites', reload: true }),
  tls_prefer_server_cipher_suites: bool({ wire: false }),
};

const telemetry = {
  collection_interval: duration('1s', { wireText: true, min: 1 }),
  in_memory_collection_interval: duration('10s', { wireText: true, min: 1 }),
  in_memory_retention_period: duration('1m', { wireText: true, min: 1 }),
  prometheus_metrics: bool(),
  publish_allocation_metrics: bool(),
  publish_node_metrics: bool(),
  disable_hostname: bool(),
  use_node_name: bool(),
  disable_dispatched_job_summary_metrics: bool(),
  disable_quota_utilization_metrics: bool(),
  disable_rpc_rate_metrics_labels: bool({ wire: 'DisableRPCRateMetricsLabels' }),
  disable_allocation_hook_metrics: nullableBool(false),
  include_alloc_metadata_in_metrics: bool(),
  allowed_metadata_keys_in_metrics: strings('append'),
  filter_default: nullableBool(true),
  prefix_filter: strings('replace'),
  statsite_address: string('', { wire: 'StatsiteAddr' }),
  statsd_address: string('', { wire: 'StatsdAddr' }),
  datadog_address: string('', { wire: 'DataDogAddr' }),
  datadog_tags: strings('replace', { wire: 'DataDogTags' }),
  circonus_api_token: secret(),
  circonus_api_app: string(),
  circonus_api_url: string(),
  circonus_submission_interval: string(),
  circonus_submission_url: string('', { wire: 'CirconusCheckSubmissionURL' }),
  circonus_check_id: string(),
  circonus_check_force_metric_activation: string(),
  circonus_check_instance_id: string(),
  circonus_check_search_tag: string(),
  circonus_check_tags: string(),
  circonus_check_display_name: string(),
  circonus_broker_id: string(),
  circonus_broker_select_tag: string(),
};

const consul = {
  name: string('default'),
  enabled: nullableBool(true),
  address: string('', { wire: 'Addr' }),
  grpc_address: string('', { wire: 'GRPCAddr' }),
  auth: secret(),
  token: secret(),
  namespace: string(),
  ssl: nullableBool(false, { wire: 'EnableSSL' }),
  verify_ssl: nullableBool(true, { wire: 'VerifySSL' }),
  share_ssl: nullableBool(true, { wire: 'ShareSSL' }),
  ca_file: string('', { wire: 'CAFile' }),
  grpc_ca_file: string('', { wire: 'GRPCCAFile' }),
  cert_file: string(),
  key_file: string(),
  server_service_name: string('nomad'),
  server_http_check_name: string('Nomad Server HTTP Check', { wire: 'ServerHTTPCheckName' }),
  server_rpc_check_name: string('Nomad Server RPC Check', { wire: 'ServerRPCCheckName' }),
  server_serf_check_name: string('Nomad Server Serf Check'),
  server_auto_join: nullableBool(true),
  client_service_name: string('nomad-client'),
  client_http_check_name: string('Nomad Client HTTP Check', { wire: 'ClientHTTPCheckName' }),
  client_auto_join: nullableBool(true),
  auto_advertise: nullableBool(true),
  checks_use_advertise: nullableBool(false),
  tags: strings('append'),
  timeout: duration('5s', { wireText: true }),
  service_auth_method: string('nomad-workloads', { wire: 'ServiceIdentityAuthMethod' }),
  task_auth_method: string('nomad-workloads', { wire: 'TaskIdentityAuthMethod' }),
  service_identity: free(),
  task_identity: free(),
};

const vault = {
  name: string('default'),
  enabled: nullableBool(false),
  address: string('https://vault.service.consul:8200', { wire: 'Addr' }),
  token: secret(),
  role: string(),
  namespace: string(),
  ca_path: string('', { wire: 'TLSCaPath' }),
  ca_file: string('', { wire: 'TLSCaFile' }),
  cert_file: string('', { wire: 'TLSCertFile' }),
  key_file: string('', { wire: 'TLSKeyFile' }),
  tls_server_name: string('', { wire: 'TLSServerName' }),
  tls_skip_verify: nullableBool(false, { wire: 'TLSSkipVerify' }),
  jwt_auth_backend_path: string('jwt-nomad', { wire: 'JWTAuthBackendPath' }),
  connection_retry_interval: duration('30s', { wire: 'ConnectionRetryIntv' }),
  default_identity: free(),
};

const UI = {
  enabled: nullableBool(true),
  show_cli_hints: nullableBool(true, { wire: 'ShowCLIHints' }),
  content_security_policy: free(),
  consul: block({ ui_url: string('', { wire: 'BaseUIURL' }) }),
  vault: block({ ui_url: string('', { wire: 'BaseUIURL' }) }),
  label: block({ text: string(), background_color: string(), text_color: string() }),
};

/** Every setting of an agent, by its key in the file. */
export const AGENT_SCHEMA = {
  name: string('', { wire: 'NodeName' }),
  region: string('global'),
  datacenter: string('dc1'),
  data_dir: string(),
  plugin_dir: string(),
  bind_addr: string('0.0.0.0'),
  addresses: block(addresses),
  advertise: block(addresses, { wire: 'AdvertiseAddrs' }),
  ports: block({
    http: int(4646, { ...PORT, wire: 'HTTP' }),
    rpc: int(4647, { ...PORT, wire: 'RPC' }),
    serf: int(4648, PORT),
  }),
  log_level: string('INFO', { oneOf: LOG_LEVELS, reload: true }),
  log_json: bool(),
  log_include_location: bool(),
  log_file: string(),
  log_rotate_duration: duration('24h', { wireText: true }),
  log_rotate_bytes: int(),
  log_rotate_max_files: int(),
  /** Steppe's own: the newest log records on disk, for streams that begin in the past or go on where they broke off. */
  log_ring: block(
    {
      enabled: bool(),
      /** Default: `logs` in the data directory. */
      path: string(),
      max_bytes: int(64 * 1024 * 1024, { min: 512 * 1024 }),
      max_age: duration('72h'),
      /** Default: that of the agent. */
      level: string('', { oneOf: LOG_LEVELS }),
    },
    { wire: false },
  ),
  /** Steppe's own: limits of log streams. */
  log_stream: block(streamLimits, { wire: false }),
  /** Steppe's own: limits of event streams. */
  event_stream: block(streamLimits, { wire: false }),
  enable_syslog: bool(),
  syslog_facility: string('LOCAL0'),
  enable_debug: bool(),
  leave_on_interrupt: bool({ wire: 'LeaveOnInt' }),
  leave_on_terminate: bool({ wire: 'LeaveOnTerm' }),
  disable_update_check: nullableBool(false),
  disable_anonymous_signature: bool(),
  http_api_response_headers: stringMap({ wire: 'HTTPAPIResponseHeaders' }),
  /** Steppe's own: allows unauthenticated traffic between agents beyond this machine. */
  insecure: bool({ wire: false }),
  server: block(server),
  client: block(client),
  acl: block({
    enabled: bool(),
    token_ttl: duration('30s'),
    policy_ttl: duration('30s'),
    role_ttl: duration('30s'),
    replication_token: secret(),
    token_min_expiration_ttl: duration('1m'),
    token_max_expiration_ttl: duration('24h'),
  }),
  tls: block(tls, { wire: 'TLSConfig' }),
  limits: block({
    https_handshake_timeout: duration('5s', {
      ...LIMIT_DURATION,
      parseError: 'error parsing https_handshake_timeout',
      wire: 'HTTPSHandshakeTimeout',
    }),
    http_max_conns_per_client: int(100, { ...LIMIT_COUNT, wire: 'HTTPMaxConnsPerClient' }),
    rpc_handshake_timeout: duration('5s', { ...LIMIT_DURATION, parseError: 'error parsing rpc_handshake_timeout' }),
    rpc_max_conns_per_client: int(100, { ...LIMIT_COUNT, wire: 'RPCMaxConnsPerClient' }),
  }),
  telemetry: block(telemetry),
  autopilot: block({
    cleanup_dead_servers: nullableBool(true),
    server_stabilization_time: duration('10s'),
    last_contact_threshold: duration('200ms'),
    max_trailing_logs: int(250),
    min_quorum: int(),
    enable_redundancy_zones: nullableBool(false),
    disable_upgrade_migration: nullableBool(false),
    enable_custom_upgrades: nullableBool(false),
  }),
  rpc: block(
    {
      accept_backlog: int(256),
      keep_alive_interval: duration('30s'),
      connection_write_timeout: duration('10s'),
      stream_open_timeout: duration('75s'),
      stream_close_timeout: duration('5m'),
      dial_timeout: duration('10s'),
    },
    { wire: 'RPC' },
  ),
  ui: block(UI, {
    // Nomad: a `ui` block that does not say `enabled = true` turns the UI off.
    implied: { enabled: false },
  }),
  eventlog: block({ enabled: bool(), level: string('info') }),
  consul: namedBlocks(consul, { defaultName: 'default', wire: 'Consuls' }),
  vault: namedBlocks(vault, { defaultName: 'default', wire: 'Vaults' }),
  plugin: namedBlocks({ args: strings('replace'), config: free() }, { wire: 'Plugins' }),
  keyring: namedBlocks({ active: bool(), config: free({ wire: false }) }, { wire: 'KEKProviders' }),
  audit: free(),
  /** Steppe's own: a record of every request that would change something. */
  audit_log: block({ enabled: bool(), path: string() }, { wire: false }),
  /** Steppe's own: what profiling may cost. */
  profiling: block(
    {
      max_duration: duration('10m', { min: 1_000 }),
      /** Zero: stalls of the event loop are not watched. */
      stall_threshold: duration(),
      /** Zero: no CPU profiles of the past are kept. */
      history: duration(),
      history_interval: duration('50ms', { min: 5 }),
    },
    { wire: false },
  ),
  sentinel: free(),
  reporting: free(),
};

/** The whole configuration of an agent, every default filled in. */
export type AgentConfig = ConfigOf<typeof AGENT_SCHEMA> & {
  /** `-dev`: nothing persisted, loopback, both roles. */
  readonly devMode: boolean;
  /** The files the settings came from, in order. */
  readonly files: readonly string[];
};
