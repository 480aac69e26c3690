import type { NodeResources } from '@steppe/domain';
import type { Contribution } from '@steppe/runtime';

/** What one fingerprinter found. */
export interface Fingerprint {
  /** Attributes of the node, such as `cpu.arch`; those that tell machines apart begin with `unique.`. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The part of the node's resources that it knows; networks of several fingerprinters add up. */
  readonly resources?: Partial<NodeResources>;
}

/**
 * Contribution point: finds out something about the machine. Called once at start, all at the same time. One that rejects,
 * or takes longer than `fingerprintTimeoutMs`, is logged, counted and left out. Where two set the same attribute or
 * resource, the one with the higher `order` wins. Two of one name stop the start.
 */
export interface Fingerprinter extends Contribution {
  /** Key of the contribution; shown in logs and metrics. */
  readonly name: string;
  fingerprint(): Promise<Fingerprint>;
}
