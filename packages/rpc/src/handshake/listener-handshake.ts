import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { checkCertificate } from './peer-certificate.js';
import { MAX_KEYS, prove, provenKey, transcriptOf } from './challenge.js';
import { checkAuthentication, decodeProofs } from './dialler-handshake.js';
import { HandshakeChannel } from './handshake-channel.js';
import type { Direction, Hello } from './hello.js';
import { decodeHello, encodeHello, fieldsOf } from './hello.js';
import type { NodeKeys } from './node-proof.js';
import { checkNode } from './node-proof.js';
import type { RpcIdentity, RpcPeerIdentity } from './peer-identity.js';
import { quote, Refusal } from './refusal.js';
import type { ConnectionSecurity } from './security.js';

export interface ListenerHandshake {
  readonly self: RpcIdentity;
  readonly security: ConnectionSecurity;
  /** Without, no node can prove itself, and none may keep a session to be called on. */
  readonly nodeKeys?: NodeKeys | undefined;
}

export interface AcceptedPeer {
  readonly peer: RpcPeerIdentity;
  readonly direction: Direction;
}

/**
 * The listener's part, see `greetListener`.
 * @throws Refusal after the peer was told, PeerRefusedUs, ConnectionEnded, what the socket fails with
 */
export async function greetDialler(socket: Socket, handshake: ListenerHandshake): Promise<AcceptedPeer> {
  const channel = new HandshakeChannel(socket);
  try {
    const accepted = await greet(channel, socket, handshake);
    channel.write({ accepted: true });
    await channel.flushed();
    return accepted;
  } catch (error) {
    if (error instanceof Refusal) channel.refuse(error);
    throw error;
  }
}

async function greet(
  channel: HandshakeChannel,
  socket: Socket,
  { self, security, nodeKeys }: ListenerHandshake,
): Promise<AcceptedPeer> {
  const { authentication, tls, keys, insecure } = security;
  await channel.readPreface();
  const theirs = await channel.read();
  const hello = decodeHello(theirs.value);
  const { identity, direction } = hello;
  if (tls !== undefined) checkCertificate(socket as TLSSocket, identity, tls);
  if (authentication === 'none' && !insecure && !isLocal(socket)) {
    throw new Refusal('remote', 'it is on another machine, and this agent has neither TLS nor a cluster key');
  }
  const ours = encodeHello({ identity: self, direction, authentication });
  channel.writeBytes(ours);
  checkAuthentication(hello, security);
  checkIdentity(hello, self);
  const transcript = transcriptOf(theirs.bytes, ours);
  if (authentication === 'cluster-key') {
    channel.write({
      proofs: keys.slice(0, MAX_KEYS).map((key) => prove(key, 'listener', transcript).toString('base64')),
    });
    const { proofs } = fieldsOf((await channel.read()).value);
    if (provenKey(keys, 'dialler', transcript, decodeProofs(proofs)) === undefined) {
      throw new Refusal('key', 'it does not hold the cluster key');
    }
  }
  if (direction === 'reverse') {
    const { node } = fieldsOf((await channel.read()).value);
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    const proof = Buffer.from(String(node), 'base64');
    await checkNode(nodeKeys, { nodeId: identity.id, proof, transcript }, gone.signal);
  }
  return { peer: { ...identity, authentication, remoteAddress: socket.remoteAddress ?? '' }, direction };
}

/** Servers of every region meet; a client belongs to the servers of its own. */
function checkIdentity({ identity, direction }: Hello, self: RpcIdentity): void {
  if (identity.role === 'client' && identity.region !== self.region) {
    throw new Refusal('region', `it is a client of region ${quote(identity.region)}, not ${quote(self.region)}`);
  }
  if (direction === 'forward') return;
  if (identity.role !== 'client') throw new Refusal('role', 'only a client keeps a session to be called on');
  if (identity.id === '') throw new Refusal('protocol', 'it keeps a session to be called on, and names no node');
}

/** Whether the peer runs on this machine: it talks to us over loopback, or to one of our addresses from that same address. */
export function isLocal({
  remoteAddress,
  localAddress,
}: {
  readonly remoteAddress?: string | undefined;
  readonly localAddress?: string | undefined;
}): boolean {
  if (remoteAddress === undefined) return false;
  return (
    remoteAddress === localAddress || remoteAddress === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(remoteAddress)
  );
}
