import type { Secret } from '@steppe/domain';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { checkCertificate } from './peer-certificate.js';
import { prove, provenKey, transcriptOf } from './challenge.js';
import { HandshakeChannel } from './handshake-channel.js';
import type { Direction, Hello } from './hello.js';
import { decodeHello, encodeHello, fieldsOf } from './hello.js';
import { nodeKeyOf, proveNode } from './node-proof.js';
import type { RpcIdentity, RpcPeerIdentity } from './peer-identity.js';
import { quote, Refusal } from './refusal.js';
import type { ConnectionSecurity } from './security.js';

export interface DiallerHandshake {
  readonly self: RpcIdentity;
  readonly direction: Direction;
  readonly security: ConnectionSecurity;
  /** Region the other end must be of. */
  readonly region: string;
  /** Of our node: proves on a reverse session that we are it. */
  readonly nodeSecret?: Secret;
}

/**
 * The dialler's part: preface and hello; the listener's hello and proofs; our proofs; the listener's consent. Whoever
 * listens proves first, so a stranger learns nothing of us but that we called. On a reverse session we also prove that we
 * are the node we name.
 * @throws Refusal, PeerRefusedUs, ConnectionEnded, what the socket fails with
 */
export async function greetListener(socket: Socket, handshake: DiallerHandshake): Promise<RpcPeerIdentity> {
  const channel = new HandshakeChannel(socket);
  try {
    return await greet(channel, socket, handshake);
  } catch (error) {
    if (error instanceof Refusal) channel.refuse(error);
    throw error;
  }
}

async function greet(
  channel: HandshakeChannel,
  socket: Socket,
  { self, direction, security, region, nodeSecret }: DiallerHandshake,
): Promise<RpcPeerIdentity> {
  const { authentication, tls, keys } = security;
  const ours = encodeHello({ identity: self, direction, authentication });
  channel.writePreface();
  channel.writeBytes(ours);
  const theirs = await channel.read();
  const hello = decodeHello(theirs.value);
  checkAuthentication(hello, security);
  const { identity } = hello;
  if (identity.role !== 'server') throw new Refusal('role', 'it is not a server');
  if (identity.region !== region)
    throw new Refusal('region', `it is of region ${quote(identity.region)}, not ${quote(region)}`);
  if (tls !== undefined) checkCertificate(socket as TLSSocket, identity, tls);
  const transcript = transcriptOf(ours, theirs.bytes);
  if (authentication === 'cluster-key') {
    const { proofs } = fieldsOf((await channel.read()).value);
    const key = provenKey(keys, 'listener', transcript, decodeProofs(proofs));
    if (key === undefined) throw new Refusal('key', 'it does not hold the cluster key');
    channel.write({ proofs: [prove(key, 'dialler', transcript).toString('base64')] });
  }
  if (direction === 'reverse') {
    const proof = nodeSecret === undefined ? '' : proveNode(nodeKeyOf(nodeSecret), transcript).toString('base64');
    channel.write({ node: proof });
  }
  const { accepted } = fieldsOf((await channel.read()).value);
  if (accepted !== true) throw new Refusal('protocol', 'it does not speak this protocol');
  await channel.flushed();
  return { ...identity, authentication, remoteAddress: socket.remoteAddress ?? '' };
}

/** Both ends must authenticate in the same way: a peer that offers less must not talk us out of asking for more. */
export function checkAuthentication(hello: Hello, { authentication }: ConnectionSecurity): void {
  if (hello.authentication === authentication) return;
  throw new Refusal('authentication', `it authenticates by ${hello.authentication}, this agent by ${authentication}`);
}

/** @throws Refusal `protocol` */
export function decodeProofs(value: unknown): readonly Buffer[] {
  // A longer list cannot come: a handshake message is bounded.
  if (!Array.isArray(value)) throw new Refusal('protocol', 'it does not speak this protocol');
  return value.map((proof) => Buffer.from(String(proof), 'base64'));
}
