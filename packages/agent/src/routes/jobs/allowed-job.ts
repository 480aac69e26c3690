import { anyOf, namespaceOf } from '../../http/acl-rule.js';
import type { ApiRequest } from '../../http/request/api-request.js';
import type { RegisterRequest } from './job-requests.js';
import { decodeRegister } from './job-requests.js';

/**
 * The job of a request's body, if the caller has one of these rights in its namespace.
 * @param id - as the path says; `undefined` where it does not
 * @throws PERMISSION_DENIED, TOKEN_REFUSED, and as `decodeRegister`
 */
export async function allowedJob(
  request: ApiRequest,
  id: string | undefined,
  rights: readonly string[],
): Promise<RegisterRequest> {
  const decoded = decodeRegister(await request.body(), { id, query: request.query });
  await request.demand(anyOf(decoded.job.namespace || namespaceOf(request.query), rights));
  return decoded;
}
