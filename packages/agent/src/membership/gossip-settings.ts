import type { AgentConfig } from '@steppe/config';
import type { JoinKeeperOptions, MemberlistTiming } from '@steppe/gossip';
import { LAN_TIMING, LOCAL_TIMING, SERVER_TIMING, WAN_TIMING } from '@steppe/gossip';

const PROFILES: Readonly<Record<string, MemberlistTiming>> = {
  server: SERVER_TIMING,
  lan: LAN_TIMING,
  wan: WAN_TIMING,
  local: LOCAL_TIMING,
};

/** Timers of the profile that `server.gossip_profile` names; the configuration allows no other names. */
export function gossipTiming(profile: string): MemberlistTiming {
  return PROFILES[profile] ?? SERVER_TIMING;
}

/** Whom a server joins, from the `server_join` block or the older settings beside it, which exclude each other. */
export function joinSettings(server: AgentConfig['server']): JoinKeeperOptions {
  const { serverJoin } = server;
  if (server.startJoin.length + server.retryJoin.length === 0) return serverJoin;
  return {
    startJoin: server.startJoin,
    retryJoin: server.retryJoin,
    retryMax: server.retryMax,
    retryIntervalMs: server.retryIntervalMs || serverJoin.retryIntervalMs,
  };
}
