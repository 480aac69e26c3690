import { collectByKey } from '@steppe/runtime';
import type { RpcEndpoint, RpcStreamEndpoint, RpcUnaryEndpoint } from './rpc-endpoint.js';

/** The methods an agent answers, by name. */
export type EndpointTable = ReadonlyMap<string, RpcEndpoint>;

/** @throws an `Error` naming the method that two endpoints share */
export const endpointTable = (endpoints: readonly RpcEndpoint[]): EndpointTable =>
  collectByKey('RpcEndpoint', endpoints, (endpoint) => endpoint.method.name);

export const isStreamEndpoint = (endpoint: RpcUnaryEndpoint | RpcStreamEndpoint): endpoint is RpcStreamEndpoint =>
  endpoint.method.kind === 'stream';
