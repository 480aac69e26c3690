import type { Random } from '@steppe/runtime';
import type { AclCheck, PlainCheckName } from '../decision/checks.js';
import {
  HOST_VOLUME_CAPABILITIES,
  NAMESPACE_CAPABILITIES,
  NODE_POOL_CAPABILITIES,
  OPERATOR_CAPABILITIES,
  SENTINEL_CAPABILITIES,
  VARIABLE_CAPABILITIES,
} from '../language/vocabulary.js';

const PIECES = ['a', 'b', 'ab', '-', 'x1'];
/** So many words of a vocabulary are used, so that rules and checks often meet. */
const COMMON_WORDS = 7;
const PATH_PIECES = [...PIECES, '/', 'nomad/jobs', 'nomad/jobs/web', '/é', '/\u{1f600}', '/\uffee'];
const LEVELS = ['', 'deny', 'read', 'write', 'scale'];
const PLAIN: readonly PlainCheckName[] = [
  ...(['PoolSearch', 'AgentRead', 'AgentWrite', 'NodeRead', 'NodeWrite', 'OperatorRead', 'OperatorWrite'] as const),
  ...(['QuotaRead', 'QuotaWrite', 'PluginRead', 'PluginList', 'ServerOp', 'Mgmt'] as const),
];
const CLAIM = { namespace: 'a', jobId: 'web', group: 'api', task: 'main' };

/** Random policies and checks that often meet: few letters, many patterns, many words. */
export class RandomCase {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A policy text. */
  policy(): string {
    return Array.from({ length: 1 + this.#below(8) }, () => this.#block()).join('\n');
  }

  check(): AclCheck {
    const namespace = this.#chance(0.08) ? '*' : this.#name(PIECES, 0);
    switch (this.#below(9)) {
      case 0:
        return { check: 'Ns', namespace };
      case 1:
        return this.#chance(0.5)
          ? { check: 'PoolOp', pool: this.#name(PIECES, 0), operation: this.#word(NODE_POOL_CAPABILITIES) }
          : { check: 'Pool', pool: this.#name(PIECES, 0) };
      case 2:
        return this.#chance(0.5)
          ? { check: 'HvOp', volume: this.#name(PIECES, 0), operation: this.#word(HOST_VOLUME_CAPABILITIES) }
          : { check: 'Hv', volume: this.#name(PIECES, 0) };
      case 3:
      case 4:
        return {
          check: 'Var',
          namespace,
          path: this.#chance(0.1) ? 'nomad/jobs/web/api/main' : this.#name(PATH_PIECES, 0),
          operation: this.#word(VARIABLE_CAPABILITIES),
          claim: this.#chance(0.3) ? CLAIM : undefined,
        };
      case 5:
        return this.#chance(0.5)
          ? { check: 'VarSearch', namespace }
          : { check: 'Svc', namespace, isWorkload: this.#chance(0.1) };
      case 6:
        return this.#chance(0.5)
          ? { check: 'OperatorOp', capability: this.#word(OPERATOR_CAPABILITIES) }
          : { check: 'SentinelOp', capability: this.#word(SENTINEL_CAPABILITIES) };
      case 7:
        return { check: this.#pick(PLAIN) };
      default:
        return { check: 'NsOp', namespace, operation: this.#word(NAMESPACE_CAPABILITIES) };
    }
  }

  #block(): string {
    switch (this.#below(10)) {
      case 0:
        return `node_pool "${this.#name(PIECES, 0.5)}" { ${this.#rule(LEVELS, NODE_POOL_CAPABILITIES)} }`;
      case 1:
        return `host_volume "${this.#name(PIECES, 0.5)}" { ${this.#rule(LEVELS, HOST_VOLUME_CAPABILITIES)} }`;
      case 2:
        return `${this.#pick(['agent', 'node', 'quota'])} { policy = "${this.#pick(LEVELS.slice(1))}" }`;
      case 3:
        return `plugin { policy = "${this.#pick(['deny', 'read', 'write', 'list'])}" }`;
      case 4:
        return `operator { ${this.#rule(LEVELS, OPERATOR_CAPABILITIES)} }`;
      case 5:
        return `sentinel { ${this.#rule(LEVELS, SENTINEL_CAPABILITIES)} }`;
      default:
        return `namespace "${this.#name(PIECES, 0.6)}" { ${this.#rule(LEVELS, NAMESPACE_CAPABILITIES)} ${this.#variables()} }`;
    }
  }

  #rule(levels: readonly string[], capabilities: ReadonlySet<string>): string {
    const level = this.#chance(0.5) ? `policy = "${this.#pick(levels)}"` : '';
    return this.#chance(0.6) ? `${level} capabilities = ${this.#words(capabilities)}` : level;
  }

  #variables(): string {
    if (this.#chance(0.5)) return '';
    const paths = Array.from({ length: 1 + this.#below(3) }, () => {
      const path = this.#name(PATH_PIECES, 0.5).replace(/^\/+/, '') || '*';
      return `path "${path}" { capabilities = ${this.#words(VARIABLE_CAPABILITIES)} }`;
    });
    return `variables { ${paths.join(' ')} }`;
  }

  /** At least one piece; `*` comes in between with the given chance. */
  #name(pieces: readonly string[], starChance: number): string {
    const star = (): string => (this.#chance(starChance * 0.6) ? '*' : '');
    const length = 1 + this.#below(3);
    return star() + Array.from({ length }, () => this.#pick(pieces) + star()).join('');
  }

  #words(vocabulary: ReadonlySet<string>): string {
    return JSON.stringify(Array.from({ length: this.#below(4) }, () => this.#word(vocabulary)));
  }

  #word(vocabulary: ReadonlySet<string>): string {
    return this.#pick([...vocabulary].slice(0, COMMON_WORDS));
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }

  #chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  #below(count: number): number {
    return Math.floor(this.#random.next() * count);
  }
}
