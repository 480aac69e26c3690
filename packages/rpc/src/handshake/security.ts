import type { Secret } from '@steppe/domain';
import type { RpcAuthentication } from './peer-identity.js';

/** Certificates of this agent, in PEM. */
export interface RpcTls {
  /** Authorities whose certificates are accepted. */
  readonly ca: string | Buffer;
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Default `TLSv1.2`, the lowest allowed. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL cipher list; default Node's. */
  readonly ciphers?: string;
  /**
   * Nomad's `verify_server_hostname`. `true`: every certificate must carry `server.<region>.nomad` or
   * `client.<region>.nomad`. `false`: one that carries neither is accepted as whatever it announces; one that carries such
   * a name is held to it all the same.
   */
  readonly verifyServerHostname: boolean;
}

/**
 * What this agent asks of its peers and shows to them. The strongest that is there counts: TLS, then cluster keys, then
 * nothing. Both ends must use the same. Everything is read anew for each connection, so that certificates and keys can
 * change while the agent runs; open sessions stay.
 */
export interface RpcSecurity {
  readonly tls?: () => RpcTls | undefined;
  /**
   * Shared keys, base64, the preferred one first. Two agents meet when they have one in common, so a rotation that
   * installs the new key everywhere before it removes the old one cuts nobody off.
   */
  readonly clusterKeys?: () => readonly Secret[];
  /** Without TLS and keys: accept peers on other machines too, unauthenticated. */
  readonly insecure?: boolean;
}

/** The security of one connection, as it stands when the connection begins. */
export interface ConnectionSecurity {
  readonly authentication: RpcAuthentication;
  readonly tls: RpcTls | undefined;
  readonly keys: readonly Secret[];
  readonly insecure: boolean;
}

export function securityNow({ tls, clusterKeys, insecure = false }: RpcSecurity): ConnectionSecurity {
  const certificates = tls?.();
  const keys = certificates === undefined ? (clusterKeys?.() ?? []).filter((key) => !key.isEmpty) : [];
  const authentication = certificates !== undefined ? 'certificate' : keys.length > 0 ? 'cluster-key' : 'none';
  return { authentication, tls: certificates, keys, insecure };
}
