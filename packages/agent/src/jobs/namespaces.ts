import type { Namespace } from '@steppe/domain';
import { DEFAULT_NAMESPACE, goQuote, NAMESPACE_WIRE } from '@steppe/domain';
import type { Indexed, StateReader, StateStore } from '@steppe/state';
import { JOBS, NAMESPACES } from '@steppe/state';
import { apiError } from '../http/api-error.js';
import { MAX_DESCRIPTION, withBuiltIn } from './named-rows.js';

const NAMESPACE_NAME = /^[a-zA-Z0-9-]{1,128}$/;

/** Namespaces, the one that always exists included. */
export const namespacesOf = (reader: StateReader): readonly Namespace[] =>
  withBuiltIn(reader.rows(NAMESPACES), [
    { ...NAMESPACE_WIRE.empty, name: DEFAULT_NAMESPACE, description: 'Default shared namespace' },
  ]);

/** Id of a job of a namespace that is not dead. */
export function jobThatUses(reader: StateReader, namespace: string): string | undefined {
  for (const { id, status } of reader.range(JOBS, { prefix: `${namespace}/` })) if (status !== 'dead') return id;
  return undefined;
}

/** Writes of namespaces. */
export class Namespaces {
  readonly #options: { readonly region: string };
  readonly #state: StateStore;

  constructor(options: { readonly region: string }, state: StateStore) {
    this.#options = options;
    this.#state = state;
  }

  /** Adds a namespace, or replaces the one of its name. @throws NAMESPACE_REFUSED, and what a transaction throws */
  upsert(namespace: Namespace): Promise<Indexed<void>> {
    const { name, description } = namespace;
    if (!NAMESPACE_NAME.test(name))
      throw refused(`invalid name ${goQuote(name)}. Must match regex ${NAMESPACE_NAME.source}`);
    if (description.length > MAX_DESCRIPTION) throw refused(`description longer than ${MAX_DESCRIPTION}`);
    return this.#state.transact((tx) => tx.put(NAMESPACES, namespace));
  }

  /** @throws NAMESPACE_NOT_FOUND, NAMESPACE_REFUSED while jobs of it are not dead, and what a transaction throws */
  delete(name: string): Promise<Indexed<void>> {
    if (name === DEFAULT_NAMESPACE) throw refused('can not delete default namespace');
    return this.#state.transact((tx) => {
      if (!tx.delete(NAMESPACES, name)) throw apiError('NAMESPACE_NOT_FOUND');
      const id = jobThatUses(tx, name);
      if (id !== undefined) {
        throw refused(
          `namespace ${goQuote(name)} contains at least one non-terminal job ${goQuote(id)} in region ${goQuote(this.#options.region)}. All jobs must be terminal in namespace before it can be deleted`,
        );
      }
    });
  }
}

const refused = (reason: string) => apiError('NAMESPACE_REFUSED', reason);
