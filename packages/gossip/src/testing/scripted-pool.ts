import type { SimClusterOptions, SimMember } from '../simulation/sim-cluster.js';
import type { SimCluster } from '../simulation/sim-cluster.js';
import { ScriptedPeer } from './scripted-peer.js';
import { startCluster } from './start-cluster.js';

/** One real member, `n0`, among peers `p1`, `p2`, … that do as they are told. */
export interface ScriptedPool {
  readonly cluster: SimCluster;
  readonly member: SimMember;
  readonly peers: readonly ScriptedPeer[];
  /** Where the member listens. */
  readonly at: { readonly host: string; readonly port: number };
}

/** @param known - whether the peers have announced themselves to the member */
export async function scriptedPool(
  count: number,
  { known = true, ...options }: Partial<SimClusterOptions> & { readonly known?: boolean } = {},
): Promise<ScriptedPool> {
  const cluster = await startCluster({ size: 1, seed: 1, ...options });
  const [member] = cluster.running as [SimMember];
  const at = { host: member.host, port: 7946 };
  const peers = await Promise.all(
    Array.from({ length: count }, (_, i) => new ScriptedPeer(`p${i + 1}`, `10.9.0.${i + 1}`, cluster.network).start()),
  );
  if (known) for (const peer of peers) peer.send(at, peer.alive());
  await cluster.advance(5, 5);
  for (const peer of peers) peer.forget();
  return { cluster, member, peers, at };
}

/** Makes a peer ack every ping and forget about everything else. */
export function answersPings(peer: ScriptedPeer, at: ScriptedPool['at'], payload = new Uint8Array()): void {
  peer.onMessage = (message) => {
    if (message.type === 'ping') peer.send(at, { type: 'ack', seqNo: message.seqNo, payload });
  };
}
