import { GOSSIP_PORT, ownLoopbackHost } from '@steppe/testing';
import type { GossipAddress, KeyRing, SerfEvent, SerfOptions, Transport } from '@steppe/gossip';
import { LAN_TIMING, NetTransport, PacketCodec, Serf } from '@steppe/gossip';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';
import type { SerfDeps } from '@steppe/gossip';

const base = { clock: new SystemClock(), random: new SystemRandom(), logger: silentLogger, metrics: noMetrics };

export interface SteppeMemberOptions {
  readonly host?: string;
  readonly port?: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly keyring?: KeyRing;
  readonly memberlist?: Partial<SerfOptions['memberlist']>;
  readonly serf?: Partial<SerfOptions>;
  readonly deps?: Partial<SerfDeps>;
}

/** What a datagram may have at most: the budget, its checksum, encryption and label. */
const MAX_DATAGRAM_BYTES = 1_400 + 5 + 29 + 2 + 255;

/** A member of ours on the same port as the real agents, and everything it reported and sent. */
export class SteppeMember {
  readonly name: string;
  readonly serf: Serf;
  readonly address: GossipAddress;
  readonly events: SerfEvent[] = [];
  readonly #checkSent: () => void;

  private constructor(name: string, check: () => void, serf: Serf, address: GossipAddress) {
    this.name = name;
    this.#checkSent = check;
    this.serf = serf;
    this.address = address;
    serf.onEvent((event) => void this.events.push(event));
  }

  static async start(name: string, options: SteppeMemberOptions = {}): Promise<SteppeMember> {
    const { host = ownLoopbackHost(), port = GOSSIP_PORT, tags = {}, keyring, memberlist, serf, deps } = options;
    const address = { host, port };
    const sent: Uint8Array[] = [];
    const member = new SteppeMember(
      name,
      checkOf(sent, memberlist?.label ?? '', keyring),
      new Serf(
        { memberlist: { ...LAN_TIMING, name, ...memberlist }, tags, ...serf },
        { ...base, transport: recording(new NetTransport(address, base), sent), ...(keyring && { keyring }), ...deps },
      ),
      address,
    );
    await member.serf.start();
    return member;
  }

  /** Joins one address. @throws what went wrong */
  async join(host: string): Promise<void> {
    const { failures } = await this.serf.join([{ host, port: GOSSIP_PORT }]);
    const [failure] = failures;
    if (failure !== undefined) throw failure.error;
  }

  /** Names to statuses. */
  statuses(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.serf.members().map(({ name, status }) => [name, status]));
  }

  /** Names of the user events received, in order. */
  userEvents(): readonly string[] {
    return this.events.flatMap((event) => (event.type === 'user' ? [event.name] : []));
  }

  /** What was reported about a member, in order. */
  reported(name: string): readonly string[] {
    return this.events.flatMap((event) =>
      'members' in event && event.members.some((member) => member.name === name) ? [event.type] : [],
    );
  }

  /**
   * Ends without a word to the pool, as if killed.
   * @throws when it ever sent a datagram that is too large or that a strict reader would refuse (row 51)
   */
  async kill(): Promise<void> {
    await this.serf.stop();
    this.#checkSent();
  }

  async leave(): Promise<void> {
    await this.serf.leave();
    await this.serf.stop();
  }
}

function recording(transport: NetTransport, sent: Uint8Array[]): Transport {
  return {
    get bound() {
      return transport.bound;
    },
    start: (handlers) => transport.start(handlers),
    stop: () => transport.stop(),
    dial: (...args) => transport.dial(...args),
    send: (bytes, ...rest) => {
      sent.push(Uint8Array.from(bytes));
      transport.send(bytes, ...rest);
    },
  };
}

/** With a keyring the keys may have changed since: then only sizes are looked at. */
function checkOf(sent: readonly Uint8Array[], label: string, keyring: KeyRing | undefined): () => void {
  const codec = new PacketCodec({ label, compression: true, verifyIncoming: true, verifyOutgoing: true });
  return () => {
    for (const datagram of sent) {
      if (datagram.length > MAX_DATAGRAM_BYTES) throw new Error(`sent a datagram of ${datagram.length} bytes`);
      if (keyring !== undefined) continue;
      const { messages, rejected } = codec.decode(datagram);
      if (rejected.length > 0 || messages.length === 0) {
        throw new Error(`sent what cannot be read: ${Buffer.from(datagram).toString('hex')}`);
      }
    }
  };
}
