import { Clock, Logger, Metrics, Random, Startable } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { createState } from '../engine/create-state.js';
import { EngineStateStore } from '../store/state-store.js';
import { BUILT_IN_TABLES } from '../tables/built-in-tables.js';
import {
  DefaultLeadership,
  DefaultStateStore,
  Leadership,
  ServerState,
  SingleServerOptions,
  StateEngine,
  StateOptions,
  StateStore,
  StateTable,
} from './tokens.js';

/** Binds the state of a server; the assembly binds `StateOptions` and `SingleServerOptions`. */
export const stateModule = new ContainerModule(({ bind }) => {
  for (const table of BUILT_IN_TABLES) bind(StateTable).toConstantValue(table);
  bind(ServerState)
    .toResolvedValue(
      (
        options: StateOptions,
        server: SingleServerOptions,
        clock: Clock,
        random: Random,
        logger: Logger,
        metrics: Metrics,
      ) => createState(options, server, { clock, random, logger: logger.named('nomad'), metrics }),
      [StateOptions, SingleServerOptions, Clock, Random, Logger, Metrics],
    )
    .inSingletonScope();
  bind(StateEngine)
    .toResolvedValue(({ engine }: ServerState) => engine, [ServerState])
    .inSingletonScope();
  bind(EngineStateStore)
    .toResolvedValue(
      (
        tables: StateTable[],
        engine: StateEngine,
        leadership: Leadership,
        clock: Clock,
        logger: Logger,
        metrics: Metrics,
      ) =>
        new EngineStateStore({ tables }, { engine, leadership, clock, logger: logger.named('nomad.state'), metrics }),
      [{ serviceIdentifier: StateTable, isMultiple: true }, StateEngine, Leadership, Clock, Logger, Metrics],
    )
    .inSingletonScope();
  bind(DefaultStateStore).toService(EngineStateStore);
  bind(StateStore).toService(DefaultStateStore);
  bind(Startable).toService(EngineStateStore);

  bind(DefaultLeadership)
    .toResolvedValue(({ leadership }: ServerState) => leadership, [ServerState])
    .inSingletonScope();
  bind(Leadership).toService(DefaultLeadership);
  bind(Startable).toService(DefaultLeadership);
});
