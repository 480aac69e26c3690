import { randomBytes } from 'node:crypto';
import { NONCE_BYTES } from './challenge.js';
import type { RpcAuthentication, RpcIdentity } from './peer-identity.js';
import { Refusal } from './refusal.js';

/**
 * Who calls over a connection. `forward`: the one that dialled. `reverse`: the one that was dialled; this is how a server
 * calls a client agent that has no open port.
 */
export type Direction = 'forward' | 'reverse';

/** First message of each side. */
export interface Hello {
  readonly identity: RpcIdentity;
  readonly direction: Direction;
  readonly authentication: RpcAuthentication;
  /** Fresh random bytes, base64. */
  readonly nonce: string;
}

/** Longest region and id, UTF-16 units. */
const MAX_NAME_LENGTH = 256;

export function encodeHello(hello: Omit<Hello, 'nonce'>): Buffer {
  return Buffer.from(JSON.stringify({ ...hello, nonce: randomBytes(NONCE_BYTES).toString('base64') }));
}

/** @throws Refusal `protocol` */
export function decodeHello(value: unknown): Hello {
  const { identity, direction, authentication, nonce } = fieldsOf(value);
  const { role, region, id } = fieldsOf(identity);
  if (
    (role === 'server' || role === 'client') &&
    isName(region) &&
    region !== '' &&
    isName(id) &&
    (direction === 'forward' || direction === 'reverse') &&
    (authentication === 'certificate' || authentication === 'cluster-key' || authentication === 'none') &&
    typeof nonce === 'string' &&
    Buffer.from(nonce, 'base64').length === NONCE_BYTES
  ) {
    return { identity: { role, region, id }, direction, authentication, nonce };
  }
  throw new Refusal('protocol', 'the first message is not a hello of this protocol');
}

/** The fields of an object, none of anything else. */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const isName = (value: unknown): value is string => typeof value === 'string' && value.length <= MAX_NAME_LENGTH;
