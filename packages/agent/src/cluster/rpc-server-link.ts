import type { HeartbeatReply, ServerLink } from '@steppe/client';
import type { NodeRegistration, NodeStatus, Secret } from '@steppe/domain';
import type { RpcClient } from '@steppe/rpc';
import { NodeRegister, NodeUpdateStatus, StatusPing } from '../rpc/cluster-methods.js';

interface CallOptions {
  readonly signal?: AbortSignal;
}

/** A client node's way to the servers: by RPC, also to the one in its own process. */
export class RpcServerLink implements ServerLink {
  readonly #rpc: RpcClient;

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  register(server: string, node: NodeRegistration, secret: Secret, options: CallOptions): Promise<HeartbeatReply> {
    return this.#rpc.call(server, NodeRegister, { node, secretId: secret.reveal() }, options);
  }

  updateStatus(
    server: string,
    { id, secret }: { readonly id: string; readonly secret: Secret },
    status: NodeStatus,
    options: CallOptions,
  ): Promise<HeartbeatReply> {
    return this.#rpc.call(server, NodeUpdateStatus, { nodeId: id, secretId: secret.reveal(), status }, options);
  }

  async ping(server: string, options: CallOptions): Promise<void> {
    await this.#rpc.call(server, StatusPing, null, options);
  }
}
