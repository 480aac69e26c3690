import { Clock, Logger, Metrics, Random, Startable } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { GossipPool } from '../index.js';
import { DefaultMembership, GossipPoolOptions, MemberGuard, Membership } from './tokens.js';

/** Binds `Membership`; the assembly binds `GossipPoolOptions` and `MemberGuard`. */
export const gossipModule = new ContainerModule(({ bind }) => {
  bind(DefaultMembership)
    .toResolvedValue(
      (
        options: GossipPoolOptions,
        memberGuard: MemberGuard,
        clock: Clock,
        random: Random,
        logger: Logger,
        metrics: Metrics,
      ) => new GossipPool(options, { clock, random, logger: logger.named('nomad'), metrics, memberGuard }),
      [GossipPoolOptions, MemberGuard, Clock, Random, Logger, Metrics],
    )
    .inSingletonScope();
  bind(Membership).toService(DefaultMembership);
  bind(Startable).toService(DefaultMembership);
});
