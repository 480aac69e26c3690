/** Every metric this package emits. */
export const CLIENT_METRICS = {
  /** Counter: registrations a server accepted. */
  registered: 'client.registration',
  /** Counter: registrations that failed. */
  registrationFailed: 'client.registration_error',
  /** Counter: heartbeats a server accepted. */
  heartbeat: 'client.heartbeat',
  /** Counter: heartbeats that failed. */
  heartbeatFailed: 'client.heartbeat_error',
  /** Counter: fingerprints left out because they failed. Label `fingerprinter` is its name. */
  fingerprintFailed: 'client.fingerprint_error',
  /** Gauge: servers this client knows. */
  knownServers: 'client.known_servers',
  /** Gauge: allocations of which a task has started, and not all are dead. */
  allocsRunning: 'client.allocations.running',
  /** Gauge: allocations of which no task has started. */
  allocsPending: 'client.allocations.pending',
  /** Gauge: allocations that have ended and are still here. */
  allocsTerminal: 'client.allocations.terminal',
} as const;
