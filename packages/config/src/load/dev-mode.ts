import type { Layer } from '../schema/layer.js';

/**
 * What `-dev` means: one agent with both roles on loopback, nothing persisted. Laid onto the defaults, below files and
 * flags.
 */
export const DEV_LAYER: Layer = {
  bindAddr: '127.0.0.1',
  logLevel: 'DEBUG',
  enableDebug: true,
  disableAnonymousSignature: true,
  server: { enabled: true, bootstrapExpect: 1 },
  client: {
    enabled: true,
    networkInterface: 'lo',
    gcIntervalMs: 600_000,
    gcDiskUsageThreshold: 99,
    gcInodeUsageThreshold: 99,
    options: { 'driver.raw_exec.enable': 'true' },
  },
  telemetry: { prometheusMetrics: true, publishAllocationMetrics: true, publishNodeMetrics: true },
};
