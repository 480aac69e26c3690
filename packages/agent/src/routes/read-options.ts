import type { ListQuery } from '@steppe/state';
import type { BlockingReadOptions, ReadOptions } from '../cluster/cluster-view.js';
import type { ApiRequest } from '../http/request/api-request.js';
import type { CommonParameters } from '../http/request/common-parameters.js';

/** What a read of the cluster needs to know of the request behind it. */
export function readOptions(request: ApiRequest): ReadOptions {
  return {
    token: request.token,
    stale: request.common.stale,
    // Only a read that waits looks at the signal.
    get signal() {
      return request.signal;
    },
  };
}

/** The same for a read that may block until its data is newer than `index`. */
export function blockingReadOptions(request: ApiRequest): BlockingReadOptions {
  const { common } = request;
  const { token, stale } = readOptions(request);
  // An index beyond 2^53 is beyond any index we can reach: the read blocks until its time is over.
  return { token, stale, signal: request.signal, index: Number(common.index), waitMs: common.waitMs };
}

/** Which rows of a list are asked for. */
export function listQuery({ prefix, filter, nextToken, perPage, reverse }: CommonParameters): ListQuery {
  return { prefix, filter, nextToken, perPage, reverse };
}
