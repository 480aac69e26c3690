import type { AgentConfig } from '@steppe/config';
import { SteppeError } from '@steppe/domain';
import type { Random } from '@steppe/runtime';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentIdentity } from './agent-identity.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const FILE = 'server-id';

/**
 * Who an agent with this configuration is. A server keeps its UUID in `<data_dir>/server/server-id`; in dev mode it gets a
 * new one each start.
 * @throws SERVER_ID_INVALID naming the file when it holds something else
 */
export function createIdentity(
  config: AgentConfig,
  { hostName, random }: { readonly hostName: string; readonly random: Random },
): AgentIdentity {
  const { name, region, datacenter, server, client } = config;
  return {
    nodeName: name === '' ? hostName : name,
    region,
    datacenter,
    serverId: server.enabled ? serverId(serverFolder(config), random) : undefined,
    roles: { server: server.enabled, client: client.enabled },
  };
}

/** Where a server keeps what must outlive a restart; `undefined` when nothing does. */
export function serverFolder({ devMode, dataDir, server }: AgentConfig): string | undefined {
  if (devMode || dataDir === '') return undefined;
  return server.dataDir === '' ? join(dataDir, 'server') : server.dataDir;
}

function serverId(folder: string | undefined, random: Random): string {
  if (folder === undefined) return random.uuid();
  const file = join(folder, FILE);
  const known = readIfThere(file);
  if (known !== undefined) {
    if (UUID.test(known)) return known;
    throw new SteppeError(
      { code: 'SERVER_ID_INVALID', file },
      `${file} does not hold a UUID; remove it to get a new one`,
    );
  }
  const id = random.uuid();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${id}\n`, { mode: 0o600 });
  return id;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
