import type { Logger } from '@steppe/runtime';
import type { GossipNode } from '../memberlist/delegate.js';
import { hostOf } from '../memberlist/ip-address.js';
import { decodeConflictResponse } from '../wire/serf-codec.js';
import { encodeText } from '../wire/text.js';
import { INTERNAL_QUERY } from './internal-queries.js';
import type { Query } from './query-collector.js';

export interface NameConflictOptions {
  /** Our own name. */
  readonly name: string;
  /** Whether the pool decides who keeps the name. Else it is only reported. */
  readonly vote: boolean;
}

export interface NameConflictDeps {
  readonly ask: (name: string, payload: Uint8Array) => Query;
  /** Our own node. */
  readonly local: () => GossipNode;
  /** The pool holds the other for us. */
  readonly onLost: () => void;
  readonly logger: Logger;
}

/** Two members under one name. */
export class NameConflict {
  readonly #options: NameConflictOptions;
  readonly #deps: NameConflictDeps;
  #voting = false;

  constructor(options: NameConflictOptions, deps: NameConflictDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  detected(existing: GossipNode, other: GossipNode): void {
    const fields = {
      member: existing.name,
      known: `${existing.host}:${existing.port}`,
      other: `${other.host}:${other.port}`,
    };
    if (existing.name !== this.#options.name) {
      this.#deps.logger.warn('two members claim one name', fields);
      return;
    }
    this.#deps.logger.error('another member claims our name', fields);
    if (this.#options.vote && !this.#voting) void this.#vote();
  }

  async #vote(): Promise<void> {
    const { ask, local, onLost, logger } = this.#deps;
    this.#voting = true;
    const { responses } = await ask(INTERNAL_QUERY.conflict, encodeText(this.#options.name)).done;
    this.#voting = false;
    const { host, port } = local();
    let votes = 0;
    let forUs = 0;
    for (const payload of responses.values()) {
      const member = decodeConflictResponse(payload);
      if (member === undefined) continue;
      votes += 1;
      if (member !== 'unknown' && hostOf(member.address) === host && member.port === port) forUs += 1;
    }
    // serf: without a single vote the majority is one of none, and the asker yields.
    if (forUs >= Math.floor(votes / 2) + 1) {
      logger.info('the pool keeps us under our name', { forUs, votes });
      return;
    }
    logger.error('the pool holds another member for us', { forUs, votes });
    onLost();
  }
}
