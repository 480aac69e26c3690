import { errorMessage } from '@steppe/domain';
import type { ApiClient } from '../api/api-client.js';
import type { CliIo } from '../cli-io.js';

interface Asked {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/**
 * What a node measures. It may be out of reach, and everything else is worth showing then: it is told on standard error, and
 * the result is `undefined`.
 */
export async function retrieveStats(client: ApiClient, { path, query }: Asked, io: CliIo): Promise<unknown> {
  try {
    return await client.get(path, query);
  } catch (error) {
    io.writeError(`Couldn't retrieve stats: ${errorMessage(error)}\n`);
    return undefined;
  }
}
