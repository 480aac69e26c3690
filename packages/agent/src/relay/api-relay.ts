import { errorMessage, isSteppeError } from '@steppe/domain';
import type { ReverseSessions, RpcClient } from '@steppe/rpc';
import { apiError } from '../http/api-error.js';
import type { Reply } from '../http/reply/reply.js';
import { chunks as chunkedReply, empty } from '../http/reply/reply.js';
import type { ApiCall } from '../http/request/api-call.js';
import { carriedHeaders } from '../http/request/api-call.js';
import type { Destination } from '../targets/destination.js';
import type { RelayRequest } from './relay-method.js';
import { AgentApi, readRelayReply } from './relay-method.js';

export interface ApiRelayDeps {
  readonly rpc: RpcClient;
  /** Client nodes that are connected to this server; `undefined` without the server role. */
  readonly nodes: ReverseSessions | undefined;
  /** RPC addresses of the servers this client agent knows, best first; empty without the client role. */
  readonly knownServers: () => readonly string[];
}

interface RelayOptions {
  readonly signal: AbortSignal;
  readonly body?: RelayedBody;
}

/** The body of a request on its way; it can be sent to another agent as long as nobody has taken anything of it. */
class RelayedBody implements AsyncIterable<Uint8Array> {
  readonly #call: ApiCall;
  isBegun = false;

  constructor(call: ApiCall) {
    this.#call = call;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    this.isBegun = true;
    // Nothing is kept here: the agent that answers knows how much it takes, and says so.
    return this.#call.bodyStream({ maxBytes: Infinity })[Symbol.asyncIterator]();
  }
}

/** Client, its server, the server of the node or of the other region, the node: nobody needs to be asked after that. */
const MAX_HOPS = 4;

const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Passes requests on to the agents that answer them. */
export class ApiRelay {
  readonly #deps: ApiRelayDeps;

  constructor(deps: ApiRelayDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves when the other agent begins to answer, whatever its answer is.
   * @throws TOO_MANY_HOPS, NO_SERVERS, NODE_UNREACHABLE, or why the agent could not be asked
   */
  async pass(call: ApiCall, to: Exclude<Destination, { readonly kind: 'here' }>): Promise<Reply> {
    if (call.hops >= MAX_HOPS) throw apiError('TOO_MANY_HOPS');
    const headers = carriedHeaders(call);
    const request: RelayRequest = {
      id: call.id,
      method: call.method,
      url: call.url,
      authToken: call.token?.reveal() ?? null,
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
      hops: call.hops + 1,
    };
    const options: RelayOptions = {
      signal: call.signal,
      ...(WITHOUT_BODY.has(call.method) ? {} : { body: new RelayedBody(call) }),
    };
    switch (to.kind) {
      case 'server':
        return this.#begin(this.#deps.rpc.stream(to.address, AgentApi, request, { region: to.region, ...options }));
      case 'node':
        return this.#askNode(to.nodeId, request, options);
      case 'known-server':
        return this.#askKnownServers(request, options);
    }
  }

  #askNode(nodeId: string, request: RelayRequest, options: RelayOptions): Promise<Reply> {
    const session = this.#deps.nodes?.get(nodeId);
    // It was there when the target was chosen.
    if (session === undefined) throw apiError('NODE_UNREACHABLE');
    return this.#begin(session.stream(AgentApi, request, options));
  }

  async #askKnownServers(request: RelayRequest, options: RelayOptions): Promise<Reply> {
    let unreachable: unknown;
    for (const server of this.#deps.knownServers()) {
      try {
        return withOrigin(await this.#begin(this.#deps.rpc.stream(server, AgentApi, request, options)));
      } catch (error) {
        if (!isSteppeError(error, 'RPC_UNREACHABLE') && !isSteppeError(error, 'RPC_PEER_REFUSED')) throw error;
        // What has been taken from the body is gone.
        if (options.body?.isBegun === true) throw new Error(`rpc error: ${errorMessage(error)}`, { cause: error });
        unreachable = error;
      }
    }
    throw unreachable === undefined ? apiError('NO_SERVERS') : new Error(`rpc error: ${errorMessage(unreachable)}`);
  }

  async #begin(chunks: AsyncIterable<Uint8Array>): Promise<Reply> {
    const { head, body } = await readRelayReply(chunks);
    if (head.isEmpty !== true) return chunkedReply(body, head.headers, head.status);
    // To its end, which tells whether the other agent got there.
    for await (const _ of body);
    return empty(head.status, head.headers);
  }
}

/** Nomad: a client agent says of failures that are its server's that they came by RPC. */
function withOrigin(reply: Reply): Reply {
  if (reply.kind !== 'chunks' || reply.status !== 500) return reply;
  if (!(reply.headers['Content-Type'] ?? '').startsWith('text/plain')) return reply;
  return { ...reply, body: prefixed('rpc error: ', reply.body) };
}

async function* prefixed(text: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
  yield* body;
}
