import { Secret } from '@steppe/domain';
import type { RpcCallContext, RpcContribution } from '@steppe/rpc';
import { rpcStreamEndpoint } from '@steppe/rpc';
import { apiError } from '../http/api-error.js';
import type { ApiAnswers } from '../http/api-answers.js';
import type { Reply } from '../http/reply/reply.js';
import { encodeReply } from '../http/reply/encode-reply.js';
import type { ApiCall } from '../http/request/api-call.js';
import { CallBody } from '../http/request/call-body.js';
import { collectBody, limitBody } from '../http/request/body.js';
import { Query } from '../http/request/query.js';
import type { RouteTable } from '../http/route-table.js';
import type { RelayRequest } from './relay-method.js';
import { AgentApi, encodeRelayHead } from './relay-method.js';

interface Api {
  readonly table: RouteTable;
  readonly answers: ApiAnswers;
}

/** Where requests come in that another agent passes on. They take the same path as those of our own clients. */
export class RelayEntrance implements RpcContribution {
  #api: Api | undefined;

  readonly endpoints = [rpcStreamEndpoint(AgentApi, (request, context) => this.#answer(request, context))];

  /** The API is made after the RPC listener, which is one of its parts. */
  attach(api: Api): void {
    this.#api = api;
  }

  async *#answer(request: RelayRequest, context: RpcCallContext): AsyncGenerator<Uint8Array> {
    const over = new AbortController();
    try {
      const signal = AbortSignal.any([context.signal, over.signal]);
      yield* this.#answerCall(request, callOf(request, { body: context.body, signal }));
    } finally {
      // Whatever goes on for the caller ends with the answer.
      over.abort(new Error('the request is over'));
    }
  }

  async *#answerCall({ url }: RelayRequest, call: ApiCall): AsyncGenerator<Uint8Array> {
    const mark = url.indexOf('?');
    const query = mark === -1 ? Query.EMPTY : new Query(url.slice(mark + 1));
    const path = mark === -1 ? url : url.slice(0, mark);
    const reply = await this.#reply(call, path, query);
    // A stream begins here already, so that whoever has seen its head misses nothing.
    const { status, headers, body } = encodeReply(reply, { pretty: query.pretty, signal: call.signal });
    yield encodeRelayHead({ status, headers, ...(reply.kind === 'empty' && { isEmpty: true }) });
    yield* body;
  }

  #reply(call: ApiCall, path: string, query: Query): Reply | Promise<Reply> {
    const match = this.#api?.table.match(path);
    // Agents of one version have the same routes: another version may lack one.
    if (this.#api === undefined || match === undefined) throw apiError('ROUTE_UNKNOWN', path);
    return this.#api.answers.answer(call, match, query);
  }
}

function callOf(
  { id, method, url, authToken, headers, hops }: RelayRequest,
  { signal, body: chunks }: Pick<RpcCallContext, 'signal' | 'body'>,
): ApiCall {
  const body = new CallBody({
    whole: () => collectBody(chunks),
    pieces: (limits) => limitBody(chunks, limits),
  });
  return {
    id,
    method,
    url,
    token: authToken === null ? undefined : new Secret(authToken),
    header: (name) => headers?.[name] ?? '',
    hops,
    signal,
    body: () => body.whole(),
    bodyStream: (limits) => body.pieces(limits),
  };
}
