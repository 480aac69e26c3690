/** A named bundle of policies that tokens refer to by id. */
export interface AclRole {
  /** UUID; empty before it is created. */
  readonly id: string;
  /** Unique. */
  readonly name: string;
  readonly description: string;
  /** Names. */
  readonly policies: readonly string[];
  /** BLAKE2b-256 of the content, base64; empty before it is computed. */
  readonly hash: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}
