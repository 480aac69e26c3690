/**
 * Test support shared by the packages: virtual time, reproducible chance, a logger that remembers. Imported by tests only.
 * @packageDocumentation
 */
export { SeededRandom, SimClock } from '@steppe/runtime/simulation';
export { RecordingLogger } from './recording-logger.js';
export type { RecordedLine } from './recording-logger.js';
export { Program } from './program.js';
export type { ProgramOptions } from './program.js';
