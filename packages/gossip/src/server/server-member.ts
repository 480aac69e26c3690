import type { Member } from '@steppe/domain';

/** A member that is a server, by its tags. */
export interface ServerMember {
  readonly member: Member;
  /** Server UUID; `unknown` when the member does not tell. */
  readonly id: string;
  readonly region: string;
  readonly datacenter: string;
  /** Version of the program, such as `2.0.6+steppe.0.1.0`. */
  readonly build: string;
  /** RPC address as other servers use it, `host:port`: the gossip address with the RPC port. */
  readonly peerAddress: string;
  /** RPC address as clients use it, `host:port`. */
  readonly clientAddress: string;
  /** `bootstrap_expect`; 0 is none. */
  readonly expect: number;
}

const VERSION = /^v?\d+(\.\d+)*(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
const INTEGER = /^-?\d{1,9}$/;

/**
 * What a member says of itself as a server; `undefined` when it is none: its role is another, or a tag that must parse does
 * not.
 * @see hashicorp/nomad nomad/util.go `isNomadServer`
 */
export function parseServerMember(member: Member): ServerMember | undefined {
  const { tags } = member;
  if (tags['role'] !== 'nomad') return undefined;
  const port = integer(tags['port']);
  if (port === undefined || !VERSION.test(tags['build'] ?? '')) return undefined;
  const expect = integer(tags['expect'] ?? '0');
  if (expect === undefined || integer(tags['raft_vsn'] ?? '0') === undefined) return undefined;
  return {
    member,
    id: tags['id'] ?? 'unknown',
    region: tags['region'] ?? '',
    datacenter: tags['dc'] ?? '',
    build: tags['build'] ?? '',
    peerAddress: hostPort(member.address, port),
    clientAddress: hostPort(tags['rpc_addr'] ?? member.address, port),
    expect,
  };
}

/** Why a member may not be in a pool of servers; `undefined` when it may. The text is the reference's. */
export function refuseNonServer(member: Member): string | undefined {
  return parseServerMember(member) === undefined ? `member '${member.name}' is not a server` : undefined;
}

const integer = (text: string | undefined): number | undefined =>
  text !== undefined && INTEGER.test(text) ? Number(text) : undefined;

const hostPort = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
