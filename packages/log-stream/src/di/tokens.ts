import { token } from '@steppe/runtime/di';
import type * as core from '../index.js';

export type LogHub = core.LogHub;
export const LogHub = token<core.LogHub>('@steppe/log-stream/LogHub');

export type LogHubOptions = core.LogHubOptions;
export const LogHubOptions = token<core.LogHubOptions>('@steppe/log-stream/LogHubOptions');

export type LogExporter = core.LogExporter;
export const LogExporter = token<core.LogExporter>('@steppe/log-stream/LogExporter');

/** Contribution point: where past log lines come from. The key is the source's name. */
export type LogSource = core.LogSource;
export const LogSource = token<core.LogSource>('@steppe/log-stream/LogSource');

/** Where the built-in sources look. */
export type LogSourceOptions = core.LogFileSourceOptions & core.JournalSourceOptions;
export const LogSourceOptions = token<LogSourceOptions>('@steppe/log-stream/LogSourceOptions');

/** The built-in hub, for wrapping. */
export const DefaultLogHub = token<core.LogHub>('@steppe/log-stream/DefaultLogHub');

/** The built-in exporter, for wrapping. */
export const DefaultLogExporter = token<core.LogExporter>('@steppe/log-stream/DefaultLogExporter');

/** The built-in source `on_disk`. */
export const LogFileSource = token<core.LogSource>('@steppe/log-stream/LogFileSource');

/** The built-in source `service_name`. */
export const JournalSource = token<core.LogSource>('@steppe/log-stream/JournalSource');
