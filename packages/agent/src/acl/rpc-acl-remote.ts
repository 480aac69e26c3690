import type { AclRemote, WorkloadRights } from '@steppe/acl';
import { permissionDenied, serversUnreachable } from '@steppe/acl';
import type { AclPolicy, AclRole, AclToken, Secret } from '@steppe/domain';
import { decodeAclPolicy, decodeAclRole, decodeAclToken, errorMessage, isSteppeError } from '@steppe/domain';
import type { RpcClient, RpcMethod } from '@steppe/rpc';
import { AclGetPolicies, AclGetRoles, AclWhoAmI, AclWorkload } from './acl-methods.js';

export interface RpcAclRemoteDeps {
  readonly rpc: RpcClient;
  /** RPC addresses of the servers this agent knows, best first. */
  readonly servers: () => readonly string[];
}

/** A request must not hang on a server that does not answer. */
const TIMEOUT_MS = 5_000;

/** Asks the servers a client agent knows, one after the other until one answers. */
export class RpcAclRemote implements AclRemote {
  readonly #deps: RpcAclRemoteDeps;

  constructor(deps: RpcAclRemoteDeps) {
    this.#deps = deps;
  }

  async whoAmI(secret: Secret): Promise<AclToken | undefined> {
    const { token } = await this.#ask(AclWhoAmI, { secretId: secret.reveal() });
    return token === null ? undefined : decodeAclToken(token);
  }

  async workload(token: Secret): Promise<WorkloadRights> {
    const { workload, policies } = await this.#ask(AclWorkload, { secretId: token.reveal() });
    return { workload, policies: policies.map(decodeAclPolicy) };
  }

  async policies(names: readonly string[], secret: Secret | undefined): Promise<readonly AclPolicy[]> {
    const { policies } = await this.#ask(AclGetPolicies, { secretId: secret?.reveal() ?? '', names });
    return policies.map(decodeAclPolicy);
  }

  async roles(ids: readonly string[], secret: Secret | undefined): Promise<readonly AclRole[]> {
    const { roles } = await this.#ask(AclGetRoles, { secretId: secret?.reveal() ?? '', ids });
    return roles.map(decodeAclRole);
  }

  async #ask<Request, Answer>(method: RpcMethod<Request, Answer>, request: Request): Promise<Answer> {
    let unreachable: unknown;
    for (const server of this.#deps.servers()) {
      try {
        return await this.#deps.rpc.call(server, method, request, { timeoutMs: TIMEOUT_MS });
      } catch (error) {
        if (isSteppeError(error, 'PERMISSION_DENIED')) throw permissionDenied();
        if (!isOutage(error)) throw error;
        unreachable = error;
      }
    }
    throw serversUnreachable(unreachable === undefined ? 'no servers' : errorMessage(unreachable), unreachable);
  }
}

const OUTAGES = ['RPC_UNREACHABLE', 'RPC_PEER_REFUSED', 'RPC_DEADLINE_EXCEEDED', 'RPC_TOO_MANY_CALLS', 'NO_LEADER'];

const isOutage = (error: unknown): boolean => OUTAGES.some((code) => isSteppeError(error, code));
