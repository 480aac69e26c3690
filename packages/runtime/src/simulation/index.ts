/**
 * Virtual time and reproducible chance, for simulations and tests.
 * @packageDocumentation
 */
export { SimClock } from './sim-clock.js';
export { SeededRandom } from './seeded-random.js';
