import type { GossipAddress, KeyRing, SerfEvent, SerfOptions } from '@steppe/gossip';
import { LAN_TIMING, NetTransport, Serf } from '@steppe/gossip';
import { noMetrics, silentLogger, SystemClock, SystemRandom } from '@steppe/runtime';
import type { SerfDeps } from '@steppe/gossip';
import { GOSSIP_PORT, ownHost } from './serf-agent.js';

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

/** A member of ours on the same port as the real agents, and everything it reported. */
export class SteppeMember {
  readonly name: string;
  readonly serf: Serf;
  readonly address: GossipAddress;
  readonly events: SerfEvent[] = [];

  private constructor(name: string, serf: Serf, address: GossipAddress) {
    this.name = name;
    this.serf = serf;
    this.address = address;
    serf.onEvent((event) => void this.events.push(event));
  }

  static async start(name: string, options: SteppeMemberOptions = {}): Promise<SteppeMember> {
    const { host = ownHost(), port = GOSSIP_PORT, tags = {}, keyring, memberlist, serf, deps } = options;
    const address = { host, port };
    const member = new SteppeMember(
      name,
      new Serf(
        { memberlist: { ...LAN_TIMING, name, ...memberlist }, tags, ...serf },
        { ...base, transport: new NetTransport(address, base), ...(keyring && { keyring }), ...deps },
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

  /** Ends without a word to the pool, as if killed. */
  async kill(): Promise<void> {
    await this.serf.stop();
  }

  async leave(): Promise<void> {
    await this.serf.leave();
    await this.serf.stop();
  }
}
