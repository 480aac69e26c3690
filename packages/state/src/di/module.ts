import { Clock, Logger, Startable } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { SingleServerLeadership } from '../leadership/single-server-leadership.js';
import { MemoryStateStore } from '../store/state-store.js';
import { DefaultStateStore, Leadership, SingleServerOptions, StateStore } from './tokens.js';

/** Binds the state of a server; the assembly binds `SingleServerOptions`. */
export const stateModule = new ContainerModule(({ bind }) => {
  bind(DefaultStateStore)
    .toResolvedValue((clock: Clock) => new MemoryStateStore({ clock }), [Clock])
    .inSingletonScope();
  bind(StateStore).toService(DefaultStateStore);

  bind(SingleServerLeadership)
    .toResolvedValue(
      (options: SingleServerOptions, logger: Logger) =>
        new SingleServerLeadership(options, { logger: logger.named('nomad') }),
      [SingleServerOptions, Logger],
    )
    .inSingletonScope();
  bind(Leadership).toService(SingleServerLeadership);
  bind(Startable).toService(SingleServerLeadership);
});
