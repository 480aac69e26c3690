import type { TLSSocket } from 'node:tls';
import type { PeerRole } from '../method/rpc-method.js';
import type { RpcIdentity } from './peer-identity.js';
import { quote, Refusal } from './refusal.js';
import type { RpcTls } from './security.js';

/** A name that makes a certificate one of an agent. */
interface AgentName {
  readonly role: PeerRole;
  readonly region: string;
}

/**
 * The agent names among a certificate's subject alternative names. As in Go, the common name says nothing.
 * @param subjectAltName - as `node:tls` prints it: `DNS:server.global.nomad, DNS:localhost, IP Address:127.0.0.1`
 */
export function agentNames(subjectAltName: string): readonly AgentName[] {
  // Node quotes a name with special characters; what is inside the quotes must not be taken for an entry.
  const unquoted = subjectAltName.replaceAll(/"(?:[^"\\]|\\.)*"/g, '');
  return unquoted.split(', ').flatMap((entry) => {
    const [, role, region] = /^DNS:(server|client)\.([^.]+)\.nomad$/.exec(entry) ?? [];
    return region === undefined ? [] : [{ role: role as PeerRole, region }];
  });
}

/**
 * Whether our CA signed the peer's certificate, and for what the peer announces.
 * @throws Refusal `certificate`, `role`, `region`
 */
export function checkCertificate(socket: TLSSocket, identity: RpcIdentity, tls: RpcTls): void {
  const { subjectaltname = '' } = socket.getPeerCertificate();
  if (!socket.authorized) {
    // Despite its type a code.
    const reason = socket.authorizationError as unknown as string | null;
    throw new Refusal('certificate', `TLS failed: ${reason ?? 'no certificate'}`);
  }
  checkCertificateNames(subjectaltname, identity, tls.verifyServerHostname);
}

/**
 * Holds a peer to its certificate. A server's certificate is also good for the client role: one agent may be both.
 * @param isNameNeeded - `verify_server_hostname`
 * @throws Refusal `role`, `region`
 */
export function checkCertificateNames(
  subjectAltName: string,
  { role, region }: RpcIdentity,
  isNameNeeded: boolean,
): void {
  const names = agentNames(subjectAltName);
  if (names.length === 0) {
    if (!isNameNeeded) return;
    throw new Refusal('role', `the certificate carries neither server.<region>.nomad nor client.<region>.nomad`);
  }
  const ofRole = names.filter((name) => name.role === 'server' || name.role === role);
  if (ofRole.length === 0) throw new Refusal('role', `the certificate is not one of a ${role}`);
  if (!ofRole.some((name) => name.region === region)) {
    throw new Refusal('region', `the certificate is not one of region ${quote(region)}`);
  }
}
