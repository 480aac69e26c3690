import type { Leadership } from '@steppe/state';
import type { HealthCheck, HealthResult } from './health-check.js';
import { HEALTHY } from './health-check.js';

/** A server is healthy while it knows a leader. */
export class LeaderCheck implements HealthCheck {
  readonly name = 'leader';
  readonly role = 'server';
  readonly #leadership: Leadership;

  constructor(leadership: Leadership) {
    this.#leadership = leadership;
  }

  check({ stale }: { readonly stale: boolean }): HealthResult {
    if (this.#leadership.leader() !== undefined) return HEALTHY;
    // Differs from Nomad: without `stale` it first waits for a leader; the text is that of the wait's end.
    return { ok: false, message: stale ? 'no leader' : 'No cluster leader' };
  }
}

/** A client is healthy while it knows a server. */
export class KnownServersCheck implements HealthCheck {
  readonly name = 'known-servers';
  readonly role = 'client';
  readonly #client: { servers(): readonly string[] };

  constructor(client: { servers(): readonly string[] }) {
    this.#client = client;
  }

  check(): HealthResult {
    return this.#client.servers().length > 0 ? HEALTHY : { ok: false, message: 'no known servers' };
  }
}
