/** State of a member as serf shows it. `none` is only the zero value. */
export type MemberStatus = 'none' | 'alive' | 'leaving' | 'left' | 'failed';

/** The protocol versions a member speaks: lowest, highest, and the one in use. */
export interface ProtocolRange {
  readonly min: number;
  readonly max: number;
  readonly current: number;
}

/** A named participant of the gossip pool, seen from one agent at one moment. */
export interface Member {
  /** For servers `<node name>.<region>`. */
  readonly name: string;
  /** Gossip advertise address, an IP text. */
  readonly address: string;
  readonly port: number;
  readonly status: MemberStatus;
  readonly tags: Readonly<Record<string, string>>;
  /** memberlist protocol. */
  readonly protocol: ProtocolRange;
  /** serf delegate protocol. */
  readonly delegate: ProtocolRange;
}

/** Wire form of a member, Go field names (`GET /v1/agent/members`). */
export interface MemberWire {
  readonly Addr: string | null;
  readonly DelegateCur: number;
  readonly DelegateMax: number;
  readonly DelegateMin: number;
  readonly Name: string;
  readonly Port: number;
  readonly ProtocolCur: number;
  readonly ProtocolMax: number;
  readonly ProtocolMin: number;
  readonly Status: MemberStatus;
  readonly Tags: Readonly<Record<string, string>> | null;
}

export function encodeMember(member: Member): MemberWire {
  return {
    Addr: member.address,
    DelegateCur: member.delegate.current,
    DelegateMax: member.delegate.max,
    DelegateMin: member.delegate.min,
    Name: member.name,
    Port: member.port,
    ProtocolCur: member.protocol.current,
    ProtocolMax: member.protocol.max,
    ProtocolMin: member.protocol.min,
    Status: member.status,
    Tags: member.tags,
  };
}

/** The member of an agent without a server role: present, and zero in every field. */
export const ZERO_MEMBER: MemberWire = {
  Addr: null,
  DelegateCur: 0,
  DelegateMax: 0,
  DelegateMin: 0,
  Name: '',
  Port: 0,
  ProtocolCur: 0,
  ProtocolMax: 0,
  ProtocolMin: 0,
  Status: 'none',
  Tags: null,
};
