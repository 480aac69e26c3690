import { Clock, Logger, Metrics, Startable } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { MemoryEngine } from '../engine/memory/memory-engine.js';
import { SingleServerLeadership } from '../leadership/single-server-leadership.js';
import { EngineStateStore } from '../store/state-store.js';
import { BUILT_IN_TABLES } from '../tables/built-in-tables.js';
import { DefaultStateStore, Leadership, SingleServerOptions, StateEngine, StateStore, StateTable } from './tokens.js';

/** Binds the state of a server; the assembly binds `SingleServerOptions`. */
export const stateModule = new ContainerModule(({ bind }) => {
  for (const table of BUILT_IN_TABLES) bind(StateTable).toConstantValue(table);
  bind(StateEngine)
    .toResolvedValue(() => new MemoryEngine())
    .inSingletonScope();
  bind(EngineStateStore)
    .toResolvedValue(
      (tables: StateTable[], engine: StateEngine, clock: Clock, logger: Logger, metrics: Metrics) =>
        new EngineStateStore({ tables }, { engine, clock, logger: logger.named('nomad.state'), metrics }),
      [{ serviceIdentifier: StateTable, isMultiple: true }, StateEngine, Clock, Logger, Metrics],
    )
    .inSingletonScope();
  bind(DefaultStateStore).toService(EngineStateStore);
  bind(StateStore).toService(DefaultStateStore);
  bind(Startable).toService(EngineStateStore);

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
