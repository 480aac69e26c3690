import { describe, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { ENGINE_CONFORMANCE } from '../../testing/engine-conformance.js';
import { MemoryEngine } from './memory-engine.js';

describe('MemoryEngine conforms', () => {
  test.each(ENGINE_CONFORMANCE)('$title', async (conformance) => {
    await conformance.run({ create: () => new MemoryEngine(), isDurable: false, clock: new SimClock() });
  });
});
