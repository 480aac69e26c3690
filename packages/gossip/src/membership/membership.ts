import type { Member, Secret } from '@steppe/domain';
import type { KeyringManager } from '../keyring/keyring.js';
import type { SuspicionRecord } from '../memberlist/suspicion.js';

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
  /**
   * Makes a failed member left; with `prune` erases it. An unknown name has no effect; our own is refuted.
   * Rejects with MEMBER_NOT_PRUNABLE for a member that is neither failed nor left.
   */
  forceLeave(name: string, options: { readonly prune: boolean }): Promise<void>;
  /** Tells the pool that we leave; our status goes through leaving to left. */
  leave(): Promise<void>;
  keyring(): KeyringManager;
  /** The keys we hold, the one in use first; empty while encryption is off. */
  localKeys(): readonly Secret[];
  /** Estimated round trip to a member, milliseconds; `undefined` until both have been probed. 0 to ourselves. */
  rttMs(name: string): number | undefined;
  /** The last suspicions of a member, oldest first: who suspected it, when, who confirmed, how it ended. */
  suspicions(name: string): readonly SuspicionRecord[];
  /** What serf tells of itself, every value a text. */
  stats(): Readonly<Record<string, string>>;
  /** Calls back after every change of the member list. Returns the way to stop that. */
  onDidChange(listener: () => void): () => void;
}
