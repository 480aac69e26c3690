import type { Acl } from '@steppe/acl';
import type { Namespace, NodePool } from '@steppe/domain';
import type { StateReader } from '@steppe/state';
import { namespacesOf } from '../jobs/namespaces.js';
import { nodePoolsOf } from '../jobs/node-pools.js';

const READ_JOB = 'read-job';

/** What a search of somebody can find. */
export class SearchScope {
  readonly #acl: Acl;
  /** Of jobs and what comes of them; `*` for all that the caller may read. */
  readonly namespace: string;

  constructor({ acl, namespace }: { readonly acl: Acl; readonly namespace: string }) {
    this.#acl = acl;
    this.namespace = namespace;
  }

  /** Whether jobs and what comes of them can be found at all. */
  get hasJobs(): boolean {
    return this.#acl.allowNamespaceOperation(this.namespace, READ_JOB);
  }

  get hasNodes(): boolean {
    return this.#acl.allowNodeRead();
  }

  get hasNodePools(): boolean {
    return this.#acl.allowNodePoolSearch();
  }

  get hasNamespaces(): boolean {
    return this.#acl.allowNamespace('*');
  }

  /** Whether something of a namespace is among what is searched. */
  isWithin(namespace: string): boolean {
    return this.namespace === '*'
      ? this.#acl.allowNamespaceOperation(namespace, READ_JOB)
      : namespace === this.namespace;
  }

  namespaces(reader: StateReader): readonly Namespace[] {
    return namespacesOf(reader).filter(({ name }) => this.#acl.allowNamespace(name));
  }

  nodePools(reader: StateReader): readonly NodePool[] {
    return nodePoolsOf(reader).filter(({ name }) => this.#acl.allowNodePoolOperation(name, 'read'));
  }
}
