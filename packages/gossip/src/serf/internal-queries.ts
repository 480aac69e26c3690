import type { Member, MemberStatus } from '@steppe/domain';
import { errorMessage } from '@steppe/domain';
import type { Logger } from '@steppe/runtime';
import type { KeyRing, KeyRingChange } from '../keyring/key-ring.js';
import { addressOf } from '../memberlist/ip-address.js';
import { decodeKeyRequest, encodeConflictResponse, encodeKeyResponse } from '../wire/serf-codec.js';
import type { KeyResponse } from '../wire/serf-message.js';
import { decodeText } from '../wire/text.js';
import type { IncomingQuery } from './query-handler.js';

/** Names of the queries that members have among themselves. */
export const INTERNAL_QUERY = {
  ping: '_serf_ping',
  conflict: '_serf_conflict',
  installKey: '_serf_install-key',
  useKey: '_serf_use-key',
  removeKey: '_serf_remove-key',
  listKeys: '_serf_list-keys',
} as const;

/** serf: no more keys are listed, however small the answer. */
const LISTED_KEYS_MAX = 40;

/** Wire number of a status is its index. */
const STATUS_NUMBERS: readonly MemberStatus[] = ['none', 'alive', 'leaving', 'left', 'failed'];

export interface InternalQueriesDeps {
  /** Our own name. */
  readonly name: string;
  readonly member: (name: string) => Member | undefined;
  /** Absent: encryption is off. */
  readonly keyring?: KeyRing | undefined;
  readonly logger: Logger;
}

/** Answers what members ask each other on the way: the state of a name, changes of keys. */
export class InternalQueries {
  readonly #deps: InternalQueriesDeps;

  constructor(deps: InternalQueriesDeps) {
    this.#deps = deps;
  }

  handle(query: IncomingQuery): void {
    switch (query.name) {
      case INTERNAL_QUERY.ping:
        // The ack that went out already is all there is to say.
        break;
      case INTERNAL_QUERY.conflict:
        this.#answerConflict(query);
        break;
      case INTERNAL_QUERY.installKey:
        this.#changeKeys(query, (keyring, key) => keyring.install(key));
        break;
      case INTERNAL_QUERY.useKey:
        this.#changeKeys(query, (keyring, key) => keyring.use(key));
        break;
      case INTERNAL_QUERY.removeKey:
        this.#changeKeys(query, (keyring, key) => keyring.remove(key));
        break;
      case INTERNAL_QUERY.listKeys:
        this.#listKeys(query);
        break;
      default:
        this.#deps.logger.warn('unknown internal query', { query: query.name, from: query.from });
    }
  }

  #answerConflict(query: IncomingQuery): void {
    const name = decodeText(query.payload);
    // Whoever has the name cannot be a witness.
    if (name === this.#deps.name) return;
    const member = this.#deps.member(name);
    const address = member === undefined ? undefined : addressOf(member.address);
    const known =
      member === undefined || address === undefined
        ? undefined
        : {
            name,
            address,
            port: member.port,
            tags: member.tags,
            status: STATUS_NUMBERS.indexOf(member.status),
            protocolMin: member.protocol.min,
            protocolMax: member.protocol.max,
            protocolCurrent: member.protocol.current,
            delegateMin: member.delegate.min,
            delegateMax: member.delegate.max,
            delegateCurrent: member.delegate.current,
          };
    this.#respond(query, encodeConflictResponse(known));
  }

  #changeKeys(query: IncomingQuery, change: (keyring: KeyRing, key: Uint8Array) => KeyRingChange): void {
    const { keyring, logger } = this.#deps;
    const key = decodeKeyRequest(query.payload);
    let message: string;
    if (keyring === undefined) message = 'No keyring to modify (encryption not enabled)';
    else if (key === undefined) message = 'Failed to decode key request';
    else message = applyChange(() => change(keyring, key));
    const result = message === 'done';
    logger[result ? 'info' : 'error']('key operation', { operation: query.name, from: query.from, outcome: message });
    this.#respond(query, encodeKeyResponse({ ...NO_KEYS, result, message: result ? '' : message }));
  }

  #listKeys(query: IncomingQuery): void {
    const { keyring } = this.#deps;
    if (keyring === undefined) {
      const message = 'Keyring is empty (encryption not enabled)';
      this.#respond(query, encodeKeyResponse({ ...NO_KEYS, result: false, message }));
      return;
    }
    const all = keyring.toBase64();
    const primaryKey = all[0] as string;
    for (let count = Math.min(all.length, LISTED_KEYS_MAX); count >= 0; count -= 1) {
      const message =
        count === all.length ? '' : `Truncated key list response, showing first ${count} of ${all.length} keys`;
      const payload = encodeKeyResponse({ result: true, message, keys: all.slice(0, count), primaryKey });
      if (query.fits(payload)) {
        this.#respond(query, payload);
        return;
      }
    }
  }

  #respond(query: IncomingQuery, payload: Uint8Array): void {
    try {
      query.respond(payload);
    } catch (error) {
      this.#deps.logger.warn('cannot answer an internal query', { query: query.name, error: errorMessage(error) });
    }
  }
}

const NO_KEYS: KeyResponse = { result: false, message: '', keys: [], primaryKey: '' };

function applyChange(change: () => KeyRingChange): string {
  try {
    return change();
  } catch (error) {
    // The keyring file cannot be written: nothing changed.
    return errorMessage(error);
  }
}
