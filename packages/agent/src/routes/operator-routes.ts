import { errorMessage, isSteppeError } from '@steppe/domain';
import type { Clock } from '@steppe/runtime';
import type { Leadership, StateStore } from '@steppe/state';
import { restoreState, saveState } from '@steppe/state';
import { createHash } from 'node:crypto';
import { PassThrough, Writable } from 'node:stream';
import type { ClusterView } from '../cluster/cluster-view.js';
import type { AclRule } from '../http/acl-rule.js';
import { MANAGEMENT } from '../http/acl-rule.js';
import { LEADER_OF_REGION } from '../http/answered-by.js';
import { apiError } from '../http/api-error.js';
import type { Reply } from '../http/reply/reply.js';
import { chunks, empty, json } from '../http/reply/reply.js';
import type { ApiRequest } from '../http/request/api-request.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import { readHeaders } from './read-headers.js';
import { readOptions } from './read-options.js';

/** Largest snapshot taken in, bytes: well above what one commit of an engine takes. */
const MAX_SNAPSHOT_BYTES = 1_024 * 1_024 * 1_024;

const SAVE_SNAPSHOT: AclRule = {
  requires: [{ check: 'OperatorOp', capability: 'snapshot-save' }],
  tokenErrors: 'plain',
};

export interface OperatorRoutesDeps {
  readonly view: () => ClusterView;
  readonly state: () => StateStore;
  readonly leadership: () => Leadership;
  readonly clock: Clock;
}

/** `GET|PUT|POST /v1/operator/snapshot` and `GET /v1/operator/raft/configuration`: the region's state as a whole. */
export class OperatorRoutes implements HttpRouteContribution {
  readonly routes;
  readonly #deps: OperatorRoutesDeps;
  #isRestoring = false;

  constructor(deps: OperatorRoutesDeps) {
    this.#deps = deps;
    this.routes = [
      defineRoute({
        path: '/v1/operator/snapshot',
        methods: ['GET'],
        summary: 'All state of the region, as of one index.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: SAVE_SNAPSHOT,
        handle: (request) => this.#save(request),
      }),
      defineRoute({
        path: '/v1/operator/snapshot',
        methods: ['PUT', 'POST'],
        summary: 'Replace all state of the region by a snapshot.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: MANAGEMENT,
        handle: (request) => this.#restore(request),
      }),
      defineRoute({
        path: '/v1/operator/raft/configuration',
        methods: ['GET'],
        summary: 'Servers that share the region’s state.',
        commonParameters: true,
        answeredBy: LEADER_OF_REGION,
        acl: MANAGEMENT,
        handle: async (request) => {
          const { index, value: servers } = await deps.view().stateServers(readOptions(request));
          return json({
            Index: index,
            Servers: servers.map(({ address, id, name, isLeader }) => ({
              Address: address,
              ID: id ?? address,
              Leader: isLeader,
              // Nomad: of a server that has left the pool only the address is known.
              Node: name ?? '(unknown)',
              // What the tags of our servers say, too. There is no Raft here.
              RaftProtocol: '3',
              Voter: true,
            })),
          });
        },
      }),
    ];
  }

  /** Nomad's clients check the body against a digest that comes in front of it, so the state is written out twice. */
  async #save({ signal }: ApiRequest): Promise<Reply> {
    const state = this.#deps.state();
    const snapshot = state.snapshot();
    const lastContactMs = state.ageMs;
    const made = { term: this.#deps.leadership().term, createdMs: Math.floor(this.#deps.clock.now()) };
    const source = { snapshot: () => snapshot };
    const digest = await digestOf((out) => saveState(source, out, { signal, made }));
    const body = new PassThrough();
    // The body fails with whatever goes wrong, and whoever reads it is told.
    saveState(source, body, { signal, made }).catch(() => undefined);
    const knownLeader = this.#deps.leadership().leader() !== undefined;
    return chunks(body, {
      'Content-Type': 'application/octet-stream',
      Digest: `sha-256=${digest}`,
      ...readHeaders({ index: snapshot.index, knownLeader, lastContactMs }),
    });
  }

  /** One at a time: each holds a whole state in memory until it is found good. */
  async #restore(request: ApiRequest): Promise<Reply> {
    const state = this.#deps.state();
    if (this.#isRestoring) throw apiError('RESTORE_RUNNING');
    this.#isRestoring = true;
    try {
      const index = await restoreState(state, request.bodyStream({ maxBytes: MAX_SNAPSHOT_BYTES }));
      return empty(200, { 'X-Nomad-Index': `${index}` });
    } catch (error) {
      if (isSteppeError(error, 'STATE_SNAPSHOT_INVALID') || isSteppeError(error, 'STATE_ROW_INVALID')) {
        throw apiError('SNAPSHOT_UNUSABLE', errorMessage(error));
      }
      throw error;
    } finally {
      this.#isRestoring = false;
    }
  }
}

/** SHA-256 in base64 of what `write` writes. Others get their turn meanwhile. */
async function digestOf(write: (out: Writable) => Promise<unknown>): Promise<string> {
  const hash = createHash('sha256');
  await write(
    new Writable({
      writev: (parts, done) => {
        for (const { chunk } of parts) hash.update(chunk as Uint8Array);
        setImmediate(done);
      },
    }),
  );
  return hash.digest('base64');
}
