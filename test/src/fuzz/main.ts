// `npm run fuzz [-- INPUTS SEED]`: the long version of the gossip fuzz test. Ends with 1 when an input did harm or memory grew.
import { fuzzGossipInput } from './gossip-input.js';

const [inputs = 1_000_000, seed = 1] = process.argv.slice(2).map(Number);
for (const encrypted of [true, false]) {
  const report = await fuzzGossipInput({ inputs: Math.ceil(inputs / 2), seed, encrypted });
  console.log(
    `${encrypted ? 'encrypted' : 'plain'}: ${report.inputs} inputs, slowest ${report.slowestMs.toFixed(1)} ms, ` +
      `${report.amplification.toFixed(2)} bytes sent a byte, heap ${report.heapGrowthMb.toFixed(1)} MiB more than after the warm-up`,
  );
}
