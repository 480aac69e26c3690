import { Secret } from '@steppe/domain';
import { defineTable } from '../table/table.js';

/** A key that signs the tokens of running tasks, or has signed some that still count. */
export interface SigningKey {
  /** UUID, what tokens name it by. */
  readonly id: string;
  /** `active`: new tokens are signed with it; one key is. */
  readonly state: 'active' | 'inactive';
  /** Name of JSON Web Algorithms, `RS256`. */
  readonly algorithm: string;
  /** The public half, as JSON Web Keys write it. */
  readonly publicKey: Readonly<Record<string, string>>;
  /** PKCS #8, PEM. */
  readonly privateKey: Secret;
  /** Unix milliseconds. */
  readonly createTimeMs: number;
  /** Since when it signs no more, Unix milliseconds; 0 as long as it does. */
  readonly retiredAtMs: number;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

type Content = Omit<SigningKey, 'createIndex' | 'modifyIndex'>;

/** By id. With the private halves: servers have them in common, and nobody else sees the table. */
export const SIGNING_KEYS = defineTable<SigningKey>({
  name: 'signing_keys',
  key: ({ id }) => id,
  codec: {
    encode: (row) => JSON.stringify({ ...row, privateKey: row.privateKey.reveal() }),
    decode: (text) => {
      const row = JSON.parse(text) as Omit<Content, 'privateKey'> & { readonly privateKey: string };
      return { ...row, privateKey: new Secret(row.privateKey) };
    },
  },
  indexes: { state: { values: ({ state }) => state } },
});
