import { errorMessage } from '@steppe/domain';
import type { Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import type { RpcTls } from './security.js';

/** What both ends agree on within TLS. */
export const ALPN = 'steppe-rpc/1';

export const contextOptions = ({ ca, cert, key, minVersion = 'TLSv1.2', ciphers }: RpcTls): SecureContextOptions => ({
  ca,
  cert,
  key,
  minVersion,
  ...(ciphers === undefined || ciphers === '' ? {} : { ciphers }),
});

/**
 * Answers TLS on an accepted connection. A server for each: it follows certificates that change, and beside the handshake
 * itself it costs nothing. Whether the peer's certificate is acceptable is still to be checked.
 * @throws what TLS fails with
 */
export function acceptTls(raw: Socket, tls: RpcTls): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const server = createServer({
      ...contextOptions(tls),
      requestCert: true,
      // Node would close without a word; the handshake refuses with one, see `checkCertificate`.
      rejectUnauthorized: false,
      ALPNProtocols: [ALPN],
    });
    server.once('secureConnection', resolve);
    server.once('tlsClientError', reject);
    raw.once('close', () => reject(new Error('connection closed')));
    server.emit('connection', raw);
  });
}

/** Codes of Node's certificate checks; those of OpenSSL all begin alike. */
const CERTIFICATE_CODES =
  /^(?:ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|HOSTNAME_MISMATCH|EPROTO)/;

/** The sentence for a failed TLS handshake, without the details that OpenSSL adds; `undefined` for any other error. */
export function tlsReason(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (!CERTIFICATE_CODES.test(code)) return undefined;
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_HTTP_REQUEST') return 'it does not speak TLS';
  const reason = /:SSL routines:[^:]*:([^:]+):/.exec(errorMessage(error))?.[1] ?? errorMessage(error);
  return `TLS failed: ${reason}`;
}
