import type { ClientRuntime } from '@steppe/client';
import type { Allocation } from '@steppe/domain';
import { anyOf } from '../../http/acl-rule.js';
import { apiError } from '../../http/api-error.js';
import type { ApiRequest } from '../../http/request/api-request.js';

/**
 * An allocation of this node, if the caller has one of the rights in its namespace.
 * @throws PERMISSION_DENIED, ALLOC_UNKNOWN
 */
export async function demandAllocation(
  client: ClientRuntime,
  request: ApiRequest<{ readonly id: string }>,
  rights: readonly string[],
): Promise<Allocation> {
  const { id } = request.parameters;
  const found = client.allocations().find(({ allocation }) => allocation.id === id)?.allocation;
  // Whoever may read nothing learns nothing.
  await request.demand(anyOf(found?.namespace ?? '*', rights));
  if (found === undefined) throw apiError('ALLOC_UNKNOWN', id);
  return found;
}
