// Pools of a thousand: `npm run large-pools -- [members] [seed] [scenario]`. Takes minutes. Needs a build.
import { LARGE_POOL_SCENARIOS, runLargePool } from '../dist/testing/large-pools.js';

const [, , size = '1000', seed = '1', only] = process.argv;
let failures = 0;
for (const name of Object.keys(LARGE_POOL_SCENARIOS)) {
  if (only !== undefined && only !== name) continue;
  const started = process.cpuUsage();
  try {
    const { joinedMs, wholeAgainMs } = await runLargePool(name, { size: Number(size), seed: Number(seed) });
    const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
    const joined = joinedMs === undefined ? '' : `joined in ${seconds(joinedMs)}, `;
    const { user, system } = process.cpuUsage(started);
    process.stdout.write(
      `${name}: ${size} members, ${joined}whole again after ${seconds(wholeAgainMs)}; ` +
        `${seconds((user + system) / 1000)} of CPU, at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB so far\n`,
    );
  } catch (error) {
    failures += 1;
    process.stdout.write(`FAILED ${name}: ${error.message}\n`);
  }
}
process.exitCode = failures === 0 ? 0 : 1;
