// Pools of a thousand: `npm run large-pools -- [members] [seed] [scenario]`. Takes minutes. Needs a build.
import { LARGE_POOL_SCENARIOS, runLargePool } from '../dist/testing/large-pools.js';

const [, , size = '1000', seed = '1', only] = process.argv;
let failures = 0;
for (const name of Object.keys(LARGE_POOL_SCENARIOS)) {
  if (only !== undefined && only !== name) continue;
  const started = performance.now();
  try {
    const { joinedMs, wholeAgainMs } = await runLargePool(name, { size: Number(size), seed: Number(seed) });
    const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
    process.stdout.write(
      `${name}: ${size} members joined in ${seconds(joinedMs)}, whole again after ${seconds(wholeAgainMs)}; ` +
        `real time ${seconds(performance.now() - started)}, ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB\n`,
    );
  } catch (error) {
    failures += 1;
    process.stdout.write(`FAILED ${name}: ${error.message}\n`);
  }
}
process.exitCode = failures === 0 ? 0 : 1;
