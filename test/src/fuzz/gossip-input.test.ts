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

test('the check of memory fails when each input leaves a little behind', async () => {
  const left: Uint8Array[] = [];
  const leaky = fuzzGossipInput({
    inputs: 100_000,
    seed: 3,
    encrypted: true,
    onInput: () => void left.push(new Uint8Array(256)),
  });
  await expect(leaky).rejects.toThrow(/^seed 3: 100000 inputs left \d+\.\d MiB behind$/);
  expect(left).toHaveLength(100_000);
});

test('and passes when nothing stays', async () => {
  const { heapGrowthMb } = await fuzzGossipInput({ inputs: 40_000, seed: 3, encrypted: true });
  expect(heapGrowthMb).toBeLessThan(12);
});
