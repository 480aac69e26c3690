import { Secret } from '@steppe/domain';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * The credential a request carries, `undefined` for an anonymous one: `X-Nomad-Token` first, then the first word after
 * the `Bearer` scheme of `Authorization`. The query string is never looked at.
 */
export function presentedToken(headers: IncomingHttpHeaders): Secret | undefined {
  const header = headers['x-nomad-token'];
  const direct = (Array.isArray(header) ? header[0] : header)?.trim();
  if (direct !== undefined && direct !== '') return new Secret(direct);
  const authorization = headers.authorization;
  if (authorization === undefined) return undefined;
  const [scheme, value] = authorization.trim().split(/ +/);
  if (scheme?.toLowerCase() !== 'bearer' || value === undefined || value === '') return undefined;
  return new Secret(value);
}
