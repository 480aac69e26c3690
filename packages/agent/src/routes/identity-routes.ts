import type { SigningKey, StateStore } from '@steppe/state';
import { SIGNING_KEYS } from '@steppe/state';
import { MANAGEMENT } from '../http/acl-rule.js';
import { ANY_SERVER, LEADER_OF_REGION } from '../http/answered-by.js';
import { apiError } from '../http/api-error.js';
import { json } from '../http/reply/reply.js';
import type { HttpRouteContribution } from '../http/route.js';
import { defineRoute } from '../http/route.js';
import type { SigningKeys } from '../workload/signing-keys.js';

export interface IdentityRoutesDeps {
  readonly state: () => StateStore;
  readonly keys: () => SigningKeys;
  /** `server.oidc_issuer`; empty: there is no discovery. */
  readonly issuer: string;
}

/** How third parties verify the tokens of running tasks, and how operators see to the keys that sign them. */
export class IdentityRoutes implements HttpRouteContribution {
  readonly routes;

  constructor({ state, keys, issuer }: IdentityRoutesDeps) {
    this.routes = [
      defineRoute({
        path: '/.well-known/jwks.json',
        methods: ['GET'],
        summary: 'The public keys that verify the tokens of running tasks.',
        answeredBy: ANY_SERVER,
        acl: undefined,
        handle: () => {
          const shown = state().snapshot().rows(SIGNING_KEYS).map(publicKey);
          // Keys that sign are published long before most of their tokens are looked at.
          return json({ keys: shown }, { 'Cache-Control': 'public, max-age=60' });
        },
      }),
      defineRoute({
        path: '/.well-known/openid-configuration',
        methods: ['GET'],
        summary: 'How OpenID Connect clients find those keys, where an issuer is configured.',
        answeredBy: ANY_SERVER,
        acl: undefined,
        handle: () => {
          if (issuer === '') throw apiError('OIDC_DISABLED');
          return json({
            id_token_signing_alg_values_supported: ['RS256'],
            issuer,
            jwks_uri: `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`,
            response_types_supported: ['code'],
            subject_types_supported: ['public'],
          });
        },
      }),
      defineRoute({
        path: '/v1/operator/keyring/keys',
        methods: ['GET'],
        summary: 'The keys that sign the tokens of running tasks, without their private halves.',
        answeredBy: LEADER_OF_REGION,
        acl: MANAGEMENT,
        handle: () => {
          const snapshot = state().snapshot();
          return json(snapshot.rows(SIGNING_KEYS).map(meta), {
            'X-Nomad-Index': `${snapshot.tableIndex(SIGNING_KEYS)}`,
            'X-Nomad-KnownLeader': 'true',
            'X-Nomad-LastContact': '0',
          });
        },
      }),
      defineRoute({
        path: '/v1/operator/keyring/rotate',
        methods: ['PUT', 'POST'],
        summary: 'Sign the tokens of running tasks with a new key.',
        answeredBy: LEADER_OF_REGION,
        acl: MANAGEMENT,
        handle: async () => {
          const { index, value } = await keys().rotate();
          return json({ Key: meta(value) }, { 'X-Nomad-Index': `${index}` });
        },
      }),
    ];
  }
}

const publicKey = ({ id, algorithm, publicKey: key }: SigningKey) => ({ ...key, alg: algorithm, kid: id, use: 'sig' });

const meta = ({ id, state, algorithm, createTimeMs, createIndex, modifyIndex }: SigningKey) => ({
  Algorithm: algorithm,
  CreateIndex: createIndex,
  CreateTime: createTimeMs * 1_000_000,
  KeyID: id,
  ModifyIndex: modifyIndex,
  State: state,
});
