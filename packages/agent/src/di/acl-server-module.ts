import { ServerTokenResolver } from '@steppe/acl';
import { DefaultTokenResolver, TokenResolver, TokenResolverOptions } from '@steppe/acl/di';
import { AgentConfig } from '@steppe/config/di';
import { msToNanoseconds } from '@steppe/domain';
import { RpcContribution } from '@steppe/rpc/di';
import { Clock, Logger, Random, Startable } from '@steppe/runtime/di';
import { Leadership, StateStore } from '@steppe/state/di';
import { ContainerModule } from 'inversify';
import { join } from 'node:path';
import { AclBootstrap } from '../acl/acl-bootstrap.js';
import { AclEndpoints } from '../acl/acl-endpoints.js';
import { AclPolicies } from '../acl/acl-policies.js';
import { AclRoles } from '../acl/acl-roles.js';
import { AclTokenGc } from '../acl/acl-token-gc.js';
import { AclTokens } from '../acl/acl-tokens.js';
import { FreshTokenResolver } from '../acl/fresh-token-resolver.js';
import { OneTimeTokens } from '../acl/one-time-tokens.js';
import { StateAclSource } from '../acl/state-acl-source.js';
import { serverFolder } from '../identity/create-identity.js';
import { ApiRelay } from '../relay/api-relay.js';
import { ACL_REPLICAS } from '../replication/acl-replicas.js';
import { JOB_REPLICAS } from '../replication/job-replicas.js';
import { RegionReads } from '../replication/region-reads.js';
import { RegionReplication } from '../replication/region-replication.js';
import { SigningKeys } from '../workload/signing-keys.js';
import { WorkloadTokens } from '../workload/workload-tokens.js';
import { AgentIdentity, TargetResolver } from './tokens.js';

/** Tokens, policies and roles on a server: kept in the region's state; and what of it, and of the rest, all regions share. */
export const aclServerModule = new ContainerModule(({ bind, rebind }) => {
  rebind(DefaultTokenResolver).toResolvedValue(
    (
      options: TokenResolverOptions,
      state: StateStore,
      leadership: Leadership,
      workloads: WorkloadTokens,
      clock: Clock,
    ) => {
      const resolver = new ServerTokenResolver(options, { clock, source: new StateAclSource(state), workloads });
      return new FreshTokenResolver({ resolver, state, leadership });
    },
    [TokenResolverOptions, StateStore, Leadership, WorkloadTokens, Clock],
  );
  bind(WorkloadTokens).toResolvedValue(
    ({ server }: AgentConfig, { region }: AgentIdentity, state: StateStore, clock: Clock, random: Random) =>
      new WorkloadTokens({ region, issuer: server.oidcIssuer }, { state, clock, random }),
    [AgentConfig, AgentIdentity, StateStore, Clock, Random],
  );
  bind(SigningKeys).toResolvedValue(
    (
      { server }: AgentConfig,
      state: StateStore,
      leadership: Leadership,
      clock: Clock,
      random: Random,
      logger: Logger,
    ) =>
      new SigningKeys(
        {
          rotationThresholdMs: server.rootKeyRotationThresholdMs,
          gcThresholdMs: server.rootKeyGcThresholdMs,
          intervalMs: server.rootKeyGcIntervalMs,
        },
        { state, leadership, clock, random, logger: logger.named('nomad.keyring') },
      ),
    [AgentConfig, StateStore, Leadership, Clock, Random, Logger],
  );
  bind(Startable).toService(SigningKeys);
  bind(AclPolicies).toResolvedValue((state: StateStore) => new AclPolicies(state), [StateStore]);
  bind(AclRoles).toResolvedValue((state: StateStore) => new AclRoles(state), [StateStore]);
  bind(AclTokens).toResolvedValue(
    ({ acl }: AgentConfig, state: StateStore, clock: Clock) =>
      new AclTokens(
        {
          minTtlNs: msToNanoseconds(acl.tokenMinExpirationTtlMs),
          maxTtlNs: msToNanoseconds(acl.tokenMaxExpirationTtlMs),
        },
        { state, clock },
      ),
    [AgentConfig, StateStore, Clock],
  );
  bind(OneTimeTokens).toResolvedValue(
    (state: StateStore, clock: Clock) => new OneTimeTokens({ state, clock }),
    [StateStore, Clock],
  );
  bind(AclBootstrap).toResolvedValue(
    (config: AgentConfig, state: StateStore, clock: Clock, logger: Logger) => {
      const folder = serverFolder(config);
      const resetFile = folder === undefined ? undefined : join(folder, 'acl-bootstrap-reset');
      return new AclBootstrap({ resetFile }, { state, clock, logger: logger.named('nomad.acl') });
    },
    [AgentConfig, StateStore, Clock, Logger],
  );
  bind(AclTokenGc).toResolvedValue(
    (
      { server }: AgentConfig,
      { region }: AgentIdentity,
      state: StateStore,
      leadership: Leadership,
      clock: Clock,
      logger: Logger,
    ) =>
      new AclTokenGc(
        {
          thresholdMs: server.aclTokenGcThresholdMs,
          isAuthoritative: server.authoritativeRegion === '' || server.authoritativeRegion === region,
        },
        { state, leadership, clock, logger: logger.named('nomad.acl') },
      ),
    [AgentConfig, AgentIdentity, StateStore, Leadership, Clock, Logger],
  );
  bind(Startable).toService(AclTokenGc);
  bind(RegionReplication).toResolvedValue(
    (
      config: AgentConfig,
      { region }: AgentIdentity,
      targets: TargetResolver,
      relay: ApiRelay,
      state: StateStore,
      leadership: Leadership,
      clock: Clock,
      random: Random,
      logger: Logger,
    ) => {
      const { authoritativeRegion } = config.server;
      const isOwner = authoritativeRegion === '' || authoritativeRegion === region;
      const replicas = isOwner ? [] : [...(config.acl.enabled ? ACL_REPLICAS : []), ...JOB_REPLICAS];
      const options = { region: authoritativeRegion, token: () => config.acl.replicationToken };
      return new RegionReplication(replicas, {
        source: new RegionReads(options, { targets, relay, random }),
        state,
        leadership,
        clock,
        logger: logger.named('nomad.replication'),
      });
    },
    [AgentConfig, AgentIdentity, TargetResolver, ApiRelay, StateStore, Leadership, Clock, Random, Logger],
  );
  bind(Startable).toService(RegionReplication);
  bind(AclEndpoints).toResolvedValue(
    (resolver: TokenResolver, state: StateStore) => new AclEndpoints({ resolver, state }),
    [TokenResolver, StateStore],
  );
  bind(RpcContribution).toService(AclEndpoints);
});
