import { setTimeout as wait } from 'node:timers/promises';
import type { ApiClient, QueryValues } from './api-client.js';
import { UnexpectedResponse } from './api-client.js';

/** How long to leave an agent alone that does not wait for changes itself, or is not there for a moment. */
const PAUSE_MS = 1_000;
/** How often in a row an agent may fail, as while its servers elect a leader. */
const MAX_FAILURES = 5;

/**
 * Reads a value now, and again each time it has changed, by blocking queries. Ends only by the signal, with its error, or by
 * what cannot be read.
 */
export async function* watchValue<T>(
  client: ApiClient,
  path: string,
  { query = {}, signal }: { readonly query?: QueryValues; readonly signal: AbortSignal },
): AsyncGenerator<T, never, undefined> {
  let index = 0;
  let failures = 0;
  for (;;) {
    let page: Awaited<ReturnType<ApiClient['page']>>;
    try {
      page = await client.page(path, index === 0 ? query : { ...query, index: `${index}` }, { signal });
      failures = 0;
    } catch (error) {
      failures += 1;
      const isPassing = error instanceof UnexpectedResponse && error.status >= 500;
      if (!isPassing || failures > MAX_FAILURES || signal.aborted) throw error;
      await wait(PAUSE_MS, undefined, { signal });
      continue;
    }
    yield page.value as T;
    if (page.index === undefined) await wait(PAUSE_MS, undefined, { signal });
    // One that went back is that of another state, such as a restored one.
    index = page.index === undefined || page.index < index ? 0 : page.index;
  }
}
