import type { KeyRing } from '../keyring/key-ring.js';
import type { EncryptionVersion } from './encryption.js';

/** How messages are wrapped; all members of a pool must agree, except on compression. */
export interface WireOptions {
  /** At most 255 bytes; empty (the default) is no label. */
  readonly label?: string;
  /** Absent: no encryption. May change while in use. */
  readonly keyring?: KeyRing;
  /** Whether to compress what gets smaller by it. Compressed input is always taken. */
  readonly compression: boolean;
  /** With a keyring: whether input must be encrypted. Off only while encryption is being introduced. */
  readonly verifyIncoming: boolean;
  /** With a keyring: whether output is encrypted. */
  readonly verifyOutgoing: boolean;
  /** Of what is sent; both are taken. Default 1, for protocol 2 and later. */
  readonly encryptionVersion?: EncryptionVersion;
}

export interface WireDeps {
  /** 12 bytes never used before. Default: random ones. */
  readonly nonce?: () => Uint8Array;
}
