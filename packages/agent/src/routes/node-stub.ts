import type { Node } from '@steppe/domain';
import { encodeNodeResources, encodeNodeStub, parseGoBool } from '@steppe/domain';
import type { Query } from '../http/request/query.js';

export interface NodeStubOptions {
  /** Whether the name of the operating system is wanted. */
  readonly os: boolean;
  readonly resources: boolean;
}

export const nodeStubOptions = (query: Query): NodeStubOptions => ({
  os: parseGoBool(query.get('os')) ?? false,
  resources: parseGoBool(query.get('resources')) ?? false,
});

/** One row of a list of nodes. */
export const nodeStub = (node: Node, { os, resources }: NodeStubOptions) => ({
  ...encodeNodeStub(node),
  ...(resources ? encodeNodeResources(node) : {}),
  ...(os ? { Attributes: { 'os.name': node.attributes['os.name'] ?? '' } } : {}),
});
