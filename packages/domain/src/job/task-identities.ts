import type { Task, TaskIdentity } from './task.js';
import { IDENTITY_WIRE } from './task.js';

/** The identity that every task has, whether its job says anything of it or not. */
export const DEFAULT_IDENTITY = 'default';

/** Whom tokens are for that are to be used with the API itself. */
export const API_AUDIENCE = 'nomadproject.io';

/** A signed identity token (a JWT) of a task. */
export interface SignedIdentity {
  readonly task: string;
  /** Name of the identity. */
  readonly identity: string;
  readonly token: string;
}

/**
 * All identities of a task, each with its name and its audience: the default one first, then those beside it. Agents of before
 * there were others do not send the list.
 */
export function identitiesOf({
  identity = IDENTITY_WIRE.empty,
  identities = [],
}: Pick<Task, 'identity'> & Partial<Pick<Task, 'identities'>>): readonly TaskIdentity[] {
  const audience = identity.audience.length === 0 ? [API_AUDIENCE] : identity.audience;
  return [{ ...identity, name: identity.name || DEFAULT_IDENTITY, audience }, ...identities];
}
