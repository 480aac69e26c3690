import type { Random } from '@steppe/runtime';
import type { Secret } from '@steppe/domain';
import { API_ERRORS, apiError } from '../http/api-error.js';
import type { ApiRelay } from '../relay/api-relay.js';
import type { TargetResolver } from '../targets/target-resolver.js';

/** What a read of another region's API has found, and the index to wait beyond next. */
export interface RegionRead {
  readonly value: unknown;
  readonly index: number;
}

export interface RegionReadsOptions {
  readonly region: string;
  /** Presented to the other region. */
  readonly token: () => Secret;
}

export interface RegionReadsDeps {
  readonly targets: Pick<TargetResolver, 'resolve'>;
  readonly relay: Pick<ApiRelay, 'pass'>;
  readonly random: Random;
}

/** Far above any list of tokens of ours. */
const MAX_REPLY_BYTES = 256 * 1_024 * 1_024;

/** Reads of the API of another region, on an agent's own behalf. */
export class RegionReads {
  readonly #options: RegionReadsOptions;
  readonly #deps: RegionReadsDeps;

  constructor(options: RegionReadsOptions, deps: RegionReadsDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** @param path - with its query. @throws REGION_UNKNOWN, what the relay throws, and an `Error` with the other side's text */
  async get(path: string, signal: AbortSignal): Promise<RegionRead> {
    const { status, text, index } = await this.#ask(path, signal);
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    return { value: parse(path, text), index };
  }

  /** @throws an `Error` unless the other region shows us everything there is, by a management token or because it has no ACLs */
  async demandManagement(signal: AbortSignal): Promise<void> {
    const path = '/v1/acl/token/self';
    const { status, text } = await this.#ask(path, signal);
    const { status: disabled, text: disabledText } = API_ERRORS.ACL_DISABLED;
    if (status === disabled && text === disabledText) return;
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    // The text has the secret: nothing of it is told.
    if ((parse(path, text) as { readonly Type?: unknown } | null)?.Type !== 'management') {
      throw new Error(`acl.replication_token: no management token of region ${JSON.stringify(this.#options.region)}`);
    }
  }

  async #ask(path: string, signal: AbortSignal): Promise<{ status: number; text: string; index: number }> {
    const { region, token } = this.#options;
    const { targets, relay, random } = this.#deps;
    const destination = await targets.resolve({ serverId: '', nodeId: '', region, unnamed: 'leader' });
    // It would ask itself.
    if (destination.kind === 'here') throw apiError('REGION_UNKNOWN');
    const url = `${path}${path.includes('?') ? '&' : '?'}region=${encodeURIComponent(region)}`;
    const reply = await relay.pass(
      {
        id: random.uuid(),
        method: 'GET',
        url,
        token: token(),
        header: () => '',
        hops: 0,
        signal,
        body: async () => Buffer.alloc(0),
        bodyStream: () => empty(),
      },
      destination,
    );
    if (reply.kind !== 'chunks') throw new Error(`${path}: not the reply of another agent`);
    return {
      status: reply.status,
      text: await collect(reply.body),
      index: Number(reply.headers['X-Nomad-Index'] ?? 0),
    };
  }
}

/** @throws an `Error` for what is no JSON, without the text that a syntax error quotes: it may be of secrets */
function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error(`${path}: the reply is not JSON`);
  }
}

async function* empty(): AsyncGenerator<Uint8Array> {
  // Nothing is sent.
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_REPLY_BYTES) throw new Error(`a reply of more than ${MAX_REPLY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
