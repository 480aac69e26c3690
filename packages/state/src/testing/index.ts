/**
 * The conformance suite of {@link StateEngine}s, for those who write one.
 * @packageDocumentation
 */
export { ENGINE_CONFORMANCE } from './engine-conformance.js';
export type { ConformanceCase, EnginePlace } from './engine-conformance.js';
