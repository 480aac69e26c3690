import type * as core from '../index.js';
import { token } from './token.js';

export type Clock = core.Clock;
export const Clock = token<core.Clock>('@steppe/runtime/Clock');

export type Random = core.Random;
export const Random = token<core.Random>('@steppe/runtime/Random');

/** The agent's root logger; name yours with `logger.named('…')`. */
export type Logger = core.Logger;
export const Logger = token<core.Logger>('@steppe/runtime/Logger');

export type Metrics = core.Metrics;
export const Metrics = token<core.Metrics>('@steppe/runtime/Metrics');

/** Where measurements are read back from: the same object as `Metrics` unless replaced. */
export type MetricsReader = core.MetricsReader;
export const MetricsReader = token<core.MetricsReader>('@steppe/runtime/MetricsReader');

/** Contribution point: parts that the agent starts and stops. */
export type Startable = core.Startable;
export const Startable = token<core.Startable>('@steppe/runtime/Startable');
