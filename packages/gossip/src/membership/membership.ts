import type { Member } from '@steppe/domain';
import type { KeyringManager } from '../keyring/keyring.js';

export interface JoinResult {
  /** Successful contacts; an address given twice counts twice. */
  readonly joined: number;
  /** One sentence per address that failed. */
  readonly errors: readonly string[];
}

/** The gossip pool as one agent sees it, and what that agent can do to it. */
export interface Membership {
  /** Our own member. */
  local(): Member;
  /** All members, ours included: the same frozen array until something changes. */
  members(): readonly Member[];
  /**
   * Contacts the pools at the given addresses: `ip`, `ip:port`, `[ipv6]:port`, a name with optional port, or
   * `nodename/` in front of any of these. Never rejects for an address that fails.
   */
  join(addresses: readonly string[], options: { readonly signal: AbortSignal }): Promise<JoinResult>;
  /** Makes a failed member left; with `prune` erases it. An unknown name has no effect; our own is refuted. */
  forceLeave(name: string, options: { readonly prune: boolean }): Promise<void>;
  /** Tells the pool that we leave; our status goes through leaving to left. */
  leave(): Promise<void>;
  keyring(): KeyringManager;
  /** What serf tells of itself, every value a text. */
  stats(): Readonly<Record<string, string>>;
  /** Calls back after every change of the member list. Returns the way to stop that. */
  onDidChange(listener: () => void): () => void;
}
