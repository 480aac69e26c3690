import { errorMessage } from '@steppe/domain';
import type { Logger } from '@steppe/runtime';
import { clientError } from '../errors.js';
import { formatServerAddress, parseServerAddress, resolveServerAddress } from './server-address.js';
import type { HostResolver } from './server-address.js';
import type { ServerLink } from './server-link.js';

export interface ReachableServersDeps {
  readonly link: Pick<ServerLink, 'ping'>;
  readonly resolve: HostResolver;
  readonly logger: Logger;
}

/**
 * Resolves and pings all `addresses` at once.
 * @returns `ip:port` of those that answered, in the given order; the others are only logged
 * @throws CLIENT_SERVERS_UNREACHABLE with a line for each address when none answered
 */
export async function reachableServers(
  addresses: readonly string[],
  { link, resolve, logger }: ReachableServersDeps,
  options: { readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const attempts = await Promise.all(
    addresses.map(async (address) => {
      let server = withPort(address);
      try {
        server = await resolveServerAddress(address, resolve);
        await link.ping(server, options);
        return { server };
      } catch (cause) {
        return { failure: `Server at address ${server} failed ping: ${errorMessage(cause)}` };
      }
    }),
  );
  const servers = attempts.flatMap(({ server }) => server ?? []);
  const failures = attempts.flatMap(({ failure }) => failure ?? []);
  options.signal.throwIfAborted();
  if (servers.length === 0) throw clientError({ code: 'CLIENT_SERVERS_UNREACHABLE', addresses }, failures.join('\n'));
  for (const failure of failures) logger.warn('server left out', { error: failure });
  return servers;
}

/** The address with its port even if its host cannot be resolved; what is no address at all stays as it came. */
function withPort(address: string): string {
  try {
    return formatServerAddress(parseServerAddress(address));
  } catch {
    return address;
  }
}
