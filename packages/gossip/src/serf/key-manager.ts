import type { Logger } from '@steppe/runtime';
import type { Member, Secret } from '@steppe/domain';
import type { GossipError } from '../errors.js';
import { gossipError } from '../errors.js';
import type { KeyRing } from '../keyring/key-ring.js';
import { decodeKeyResponse, encodeKeyRequest } from '../wire/serf-codec.js';
import type { KeyResponse } from '../wire/serf-message.js';
import { INTERNAL_QUERY } from './internal-queries.js';
import type { QueryOptions } from './queries.js';
import type { Query } from './query-collector.js';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What the pool answered to a key operation. */
export interface PoolKeyReply {
  /** Of a list: each key in base64, and how many members have it. */
  readonly keys: ReadonlyMap<string, number>;
  /** Of a list: each primary key in base64, and how many members encrypt with it. */
  readonly primaryKeys: ReadonlyMap<string, number>;
  /** What members had to say, by name. */
  readonly messages: ReadonlyMap<string, string>;
  /** Live members when it began. */
  readonly numNodes: number;
  readonly numResponses: number;
  /** Members that reported failure or made no sense. */
  readonly numErrors: number;
  /** KEYRING_OPERATION_FAILED when not everybody reported success. */
  readonly failure?: GossipError;
}

export interface KeyOperationOptions {
  /** Through how many other members each answer comes as well. Default: 0. */
  readonly relayFactor?: number;
}

/** Steps of a rotation, in order. */
export const ROTATION_PHASES = ['install', 'verify-installed', 'use', 'verify-used', 'remove'] as const;

export type RotationPhase = (typeof ROTATION_PHASES)[number];

export interface RotationOptions extends KeyOperationOptions {
  /** Called as each phase begins. */
  readonly onPhase?: (phase: RotationPhase) => void;
}

export interface KeyManagerDeps {
  readonly ask: (name: string, payload: Uint8Array, options: QueryOptions) => Query;
  readonly members: () => readonly Member[];
  /** Our own keys; absent: encryption is off. */
  readonly keyring?: KeyRing | undefined;
  readonly logger: Logger;
}

/** How often a phase is tried: a query that is lost is not repeated by anybody else. */
const ATTEMPTS = 3;

const NO_KEY = new Uint8Array();

interface Answers {
  readonly byMember: ReadonlyMap<string, KeyResponse>;
  readonly reply: PoolKeyReply;
}

/**
 * The encryption keys of the whole pool. Keys are base64 of 16, 24 or 32 bytes; a key that is no base64 is
 * KEYRING_KEY_INVALID. What members report is in the reply, failures included.
 */
export class KeyManager {
  readonly #deps: KeyManagerDeps;

  constructor(deps: KeyManagerDeps) {
    this.#deps = deps;
  }

  async list(options: KeyOperationOptions = {}): Promise<PoolKeyReply> {
    return (await this.#ask(INTERNAL_QUERY.listKeys, NO_KEY, options)).reply;
  }

  /** Makes a key known to all, so that they can read what is encrypted with it. */
  async install(key: Secret, options: KeyOperationOptions = {}): Promise<PoolKeyReply> {
    return (await this.#ask(INTERNAL_QUERY.installKey, bytesOf(key), options)).reply;
  }

  /** Has all encrypt with an installed key. */
  async use(key: Secret, options: KeyOperationOptions = {}): Promise<PoolKeyReply> {
    return (await this.#ask(INTERNAL_QUERY.useKey, bytesOf(key), options)).reply;
  }

  /** Has all forget a key that is not in use. */
  async remove(key: Secret, options: KeyOperationOptions = {}): Promise<PoolKeyReply> {
    return (await this.#ask(INTERNAL_QUERY.removeKey, bytesOf(key), options)).reply;
  }

  /**
   * Replaces the primary key: installs `key` everywhere, verifies that every member lists it, makes it primary, verifies
   * that, and removes all others. Each phase starts only when nobody is left behind, failed members included: whoever
   * misses a key cannot read what the others say when it returns. Let them leave by force first. Stopped halfway it can
   * be run again with the same key.
   * @throws KEYRING_KEY_INVALID, KEYRING_OPERATION_FAILED, KEY_ROTATION_STOPPED
   */
  async rotate(key: Secret, options: RotationOptions = {}): Promise<void> {
    const { logger } = this.#deps;
    const raw = bytesOf(key);
    const wanted = Buffer.from(raw).toString('base64');
    const begin = (phase: RotationPhase): void => {
      logger.info('rotating the encryption key', { phase });
      options.onPhase?.(phase);
    };
    const change = async (query: string, bytes: Uint8Array): Promise<void> => {
      const { reply } = await this.#repeat(query, bytes, options, ({ reply: { failure } }) => failure === undefined);
      if (reply.failure !== undefined) throw reply.failure;
    };
    const verify = async (phase: RotationPhase, has: (answer: KeyResponse) => boolean): Promise<PoolKeyReply> => {
      const missing = ({ byMember }: Answers): string[] => this.#membersWithout(byMember, has);
      const answers = await this.#repeat(
        INTERNAL_QUERY.listKeys,
        NO_KEY,
        options,
        (latest) => missing(latest).length === 0,
      );
      this.#stopUnlessEmpty(phase, missing(answers));
      return answers.reply;
    };

    begin('install');
    this.#stopUnlessEmpty('install', this.#failedMembers());
    await change(INTERNAL_QUERY.installKey, raw);
    begin('verify-installed');
    await verify('verify-installed', ({ keys }) => keys.includes(wanted));
    begin('use');
    await change(INTERNAL_QUERY.useKey, raw);
    begin('verify-used');
    const { keys } = await verify('verify-used', ({ primaryKey }) => primaryKey === wanted);
    begin('remove');
    for (const other of keys.keys()) {
      if (other !== wanted) await change(INTERNAL_QUERY.removeKey, Buffer.from(other, 'base64'));
    }
  }

  async #repeat(
    query: string,
    key: Uint8Array,
    options: KeyOperationOptions,
    isEnough: (answers: Answers) => boolean,
  ): Promise<Answers> {
    let answers = await this.#ask(query, key, options);
    for (let attempt = 1; attempt < ATTEMPTS && !isEnough(answers); attempt += 1) {
      answers = await this.#ask(query, key, options);
    }
    return answers;
  }

  async #ask(name: string, key: Uint8Array, { relayFactor = 0 }: KeyOperationOptions): Promise<Answers> {
    // Differs from serf: it asks the pool even so, and thereby tells the key to whoever listens.
    if (this.#deps.keyring === undefined) return this.#refused();
    const query = this.#deps.ask(name, encodeKeyRequest(key), { relayFactor });
    const { responses } = await query.done;
    const byMember = new Map<string, KeyResponse>();
    const messages = new Map<string, string>();
    const keys = new Map<string, number>();
    const primaryKeys = new Map<string, number>();
    let numErrors = 0;
    for (const [member, payload] of responses) {
      const answer = decodeKeyResponse(payload);
      if (answer !== undefined) byMember.set(member, answer);
      const message = answer?.message ?? 'Failed to decode key response';
      if (message !== '') messages.set(member, message);
      if (answer?.result !== true) {
        numErrors += 1;
        continue;
      }
      for (const listed of answer.keys) keys.set(listed, (keys.get(listed) ?? 0) + 1);
      const { primaryKey } = answer;
      if (primaryKey !== '') primaryKeys.set(primaryKey, (primaryKeys.get(primaryKey) ?? 0) + 1);
    }
    const { numNodes } = query;
    const numResponses = responses.size;
    const counts = { numNodes, numResponses, numErrors };
    return { byMember, reply: { keys, primaryKeys, messages, ...counts, ...failureOf(counts) } };
  }

  #refused(): Answers {
    const numNodes = this.#deps.members().filter(({ status }) => status === 'alive' || status === 'leaving').length;
    const none = new Map<string, never>();
    const counts = { numNodes, numResponses: numNodes, numErrors: numNodes };
    this.#deps.logger.error('key operation refused: encryption is not enabled');
    return {
      byMember: none,
      reply: { keys: none, primaryKeys: none, messages: none, ...counts, ...failureOf(counts) },
    };
  }

  /** Members who would be cut off, those who are down included. */
  #membersWithout(answers: ReadonlyMap<string, KeyResponse>, has: (answer: KeyResponse) => boolean): string[] {
    return this.#deps
      .members()
      .filter(({ name, status }) => {
        if (status === 'left') return false;
        const answer = answers.get(name);
        return answer === undefined || !has(answer);
      })
      .map(({ name }) => name);
  }

  #failedMembers(): string[] {
    return this.#deps
      .members()
      .filter(({ status }) => status === 'failed')
      .map(({ name }) => name);
  }

  #stopUnlessEmpty(phase: RotationPhase, missing: readonly string[]): void {
    if (missing.length === 0) return;
    throw gossipError(
      { code: 'KEY_ROTATION_STOPPED', phase, missing },
      `key rotation stopped in phase ${phase}: ${missing.join(', ')} would be cut off`,
    );
  }
}

/** @throws KEYRING_KEY_INVALID */
function bytesOf(key: Secret): Uint8Array {
  const text = key.reveal();
  if (!BASE64.test(text)) throw gossipError({ code: 'KEYRING_KEY_INVALID' }, 'illegal base64 data in the key');
  return Buffer.from(text, 'base64');
}

function failureOf({
  numNodes,
  numResponses,
  numErrors,
}: Pick<PoolKeyReply, 'numNodes' | 'numResponses' | 'numErrors'>): { readonly failure?: GossipError } {
  if (numErrors === 0 && numResponses === numNodes) return {};
  const missing = numErrors === 0 ? numNodes - numResponses : numErrors;
  const message =
    numErrors === 0
      ? `${numResponses}/${numNodes} nodes reported success`
      : `${numErrors}/${numNodes} nodes reported failure`;
  return { failure: gossipError({ code: 'KEYRING_OPERATION_FAILED', failed: missing, total: numNodes }, message) };
}
