import { Secret } from '@steppe/domain';
import type { Random } from '@steppe/runtime';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientError } from '../errors.js';

/** Who a node is to the servers. */
export interface NodeIdentity {
  /** UUID. */
  readonly id: string;
  /** UUID that proves a later registration to come from the same node. */
  readonly secret: Secret;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The identity kept in `stateFolder` (files `client-id` and `secret-id`, readable by their owner only); folder and files are
 * made when they are not there. Without a folder, a new identity.
 * Synchronous, so that the identity is known as soon as there is a runtime.
 * @throws CLIENT_IDENTITY_INVALID naming a file that holds something else; the file system's error when it refuses
 */
export function loadNodeIdentity(
  stateFolder: string | undefined,
  { random }: { readonly random: Random },
): NodeIdentity {
  const newId = (): string => random.uuid();
  // Key material: the injected chance may be reproducible.
  const newSecret = (): string => randomUUID();
  if (stateFolder === undefined) return { id: newId(), secret: new Secret(newSecret()) };
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  return {
    id: uuidIn(join(stateFolder, 'client-id'), newId),
    secret: new Secret(uuidIn(join(stateFolder, 'secret-id'), newSecret)),
  };
}

function uuidIn(file: string, create: () => string): string {
  const known = readIfThere(file);
  if (known === undefined) return writeNew(file, create());
  if (UUID.test(known)) return known;
  // What the file holds may be a damaged secret: the message does not show it.
  throw clientError(
    { code: 'CLIENT_IDENTITY_INVALID', file },
    `${file} does not hold a UUID; remove it to have the node get a new one`,
  );
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** By way of a second file, so that a crash never leaves half a UUID behind. */
function writeNew(file: string, uuid: string): string {
  const draft = `${file}.new`;
  writeFileSync(draft, `${uuid}\n`, { mode: 0o600, flush: true });
  renameSync(draft, file);
  return uuid;
}
