import { Clock, Logger, Metrics } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { JournalSource as JournalSourceImpl } from '../export/journal-source.js';
import { LogExporterImpl } from '../export/log-exporter.js';
import { LogFileSource as LogFileSourceImpl } from '../export/log-file-source.js';
import { LogHubImpl } from '../hub/log-hub-impl.js';
import {
  DefaultLogExporter,
  DefaultLogHub,
  JournalSource,
  LogExporter,
  LogFileSource,
  LogHub,
  LogHubOptions,
  LogSource,
  LogSourceOptions,
} from './tokens.js';

/** Binds the hub, the agent's `Logger` and exports; the assembly binds `LogHubOptions` and `LogSourceOptions`. */
export const logStreamModule = new ContainerModule(({ bind }) => {
  bind(DefaultLogHub)
    .toResolvedValue(
      (options: LogHubOptions, clock: Clock, metrics: Metrics) => new LogHubImpl(options, { clock, metrics }),
      [LogHubOptions, Clock, Metrics],
    )
    .inSingletonScope();
  bind(LogHub).toService(DefaultLogHub);
  bind(Logger)
    .toResolvedValue((hub: LogHub) => hub.logger(''), [LogHub])
    .inSingletonScope();

  bind(LogFileSource)
    .toResolvedValue((options: LogSourceOptions) => new LogFileSourceImpl(options), [LogSourceOptions])
    .inSingletonScope();
  bind(LogSource).toService(LogFileSource);
  bind(JournalSource)
    .toResolvedValue((options: LogSourceOptions) => new JournalSourceImpl(options), [LogSourceOptions])
    .inSingletonScope();
  bind(LogSource).toService(JournalSource);

  bind(DefaultLogExporter)
    .toResolvedValue(
      (clock: Clock, sources: LogSource[]) => new LogExporterImpl({ clock, sources }),
      [Clock, { serviceIdentifier: LogSource, isMultiple: true }],
    )
    .inSingletonScope();
  bind(LogExporter).toService(DefaultLogExporter);
});
