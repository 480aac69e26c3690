/**
 * Test support shared by the packages: virtual time, reproducible chance, a logger that remembers. Imported by tests only.
 * @packageDocumentation
 */
export { SimClock } from './sim-clock.js';
export { RecordingLogger } from './recording-logger.js';
export type { RecordedLine } from './recording-logger.js';
export { SeededRandom } from './seeded-random.js';
export { Program } from './program.js';
export type { ProgramOptions } from './program.js';
