import type { Secret } from '@steppe/domain';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { quote, Refusal } from './refusal.js';

/** What a listener checks the proofs of nodes with. */
export interface NodeKeys {
  /**
   * {@link nodeKeyOf} the secret that a node has registered with, `undefined` for a node that has not. May wait for a
   * registration that is under way, shorter than a handshake may take.
   * @param signal - aborts when the node is gone
   */
  keyOf(nodeId: string, signal: AbortSignal): Promise<string | undefined>;
}

/** What a server keeps of a node's secret: its SHA-256, hexadecimal. Whoever has it can pass for the node. */
export const nodeKeyOf = (secret: Secret): string => createHash('sha256').update(secret.reveal()).digest('hex');

/** Proof that its maker knows a node's key, worth nothing in another handshake: the transcript has nonces of both sides. */
export function proveNode(key: string, transcript: Buffer): Buffer {
  return createHmac('sha256', Buffer.from(key, 'hex')).update('steppe-rpc node 1').update(transcript).digest();
}

/** What a peer that names a node has sent for it. */
interface NodeClaim {
  readonly nodeId: string;
  readonly proof: Buffer;
  readonly transcript: Buffer;
}

/** Holds a peer to the node it names. @throws Refusal `node` */
export async function checkNode(
  nodeKeys: NodeKeys | undefined,
  { nodeId, proof, transcript }: NodeClaim,
  signal: AbortSignal,
): Promise<void> {
  const key = await nodeKeys?.keyOf(nodeId, signal);
  if (key === undefined) throw new Refusal('node', `node ${quote(nodeId)} is not registered`);
  const expected = proveNode(key, transcript);
  if (proof.length !== expected.length || !timingSafeEqual(proof, expected)) {
    throw new Refusal('node', `it does not prove that it is node ${quote(nodeId)}`);
  }
}
