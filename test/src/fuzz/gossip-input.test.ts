import { expect, test } from '@jest/globals';
import { fuzzGossipInput } from './gossip-input.js';

test('with encryption on, nothing that is not authenticated changes anything', async () => {
  const { inputs, amplification } = await fuzzGossipInput({ inputs: 20_000, seed: 1, encrypted: true });
  expect(inputs).toBe(20_000);
  // What is refused is not answered by datagrams at all.
  expect(amplification).toBe(0);
});

test('without encryption, bent input neither stops the agent nor makes it send much more than it gets', async () => {
  const { amplification } = await fuzzGossipInput({ inputs: 20_000, seed: 2, encrypted: false });
  expect(amplification).toBeLessThan(4);
});
