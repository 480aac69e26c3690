import type { Random } from '@steppe/runtime';
import type { Secret } from '@steppe/domain';
import { apiError } from '../http/api-error.js';
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
  readonly targets: TargetResolver;
  readonly relay: ApiRelay;
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
        hops: 0,
        signal,
        body: async () => Buffer.alloc(0),
        bodyStream: () => empty(),
      },
      destination,
    );
    if (reply.kind !== 'chunks') throw new Error(`${path}: not the reply of another agent`);
    const text = await collect(reply.body);
    if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${text}`);
    return { value: JSON.parse(text) as unknown, index: Number(reply.headers['X-Nomad-Index'] ?? 0) };
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
