export { runtimeModule } from './module.js';
export { token } from './token.js';
export { Clock, Logger, Metrics, MetricsReader, Random, Startable } from './tokens.js';
