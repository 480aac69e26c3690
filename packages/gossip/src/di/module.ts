import { Clock, Logger, Metrics, Startable } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { SingleMemberPool } from '../membership/single-member-pool.js';
import { DefaultMembership, Membership, SingleMemberPoolOptions } from './tokens.js';

/** Binds `Membership`; the assembly binds `SingleMemberPoolOptions`. */
export const gossipModule = new ContainerModule(({ bind }) => {
  bind(DefaultMembership)
    .toResolvedValue(
      (options: SingleMemberPoolOptions, clock: Clock, logger: Logger, metrics: Metrics) =>
        new SingleMemberPool(options, { clock, logger: logger.named('nomad.gossip'), metrics }),
      [SingleMemberPoolOptions, Clock, Logger, Metrics],
    )
    .inSingletonScope();
  bind(Membership).toService(DefaultMembership);
  bind(Startable).toService(DefaultMembership);
});
