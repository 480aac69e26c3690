import type { StateSnapshot } from '@steppe/state';
import { DEFAULT_NAMESPACE, text, wireSchema } from '@steppe/domain';
import type { StateReads } from '../cluster/state-reads.js';
import { decidedLater } from '../http/acl-rule.js';
import { LEADER_OF_REGION } from '../http/answered-by.js';
import { apiError } from '../http/api-error.js';
import type { Reply } from '../http/reply/reply.js';
import { json } from '../http/reply/reply.js';
import type { ApiRequest } from '../http/request/api-request.js';
import { jsonBody } from '../http/request/json-body.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import type { FuzzyMatch, FuzzySearchOptions } from '../search/fuzzy-search.js';
import { fuzzySearch } from '../search/fuzzy-search.js';
import type { Found } from '../search/prefix-search.js';
import { prefixSearch } from '../search/prefix-search.js';
import type { SearchContext } from '../search/search-contexts.js';
import { searchContexts } from '../search/search-contexts.js';
import { SearchScope } from '../search/search-scope.js';
import { queryMeta } from './jobs/scheduling-reads.js';
import { readHeaders } from './read-headers.js';
import { readOptions } from './read-options.js';

export interface SearchRoutesOptions extends FuzzySearchOptions {
  /** `server.search.fuzzy_enabled`. */
  readonly fuzzyEnabled: boolean;
  /** `server.search.min_term_length`, characters. */
  readonly minTermLength: number;
}

export interface SearchRoutesDeps {
  readonly reads: () => StateReads;
}

const BY_CONTEXT = decidedLater(
  'NsOp(namespace, read-job) for jobs, evaluations and allocations, NodeRead for nodes, of each node pool PoolOp(name, read), of each namespace Ns(name)',
);
const common = { context: text('Context'), namespace: text('Namespace') };
const PREFIX_WIRE = wireSchema({ ...common, prefix: text('Prefix') });
const FUZZY_WIRE = wireSchema({ ...common, text: text('Text') });

/** `/v1/search` and `/v1/search/fuzzy`: what there is of some name. */
export class SearchRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #options: SearchRoutesOptions;
  readonly #deps: SearchRoutesDeps;

  constructor(options: SearchRoutesOptions, deps: SearchRoutesDeps) {
    this.#options = options;
    this.#deps = deps;
    this.routes = [
      defineRoute({
        path: '/v1/search',
        methods: ['PUT', 'POST'],
        summary: 'What the caller may see whose id begins with a text.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: BY_CONTEXT,
        handle: async (request) => {
          const { prefix, ...wanted } = PREFIX_WIRE.decode(jsonBody(await request.body()), 'Search');
          return this.#search(request, wanted, (snapshot, contexts, scope) =>
            prefixSearch(snapshot, prefix, contexts, scope),
          );
        },
      }),
      defineRoute({
        path: '/v1/search/fuzzy',
        methods: ['PUT', 'POST'],
        summary: 'What the caller may see that has a text in its name, and where it is.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: BY_CONTEXT,
        handle: async (request) => {
          const { text: term, ...wanted } = FUZZY_WIRE.decode(jsonBody(await request.body()), 'Search');
          const { fuzzyEnabled, minTermLength, ...limits } = this.#options;
          if (!fuzzyEnabled) throw apiError('SEARCH_FUZZY_DISABLED');
          if (term.length < minTermLength) throw apiError('SEARCH_TERM_SHORT', minTermLength, term);
          return this.#search(request, wanted, (snapshot, contexts, scope) => {
            const { matches, truncations } = fuzzySearch(snapshot, term, contexts, scope, limits);
            const shown = Object.entries(matches).map(([name, all]) => [name, all?.map(encodeMatch) ?? null]);
            return { matches: Object.fromEntries(shown), truncations };
          });
        },
      }),
    ];
  }

  async #search(
    request: ApiRequest,
    { context, namespace }: { readonly context: string; readonly namespace: string },
    find: (snapshot: StateSnapshot, contexts: readonly SearchContext[], scope: SearchScope) => Found<unknown>,
  ): Promise<Reply> {
    const { acl } = await request.caller();
    // Nomad: what the query names goes before what the body does.
    const named = request.query.get('namespace') || namespace || DEFAULT_NAMESPACE;
    const scope = new SearchScope({ acl, namespace: named });
    const contexts = searchContexts(context, scope);
    const read = await this.#deps.reads().read([], { ...readOptions(request), index: 0, waitMs: 0 }, (snapshot) => ({
      index:
        contexts.length === 0 ? snapshot.index : Math.max(...contexts.map(({ table }) => snapshot.tableIndex(table))),
      value: find(snapshot, contexts, scope),
    }));
    const { matches, truncations } = read.value;
    return json({ ...queryMeta(read), Matches: matches, Truncations: truncations }, readHeaders(read));
  }
}

const encodeMatch = ({ id, scope }: FuzzyMatch) => ({ ID: id, ...(scope.length === 0 ? {} : { Scope: scope }) });
