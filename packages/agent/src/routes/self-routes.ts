import type { AgentConfig } from '@steppe/config';
import { encodeAgentConfig } from '@steppe/config';
import type { Member } from '@steppe/domain';
import { encodeMember, JsonSnapshot, ZERO_MEMBER } from '@steppe/domain';
import { collectByKey } from '@steppe/runtime';
import { json } from '../http/reply/reply.js';
import { BUILD } from '../identity/build.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import type { StatsSection } from '../stats/stats-section.js';

export interface SelfRoutesDeps {
  /** The configuration in force. */
  readonly config: () => AgentConfig;
  /** Our own gossip member; `undefined` without the server role. */
  readonly member: () => Member | undefined;
  readonly sections: readonly StatsSection[];
}

/** `GET /v1/agent/self`: this agent's configuration (secrets redacted), member and statistics. */
export class SelfRoutes implements HttpRouteContribution {
  readonly #deps: SelfRoutesDeps;
  readonly #sections: ReadonlyMap<string, StatsSection>;
  #shared: JsonSnapshot | undefined;
  #encoded: { readonly config: AgentConfig; readonly snapshot: JsonSnapshot } | undefined;

  constructor(deps: SelfRoutesDeps) {
    this.#deps = deps;
    this.#sections = collectByKey('StatsSection', deps.sections, (section) => section.name);
  }

  readonly routes = [
    defineRoute({
      path: '/v1/agent/self',
      methods: ['GET'],
      summary: 'Configuration, member and statistics of this agent.',
      acl: { requires: ['AgentRead'], tokenErrors: 'explained' },
      handle: () => json(this.#reading()),
    }),
  ];

  /** Requests that are answered in the same turn of the event loop share one reading: they are simultaneous. */
  #reading(): JsonSnapshot {
    if (this.#shared === undefined) {
      this.#shared = this.#read();
      setImmediate(() => (this.#shared = undefined));
    }
    return this.#shared;
  }

  #read(): JsonSnapshot {
    const member = this.#deps.member();
    return new JsonSnapshot({
      config: this.#config(),
      member: member === undefined ? ZERO_MEMBER : encodeMember(member),
      stats: Object.fromEntries([...this.#sections].map(([name, section]) => [name, section.read()])),
    });
  }

  /** Encoded once per configuration. */
  #config(): JsonSnapshot {
    const config = this.#deps.config();
    if (this.#encoded?.config === config) return this.#encoded.snapshot;
    const snapshot = new JsonSnapshot(
      encodeAgentConfig(config, { version: BUILD.apiVersion, metadata: BUILD.metadata }),
    );
    this.#encoded = { config, snapshot };
    return snapshot;
  }
}
